//! What an article has to do with earlier ones: its story, the groups of its claims, the ids of its entities.
//!
//! As with dedup, the decisions log is the truth: [`Relate::run`] decides, [`Relate::learn`] takes a stored decision in,
//! and an article that is known gets what was decided over it.

mod changes;
mod claim_features;
mod claim_group;
mod decision;
mod features;
mod lexicon;
mod registry;
mod story;
mod words;

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, ensure};
use copydesk_types::{
    ArticleId, Changes, ClaimGroup, GroupId, GroupRelation, Record, Story as Section, StoryId,
    StoryLink, Verdict, claim_id, digest,
};
use serde::{Deserialize, Serialize};

use crate::{Route, Stage, StageError, StageName};
use claim_features::ClaimFeatures;
use claim_group::{ClaimGroups, Match, Reason, Relation};
use decision::{Decision, Joined, Outcome};
use features::Features;
use registry::{Registry, replace_ids};
pub use registry::{RegistryEntry, SeenRole};
use story::{Placing, Stories};

/// Settings of [`Relate`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RelateOptions {
    /// Stories and claims that were not touched by so many articles are closed.
    pub window: u32,
}

impl Default for RelateOptions {
    fn default() -> Self {
        Self { window: 100_000 }
    }
}

/// Fills `story` and the claims' groups, and puts canonical ids in place of minted ones.
#[derive(Debug)]
pub struct Relate {
    options: RelateOptions,
    state: State,
    pending: Option<Vec<u8>>,
}

/// All that the log has told.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// What was decided, by article.
    known: BTreeMap<u128, Outcome>,
    stories: Stories,
    groups: ClaimGroups,
    registry: Registry,
    /// Statements of the newest articles, for what revisions change.
    statements: BTreeMap<u128, Vec<ClaimFeatures>>,
    /// The same articles, oldest first.
    recent: VecDeque<u128>,
}

/// Articles whose statements are kept for what revisions change.
const VERSIONS: usize = 5_000;
/// Head of a snapshot: format and version.
const HEAD: &[u8] = b"cdsr\x01";
/// Hex digits of BLAKE3 at its end.
const CHECK: usize = 32;

impl Relate {
    /// The stage with nothing known.
    pub fn new(options: RelateOptions) -> Self {
        Self { options, state: State::default(), pending: None }
    }

    /// The entry of an entity's id, or all entries under a name.
    pub fn entities(&self, id_or_name: &str) -> Vec<&RegistryEntry> {
        self.state.registry.find(id_or_name)
    }

    /// Decides over a record, and puts canonical ids in it, by which the rest goes.
    fn decide(&self, record: &mut Record) -> Decision {
        let (ids, merges) = self.state.registry.resolve_record(record);
        replace_ids(record, &ids);
        let features = Features::of(record);
        let claims = ClaimFeatures::of(record);
        let story = story_section(&record.id, &self.state.stories.place(&features));
        let joined = |c: &ClaimFeatures| Some(joined(c.ordinal, self.state.groups.place(c)?));
        let groups = claims.iter().filter_map(joined).collect();
        let changes = self.changes(record, &claims);
        let outcome = Outcome { story, ids, groups, changes };
        let mut decision = Decision::new(record.id.clone(), outcome, &features, &claims);
        decision.day =
            record.article.published.at.as_deref().and_then(|at| at.get(..10)).map(str::to_owned);
        decision.seen = self.state.registry.observe(record);
        decision.merges = merges;
        decision
    }

    /// What a revision changed in the claims of its parent, where that is in the window.
    fn changes(&self, record: &Record, claims: &[ClaimFeatures]) -> Option<Changes> {
        let dedup = record.dedup.as_ref().filter(|d| d.verdict == Verdict::Revision)?;
        let parent = dedup.of.as_ref()?;
        let before = self.state.statements.get(&key(parent.as_str()))?;
        Some(changes::between(parent, before, record, claims))
    }

    fn take_in(&mut self, decision: &Decision) -> anyhow::Result<()> {
        let article = key(decision.id.as_str());
        if self.state.known.contains_key(&article) {
            return Ok(());
        }
        let (features, claims) = decision.features()?;
        let window = self.options.window;
        let State { known, stories, groups, registry, statements, recent } = &mut self.state;
        let story = key(decision.outcome.story.id.as_str());
        stories.learn(article, (story != article).then_some(story), &features, window);
        for claim in &claims {
            let joined = decision.outcome.groups.iter().find(|j| j.claim == claim.ordinal);
            let own =
                || (key(claim_id(&decision.id, usize::from(claim.ordinal)).as_str()), article);
            let group = joined.map_or_else(own, |j| {
                (
                    key(j.group.id.as_str()),
                    j.group.first.as_ref().map_or(article, |a| key(a.as_str())),
                )
            });
            groups.learn(group, claim.clone(), window);
        }
        registry.learn(&decision.id, decision.day.as_deref(), &decision.merges, &decision.seen);
        statements.insert(article, claims);
        recent.push_back(article);
        if recent.len() > VERSIONS
            && let Some(oldest) = recent.pop_front()
        {
            statements.remove(&oldest);
        }
        known.insert(article, decision.outcome.clone());
        Ok(())
    }
}

impl Stage for Relate {
    fn name(&self) -> StageName {
        StageName::Relate
    }

    fn run(&mut self, record: &mut Record) -> Result<Route, StageError> {
        self.pending = None;
        if let Some(outcome) = self.state.known.get(&key(record.id.as_str())) {
            outcome.apply(record);
        } else {
            let decision = self.decide(record);
            decision.outcome.apply(record);
            self.pending = Some(decision.to_json());
        }
        Ok(Route::On)
    }

    fn take_decision(&mut self) -> Option<Vec<u8>> {
        self.pending.take()
    }

    fn learn(&mut self, decision: &[u8]) -> Result<(), StageError> {
        Decision::from_json(decision)
            .and_then(|decision| self.take_in(&decision))
            .context("learn a relate decision")
            .map_err(StageError::Reject)
    }

    fn take_changes(&mut self) -> Vec<(String, Vec<u8>)> {
        self.state.registry.take_changes()
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        let mut out = HEAD.to_vec();
        serde_json::to_writer(&mut out, &self.state).expect("maps with numbers as keys are JSON");
        let check = digest(&[&out]);
        out.extend_from_slice(check.as_bytes());
        Some(out)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        self.state = read_snapshot(bytes)
            .context("restore a relate snapshot")
            .map_err(StageError::Reject)?;
        self.pending = None;
        Ok(())
    }
}

fn read_snapshot(bytes: &[u8]) -> anyhow::Result<State> {
    let split = bytes.len().checked_sub(CHECK).and_then(|at| bytes.split_at_checked(at));
    let (body, check) = split.context("read the checksum")?;
    ensure!(digest(&[body]).as_bytes() == check, "match the checksum: the snapshot is damaged");
    let json = body.strip_prefix(HEAD).context("read a format of another version")?;
    serde_json::from_slice(json).context("read the state")
}

fn story_section(article: &ArticleId, placing: &Placing) -> Section {
    let thousandths = |score: f64| (score * 1000.0).round() / 1000.0;
    let id = |key: u128| StoryId::try_from(format!("s_{key:032x}")).ok();
    let joined = placing.joins.and_then(|(story, score)| Some((id(story)?, score)));
    let related = placing.related.iter().filter_map(|(story, score)| {
        Some(StoryLink { id: id(*story)?, score: thousandths(*score) })
    });
    Section {
        id: joined.as_ref().map_or_else(|| StoryId::named_after(article), |(id, _)| id.clone()),
        score: joined.map(|(_, score)| thousandths(score)),
        related: related.collect(),
    }
}

/// A claim in the group of an earlier one.
fn joined(claim: u8, found: Match) -> Joined {
    let (relation, reason) = match found.relation {
        Relation::SameQuote { .. } => (GroupRelation::SameQuote, None),
        Relation::SameStatement => (GroupRelation::SameStatement, None),
        Relation::Disputes(Reason::Negation) => {
            (GroupRelation::Disputes, Some("one says so, the other not"))
        }
        Relation::Disputes(Reason::Opposites) => {
            (GroupRelation::Disputes, Some("words of opposite meaning"))
        }
        Relation::Disputes(Reason::Numbers) => {
            (GroupRelation::Disputes, Some("other numbers of one unit"))
        }
    };
    let (group, article) = found.group;
    let id = GroupId::try_from(format!("g_{group:032x}")).expect("of this form");
    let first = ArticleId::try_from(format!("a_{article:032x}")).ok();
    let group = ClaimGroup { id, relation, first, reason: reason.map(str::to_owned) };
    Joined {
        claim,
        group,
        other_speaker: found.relation == Relation::SameQuote { other_speaker: true },
    }
}

/// The 128 bits of an id: the hex digits after its prefix.
fn key(id: &str) -> u128 {
    id.split_once('_').and_then(|(_, hex)| u128::from_str_radix(hex, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
