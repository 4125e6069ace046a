//! Attributions of one paragraph: cues, what they attribute, whom to.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::CueClass;

use super::candidates::{self, Candidate};
use super::cues;
use super::features::{self, Bag, CueView};
use super::model::Model;
use super::paragraph::Paragraph;
use super::scope::Scope;
use super::source::Subject;
use super::source_features;
use crate::extract::lexicon::has;

/// An attribution before it becomes a claim. Content is in bytes, all else in tokens.
#[derive(Debug, Clone)]
pub(super) struct Attribution {
    pub(super) cue: Range<usize>,
    pub(super) cue_head: usize,
    pub(super) class: CueClass,
    pub(super) source: Option<Range<usize>>,
    /// Head of the source, which decides about the entity.
    pub(super) source_head: Option<usize>,
    /// The noun that a relative pronoun stands for.
    pub(super) antecedent: Option<usize>,
    pub(super) addressee: Option<Range<usize>>,
    pub(super) content: Vec<Range<usize>>,
    pub(super) rule: &'static str,
    /// The source was taken from another clause.
    pub(super) inherited: bool,
    /// Noun phrases of who carried it.
    pub(super) via: Vec<Range<usize>>,
    /// 0 to 1.
    pub(super) confidence: f64,
    /// The ranker's score over no attribution at all.
    pub(super) margin: Option<f32>,
}

impl Attribution {
    /// First byte of the content.
    pub(super) fn first(&self) -> usize {
        self.content.first().map_or(0, |c| c.start)
    }
}

/// A verb that may attribute, with everything that it may attribute.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) head: usize,
    pub(super) cue: Range<usize>,
    pub(super) candidates: Vec<Candidate>,
    /// Which candidate the rules would take, and the rule.
    pub(super) by_rule: Option<(usize, &'static str)>,
    subject: Option<Subject>,
    view: CueView,
}

impl Proposal {
    /// Features of the candidate number `at`, those of the cue included.
    pub(super) fn features(&self, scope: &Scope, at: usize, bag: &mut Bag) {
        bag.0.clear();
        bag.0.extend(&self.view.base);
        let rule = self.by_rule.filter(|(chosen, _)| *chosen == at).map(|(_, rule)| rule);
        features::candidate(scope, self.head, &self.view, &self.candidates[at], rule, bag);
    }
}

impl Proposal {
    /// Who may say the candidate number `at`.
    pub(super) fn sources(&self, scope: &Scope, at: usize) -> Vec<Subject> {
        scope.sources(self.head, &self.candidates[at].spans, self.subject)
    }

    /// Features of `s` as the source of the candidate number `at`.
    pub(super) fn source_features(&self, scope: &Scope, at: usize, s: &Subject, bag: &mut Bag) {
        let by_rule = self.subject.is_some_and(|r| r.token == s.token);
        source_features::of(
            scope,
            self.head,
            &self.view,
            s,
            &self.candidates[at].spans,
            by_rule,
            bag,
        );
    }

    /// The likeliest source of the candidate number `at`.
    fn source(&self, scope: &Scope, at: usize, model: &Model, bag: &mut Bag) -> Option<Subject> {
        let sources = self.sources(scope, at);
        let best = model.best(
            sources.len(),
            |i, bag| self.source_features(scope, at, &sources[i], bag),
            bag,
        );
        best.map(|(i, _)| sources[i])
    }
}

/// The verbs of the paragraph that may attribute.
pub(super) fn proposals(scope: &Scope) -> Vec<Proposal> {
    let doc = scope.doc;
    let mut out = Vec::new();
    for t in scope.paragraph.tokens.clone() {
        if !doc.tag(t).starts_with("VB") || scope.in_long_quote(t) || doc.lower(t) == "according" {
            continue;
        }
        let known = cues::verb(doc.lemma(t));
        let beside_quote = || scope.quote_before(t) || scope.quote_behind(t + 1);
        if known.is_none() && (matches!(doc.dep(t), "aux" | "auxpass") || !beside_quote()) {
            continue;
        }
        out.extend(proposal(scope, t));
    }
    out
}

fn proposal(scope: &Scope, t: usize) -> Option<Proposal> {
    let cue = scope.cue(t);
    let subject = scope.subject(t, 0);
    let view = features::cue(scope, t, &cue, subject.map(|s| s.token));
    let rule =
        scope.by_rule(t, subject.is_some()).map(|(spans, rule)| (scope.unite(&spans, &cue), rule));
    let mut candidates = candidates::of(scope, t, &cue);
    let by_rule = rule.filter(|(spans, _)| !spans.is_empty()).map(|(spans, rule)| {
        let at = candidates.iter().position(|c| c.spans == spans).unwrap_or_else(|| {
            candidates.push(Candidate::by_rule(spans, &cue));
            candidates.len() - 1
        });
        (at, rule)
    });
    (!candidates.is_empty()).then_some(Proposal {
        head: t,
        cue,
        candidates,
        by_rule,
        subject,
        view,
    })
}

/// Every attribution of the paragraph, quotes attached. Without a model the rules alone decide.
pub(super) fn find(doc: &Doc, paragraph: &Paragraph, model: Option<&Model>) -> Vec<Attribution> {
    let scope = Scope { doc, paragraph };
    let mut out: Vec<Attribution> = Vec::new();
    let mut bag = Bag::default();
    for p in proposals(&scope) {
        let chosen = match model {
            Some(m) => m.best(p.candidates.len(), |at, bag| p.features(&scope, at, bag), &mut bag),
            None => p.by_rule.map(|(at, _)| (at, 0.0)),
        };
        let Some((at, margin)) = chosen else { continue };
        let subject = match model {
            Some(m) => p.source(&scope, at, m, &mut bag),
            None => p.subject,
        };
        out.push(attribution(&scope, &p, at, subject, model.map(|_| margin)));
    }
    for t in paragraph.tokens.clone() {
        out.extend(scope.according(t).or_else(|| scope.nominal(t)));
    }
    one_a_content(&mut out);
    out.sort_by_key(|a| (a.first(), a.cue.start));
    attach_loose_quotes(paragraph, &mut out);
    out
}

fn attribution(
    scope: &Scope,
    p: &Proposal,
    at: usize,
    subject: Option<Subject>,
    margin: Option<f32>,
) -> Attribution {
    let doc = scope.doc;
    let rule = p.by_rule.filter(|(chosen, _)| *chosen == at).map_or("ranked", |(_, rule)| rule);
    let class = cues::verb(doc.lemma(p.head)).map_or(CueClass::Other, |(class, _)| class);
    Attribution {
        cue: p.cue.clone(),
        cue_head: p.head,
        class,
        source: subject.map(|s| scope.noun_phrase(s.token)),
        source_head: subject.map(|s| s.token),
        antecedent: subject.and_then(|s| s.antecedent),
        addressee: scope.addressee(p.head),
        content: p.candidates[at].spans.iter().filter_map(|s| scope.bytes(s.clone())).collect(),
        rule,
        inherited: subject.is_some_and(|s| s.inherited),
        via: Vec::new(),
        confidence: margin.map_or(0.8, |m| 1.0 / (1.0 + f64::from(-m).exp())),
        margin,
    }
}

/// Of two cues with one content the surer one stays.
fn one_a_content(found: &mut Vec<Attribution>) {
    let length = |c: &[Range<usize>]| c.iter().map(Range::len).sum::<usize>();
    let shared = |a: &[Range<usize>], b: &[Range<usize>]| {
        let pairs = a.iter().flat_map(|x| {
            b.iter().map(move |y| x.end.min(y.end).saturating_sub(x.start.max(y.start)))
        });
        pairs.sum::<usize>()
    };
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|&i, &j| found[j].confidence.total_cmp(&found[i].confidence).then(i.cmp(&j)));
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        let same = |k: &&usize| {
            let (a, b) = (&found[i].content, &found[**k].content);
            shared(a, b) * 5 > 2 * (length(a) + length(b))
        };
        if kept.iter().find(same).is_none() {
            kept.push(i);
        }
    }
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        kept.contains(&(at - 1))
    });
}

/// Quotes of the paragraph that no content holds go to the quoting claim before them, else to the one behind them.
fn attach_loose_quotes(paragraph: &Paragraph, found: &mut [Attribution]) {
    let holds = |a: &Attribution, q: &Range<usize>| {
        a.content.iter().any(|c| c.start < q.end && q.start < c.end)
    };
    let quoting = |a: &Attribution| paragraph.quotes.iter().any(|q| holds(a, &q.outer));
    let quoting: Vec<bool> = found.iter().map(quoting).collect();
    for q in paragraph.quotes.iter().filter(|q| q.words >= 4) {
        let q = &q.outer;
        let cued = |a: &Attribution, q: &Range<usize>| a.source.is_some() && holds(a, q);
        if found.iter().any(|a| cued(a, q) || holds(a, q)) {
            continue;
        }
        let before = (0..found.len())
            .rev()
            .find(|&i| quoting[i] && found[i].content.iter().all(|c| c.end <= q.start));
        let after = || (0..found.len()).find(|&i| quoting[i] && found[i].first() >= q.end);
        if let Some(i) = before.or_else(after) {
            found[i].content.push(q.clone());
            found[i].content.sort_by_key(|c| c.start);
        }
    }
}

impl Scope<'_> {
    /// The verb with its particle.
    pub(super) fn cue(&self, t: usize) -> Range<usize> {
        let particle = self.doc.children(t).find(|&c| self.doc.dep(c) == "prt" && c == t + 1);
        t..particle.unwrap_or(t) + 1
    }

    /// What the rules take as the content of the verb.
    fn by_rule(&self, t: usize, sourced: bool) -> Option<(Vec<Range<usize>>, &'static str)> {
        let (_, takes) = cues::verb(self.doc.lemma(t))?;
        let found = self.content(t, takes)?;
        (sourced || matches!(found.1, "ccomp" | "inverted" | "parataxis" | "quote"))
            .then_some(found)
    }

    /// "according to X": the rest of the sentence is the content.
    fn according(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        if doc.lower(t) != "according"
            || t + 1 >= doc.len()
            || doc.lower(t + 1) != "to"
            || self.in_long_quote(t)
        {
            return None;
        }
        let object = doc.child(t + 1, "pobj").or_else(|| doc.child(t, "pobj"))?;
        let first = doc.left_edge(t).min(t);
        let last = doc.right_edge(t).max(doc.right_edge(object)).max(t + 1);
        let sentence = doc.sent_of(t);
        let mut content: Vec<_> = self.bytes(sentence.start..first).into_iter().collect();
        if content.is_empty() {
            content.extend(self.bytes(last + 1..sentence.end));
        } else if last + 1 < sentence.end {
            let rest = self.bytes(last + 1..sentence.end);
            // What follows a source in the middle of a sentence belongs to the content where it goes on with it.
            if doc.token_text(last + 1) == "," && rest.as_ref().is_some_and(|r| r.len() > 12) {
                content.extend(rest);
            }
        }
        (!content.is_empty())
            .then(|| self.fixed(t..t + 2, CueClass::According, object, content, "according"))
    }

    /// "his claim that …": a noun with a clause and a possessor.
    fn nominal(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        if !doc.tag(t).starts_with("NN") || !has(cues::NOUNS, doc.lemma(t)) || self.in_long_quote(t)
        {
            return None;
        }
        let clause = doc.rights(t).find(|&c| {
            matches!(doc.dep(c), "acl" | "ccomp") && doc.lower(doc.left_edge(c)) == "that"
        })?;
        let owner = doc.child(t, "poss")?;
        let content: Vec<_> =
            self.bytes(doc.left_edge(clause)..doc.right_edge(clause) + 1).into_iter().collect();
        (!content.is_empty())
            .then(|| self.fixed(t..t + 1, CueClass::Nominal, owner, content, "nominal"))
    }

    /// An attribution that needs no ranking.
    fn fixed(
        &self,
        cue: Range<usize>,
        class: CueClass,
        source: usize,
        content: Vec<Range<usize>>,
        rule: &'static str,
    ) -> Attribution {
        Attribution {
            cue_head: cue.start,
            cue,
            class,
            source: Some(self.noun_phrase(source)),
            source_head: Some(source),
            antecedent: None,
            addressee: None,
            content,
            rule,
            inherited: false,
            via: Vec::new(),
            confidence: 0.85,
            margin: None,
        }
    }
}
