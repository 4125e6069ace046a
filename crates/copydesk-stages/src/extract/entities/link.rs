//! Linking: which entity of the base, if any, a cluster of mentions is.
//!
//! Every candidate of every form in the cluster gets a score: how well known it is, whether the type fits, by what sort
//! of alias it came, whether the article speaks of its country, of its region right behind the name, of its office.
//! Nothing is linked below [`NIL`], and a bare family name never by being well known alone.

use std::collections::BTreeMap;

use copydesk_kb::{AliasKind, Base, Fact, Flags, Hit, UserLists};
use copydesk_types::{Alternative, EntityId, EntityType, LinkMethod, Role, minted_entity_id};

use super::cluster::Cluster;
use super::gazetteer::BEST_KNOWN;
use super::mentions::Candidate;
use super::surroundings::{Surroundings, Votes};
use super::{name_match, names};
use crate::extract::lexicon::has;

/// Score that a candidate must reach.
const NIL: f64 = 0.1;
/// For a place that lies elsewhere than the region or country right behind it: "Edmonton, Ky." is none in Canada.
const ELSEWHERE: f64 = -1.5;
/// Words behind the name of a region that its name in the base may lack.
const REGION_HEADS: &str =
    "province prefecture oblast governorate region state district voivodeship canton";
/// Candidates that are told as alternatives.
const MOST_ALTERNATIVES: usize = 4;

/// What became of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    pub(super) id: EntityId,
    /// Name and the like of the base or of the user's list.
    pub(super) name: Option<String>,
    pub(super) kind: EntityType,
    pub(super) wikidata: Option<String>,
    pub(super) geonames: Option<String>,
    pub(super) country: Option<String>,
    pub(super) coordinates: Option<copydesk_types::Coordinates>,
    pub(super) capital: bool,
    pub(super) method: LinkMethod,
    pub(super) confidence: f64,
    pub(super) alternatives: Vec<Alternative>,
}

/// The name of a place right behind a comma.
#[derive(Debug)]
pub(super) struct Behind {
    /// Folded.
    pub(super) name: String,
    /// More places follow, so that it may be the next one of a list: "Moscow, Tokyo and Lima".
    pub(super) listed: bool,
}

/// What the linker knows of the article.
pub(super) struct Article<'a> {
    pub(super) base: &'a Base,
    pub(super) lists: &'a UserLists,
    pub(super) candidates: &'a [Candidate],
    /// What each name of a place says of where the article is.
    votes: Votes<'a>,
    /// For each candidate the name right behind its comma: "Springfield, Illinois".
    behind: Vec<Option<Behind>>,
    /// Id of the article, for names that mean nothing outside it.
    pub(super) id: &'a str,
}

impl<'a> Article<'a> {
    /// Counts the countries of the article.
    pub(super) fn new(
        base: &'a Base,
        lists: &'a UserLists,
        candidates: &'a [Candidate],
        behind: Vec<Option<Behind>>,
        id: &'a str,
    ) -> Self {
        let votes = Votes::of(base, candidates);
        Self { base, lists, candidates, votes, behind, id }
    }

    /// Links a cluster, or mints an id for it.
    pub(super) fn link(&self, cluster: &Cluster, roles: &[Role]) -> Linked {
        if let Some(linked) = self.by_user(cluster) {
            return linked;
        }
        let mut scored = self.scored(cluster, roles);
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.entity.cmp(&b.1.entity)));
        let ahead = scored.first().map_or(0.0, |(score, ..)| *score);
        // Shares of the candidates and of none of them, as by a softmax.
        let sum: f64 = scored.iter().map(|(s, ..)| (2.0 * s).exp()).sum::<f64>() + 1.0;
        let share = |score: f64| ((2.0 * score).exp() / sum * 1000.0).round() / 1000.0;
        let chosen = scored.first().filter(|_| ahead >= NIL && !cluster.ambiguous);
        let skip = usize::from(chosen.is_some());
        let alternatives =
            scored.iter().skip(skip).take(MOST_ALTERNATIVES).map(|(score, fact, _)| Alternative {
                id: base_id(fact),
                name: fact.name.to_owned(),
                score: share(*score),
            });
        let alternatives = alternatives.collect();
        match chosen {
            Some((score, fact, alias)) => {
                let method =
                    if *alias == AliasKind::Label { LinkMethod::Exact } else { LinkMethod::Alias };
                of_fact(fact, method, share(*score), alternatives)
            }
            None if scored.is_empty() => {
                self.respelled(cluster).unwrap_or_else(|| self.minted(cluster, alternatives))
            }
            None => self.minted(cluster, alternatives),
        }
    }

    /// A full name that the base spells otherwise: of those with the family name, the one whose whole name is most alike.
    fn respelled(&self, cluster: &Cluster) -> Option<Linked> {
        if cluster.kind != EntityType::Person || cluster.words.len() < 2 || cluster.ambiguous {
            return None;
        }
        let name = cluster.words.join(" ");
        let hits = self.base.lookup_folded(names::family_name(&cluster.words)?);
        let people = hits
            .filter_map(|hit| self.base.fact(hit.entity))
            .filter(|f| f.kind == EntityType::Person && !f.flags.has(Flags::COMMON))
            .filter(|f| !self.blocked(f));
        let alike = people.map(|f| (name_match::name_similarity(&name, f.name), f));
        let (score, fact) = alike
            .filter(|(score, _)| *score >= name_match::SAME)
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(of_fact(&fact, LinkMethod::Fuzzy, (score * 800.0).round() / 1000.0, Vec::new()))
    }

    /// A short name that could not be linked by itself ("the North") means what the article names in full; a body
    /// without its country ("the Foreign Ministry") is that of the person whom the article is most about.
    pub(super) fn link_short(
        &self,
        cluster: &Cluster,
        linked: &[Linked],
        lead: Option<&Linked>,
    ) -> Option<Linked> {
        let hits = self.base.lookup(&cluster.name);
        let short =
            hits.filter(|h| h.alias == AliasKind::Short).filter_map(|h| self.base.fact(h.entity));
        let fitting: Vec<Fact> =
            short.filter(|f| f.kind == cluster.kind && f.kind != EntityType::Person).collect();
        let named = fitting.iter().find_map(|f| linked.iter().find(|l| l.id == base_id(f)));
        if let Some(found) = named {
            return Some(Linked {
                method: LinkMethod::InDocument,
                confidence: 0.7,
                ..found.clone()
            });
        }
        let country = lead.and_then(|l| l.country.as_deref())?;
        let of_lead = fitting
            .iter()
            .find(|f| f.kind == EntityType::Organization && f.country == Some(country))?;
        Some(of_fact(of_lead, LinkMethod::Alias, 0.6, Vec::new()))
    }

    /// The user's word on any form of the cluster.
    fn by_user(&self, cluster: &Cluster) -> Option<Linked> {
        let forms = cluster.members.iter().map(|&m| self.candidates[m].folded.as_str());
        let name = names::fold(&cluster.name);
        let alias = std::iter::once(name.as_str()).chain(forms).find_map(|f| self.lists.find(f))?;
        let kind = alias.kind.unwrap_or(cluster.kind);
        let id = alias
            .id
            .clone()
            .unwrap_or_else(|| minted_entity_id(kind, &names::key(kind, &alias.name)));
        let text = id.as_str().to_owned();
        Some(Linked {
            id,
            name: Some(alias.name.clone()),
            kind,
            wikidata: text.starts_with('Q').then(|| text.clone()),
            geonames: text.strip_prefix("geonames:").map(str::to_owned),
            country: alias.country.clone(),
            coordinates: None,
            capital: false,
            method: LinkMethod::User,
            confidence: 1.0,
            alternatives: Vec::new(),
        })
    }

    /// An id from type and name: of the world for a full name, of this article for one that is none.
    fn minted(&self, cluster: &Cluster, alternatives: Vec<Alternative>) -> Linked {
        let key = names::key(cluster.kind, &cluster.name);
        let letters = cluster.name.chars().filter(|c| c.is_alphabetic());
        let acronym = cluster.kind == EntityType::Organization
            && letters.clone().count() <= 4
            && letters.clone().all(char::is_uppercase);
        let local = cluster.ambiguous
            || acronym
            || (cluster.kind == EntityType::Person && cluster.words.len() < 2);
        let key = if local { format!("{key}@{}", self.id) } else { key };
        let single = cluster.members.len() == 1;
        Linked {
            id: minted_entity_id(cluster.kind, &key),
            name: None,
            kind: cluster.kind,
            wikidata: None,
            geonames: None,
            country: None,
            coordinates: None,
            capital: false,
            method: if single { LinkMethod::None } else { LinkMethod::InDocument },
            confidence: if cluster.ambiguous { 0.3 } else { 0.9 },
            alternatives,
        }
    }

    /// Every candidate once, with its best score.
    fn scored(&self, cluster: &Cluster, roles: &[Role]) -> Vec<(f64, Fact<'a>, AliasKind)> {
        let mut best: BTreeMap<u32, (f64, AliasKind)> = BTreeMap::new();
        let mut forms: Vec<&str> =
            cluster.members.iter().map(|&m| self.candidates[m].folded.as_str()).collect();
        let longest = forms.iter().map(|f| f.split(' ').count()).max().unwrap_or(0);
        forms.sort_unstable();
        forms.dedup();
        let suffix = cluster.members.iter().find_map(|&m| self.behind[m].as_ref());
        let around = Around { suffix, roles, surroundings: self.votes.without(&forms) };
        for form in &forms {
            // A short form says less than the full one: "Washington" beside "George Washington".
            let full = form.split(' ').count() == longest;
            let hits = self.hits(form, cluster.kind);
            let alone = hits.len() == 1;
            for (hit, fact) in hits {
                if (!full && cluster.kind == EntityType::Person) || self.blocked(&fact) {
                    continue;
                }
                let Some(score) = self.score(cluster, &fact, hit.alias, alone, &around) else {
                    continue;
                };
                let entry = best.entry(hit.entity).or_insert((score, hit.alias));
                if score > entry.0 {
                    *entry = (score, hit.alias);
                }
            }
        }
        let fact = |(entity, (score, alias))| self.base.fact(entity).map(|f| (score, f, alias));
        best.into_iter().filter_map(fact).collect()
    }

    /// Who has the name; "Guizhou Province" is a region whose name may be "Guizhou".
    fn hits(&self, form: &str, kind: EntityType) -> Vec<(Hit, Fact<'a>)> {
        let all = |name: &str| {
            let hits = self.base.lookup_folded(name);
            hits.filter_map(|h| Some((h, self.base.fact(h.entity)?))).collect::<Vec<_>>()
        };
        let found = all(form);
        let region = form.rsplit_once(' ').filter(|(_, head)| {
            found.is_empty() && kind == EntityType::Place && has(REGION_HEADS, head)
        });
        let Some((name, _)) = region else { return found };
        all(name).into_iter().filter(|(_, f)| f.flags.has(Flags::REGION)).collect()
    }

    /// Whether the user wants nothing to link to it.
    fn blocked(&self, fact: &Fact) -> bool {
        self.lists.blocks_ids() && self.lists.blocks_id(&base_id(fact))
    }

    fn score(
        &self,
        cluster: &Cluster,
        fact: &Fact,
        alias: AliasKind,
        alone: bool,
        around: &Around,
    ) -> Option<f64> {
        let demonym = alias == AliasKind::Demonym;
        let abbreviated = cluster.name.ends_with('.');
        let demonym_of_place =
            demonym && cluster.kind == EntityType::Group && fact.kind == EntityType::Place;
        let fit = if cluster.kind == fact.kind || demonym_of_place {
            1.0
        } else if stands_for(cluster.kind, fact.kind) {
            0.2
        } else {
            return None;
        };
        let office = around.roles.iter().any(|r| has_office(self.base.details(fact.entity), r));
        let speaks_of = || around.surroundings.name_country_of(fact);
        let best_known = alone && fact.prior > BEST_KNOWN && speaks_of();
        let named = match alias {
            AliasKind::Label => 0.4,
            AliasKind::Alias | AliasKind::Demonym => 0.2,
            // "Calif." is short, but for nothing else.
            AliasKind::Short if fact.kind == EntityType::Place && abbreviated => 0.0,
            AliasKind::Short if fact.kind == EntityType::Person && best_known => -0.5,
            AliasKind::Short => -1.5,
            AliasKind::Domain => -0.5,
        };
        let coherence = around.surroundings.of(fact);
        if fact.kind == EntityType::Place {
            let known = 0.3 * (fact.prior - 17.0);
            let region = around.suffix.map_or(0.0, |s| match self.lies_in(fact, &s.name) {
                Some(true) => 3.0,
                Some(false) if !s.listed && !fact.flags.has(Flags::COUNTRY) => ELSEWHERE,
                _ => -0.3,
            });
            return Some(fit - 1.0 + named + known + coherence + region);
        }
        let known = 0.1 * (fact.prior - 18.0);
        // A family name alone needs the office beside it, but for the best known.
        if fact.kind == EntityType::Person && alias == AliasKind::Short && !office && !best_known {
            return None;
        }
        // A name that many have says nothing by itself.
        if fact.flags.has(Flags::COMMON) && !office && !speaks_of() {
            return None;
        }
        Some(fit + named + known + coherence + if office { 1.5 } else { 0.0 })
    }

    /// Whether the place lies in the region or country of that name; `None` when the name is of neither.
    fn lies_in(&self, fact: &Fact, name: &str) -> Option<bool> {
        let mut known = None;
        let hits = self.base.lookup_folded(name);
        for area in hits.filter_map(|h| self.base.fact(h.entity)) {
            let country = area.flags.has(Flags::COUNTRY);
            let part = area.flags.has(Flags::REGION) && area.region != 0;
            if area.entity == fact.entity || !(country || part) {
                continue;
            }
            let within =
                (country && area.country == fact.country) || (part && area.region == fact.region);
            known = Some(known == Some(true) || within);
        }
        known
    }
}

/// A house may stand for the body in it, a body for its house; nothing else stands for a town.
fn stands_for(said: EntityType, meant: EntityType) -> bool {
    use EntityType::{Facility, Organization, Place, Product, Work};
    match said {
        Facility => matches!(meant, Place | Organization),
        Place => matches!(meant, Organization | Facility),
        Organization | Product | Work => matches!(meant, Organization | Facility),
        EntityType::Person
        | EntityType::Group
        | EntityType::Event
        | EntityType::Law
        | EntityType::Language => false,
    }
}

/// What stands around a cluster.
struct Around<'a> {
    /// The name behind its comma.
    suffix: Option<&'a Behind>,
    roles: &'a [Role],
    surroundings: Surroundings<'a>,
}

/// Whether the words that an article puts beside a name are an office of the person; "Defence" of "Defence Secretary"
/// may be a body of its own.
fn has_office(details: &str, role: &Role) -> bool {
    let title = format!("{} {}", role.of.as_deref().unwrap_or_default(), role.title).to_lowercase();
    let said = |word: &str| title.split(|c: char| !c.is_alphanumeric()).any(|w| w == word);
    details.lines().any(|office| office.split(' ').all(said))
}

fn of_fact(
    fact: &Fact,
    method: LinkMethod,
    confidence: f64,
    alternatives: Vec<Alternative>,
) -> Linked {
    Linked {
        id: base_id(fact),
        name: Some(fact.name.to_owned()),
        kind: fact.kind,
        wikidata: fact.wikidata.map(|q| format!("Q{q}")),
        geonames: fact.geonames.map(|g| g.to_string()),
        country: fact.country.map(str::to_owned),
        coordinates: fact.coordinates,
        capital: fact.flags.has(Flags::CAPITAL),
        method,
        confidence,
        alternatives,
    }
}

/// The id of an entity of the base in records; minted from its name where the base has none.
pub fn base_id(fact: &Fact) -> EntityId {
    fact.id().unwrap_or_else(|| minted_entity_id(fact.kind, &names::key(fact.kind, fact.name)))
}
