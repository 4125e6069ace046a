//! Attributions of one paragraph: cues, what they attribute, whom to.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::CueClass;

use super::candidates::{self, Candidate};
use super::cues;
use super::features::{self, Bag, CueView};
use super::model::{self, Model};
use super::paragraph::Paragraph;
use super::scope::Scope;
use super::source::Subject;
use super::{forms, refusal, source_features, via};
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

impl Attribution {
    /// An attribution without source, from words that need no ranking.
    pub(super) fn bare(
        cue: Range<usize>,
        class: CueClass,
        content: Vec<Range<usize>>,
        rule: &'static str,
    ) -> Self {
        Self {
            cue_head: cue.start,
            cue,
            class,
            source: None,
            source_head: None,
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

/// Least log odds of what a carrier carries: below, one of seven was right over the training set.
const FLOOR: f32 = -1.7;

/// Least probability of a clause that the rules choose too.
const SECONDED: f32 = 0.2;

/// Log odds of such a clause at the least: of those less sure than what others need, 46 of 100 were right (training set,
/// cross-validated), more than the least sure of the others.
const SECONDED_ODDS: f32 = -0.16;

impl Proposal {
    /// Takes the carrier's words out of every candidate.
    fn keep_out(&mut self, scope: &Scope, carrier: &via::Carrier) {
        self.cut_off(scope, carrier);
        let touches = |c: &Candidate| {
            c.spans.iter().any(|s| s.start < carrier.tokens.end && carrier.tokens.start < s.end)
        };
        let keep: Vec<bool> = self.candidates.iter().map(|c| !touches(c)).collect();
        if !keep.contains(&true) {
            return;
        }
        let before = |at: usize| keep[..at].iter().filter(|k| **k).count();
        self.by_rule =
            self.by_rule.filter(|(at, _)| keep[*at]).map(|(at, rule)| (before(at), rule));
        let mut keep = keep.iter();
        self.candidates.retain(|_| *keep.next().unwrap_or(&true));
    }

    /// Takes the carrier's words off the front of the candidates that begin with them.
    fn cut_off(&mut self, scope: &Scope, carrier: &via::Carrier) {
        for span in self.candidates.iter_mut().filter_map(|c| c.spans.first_mut()) {
            let rest = scope.trim(carrier.tokens.end..span.end.max(carrier.tokens.end));
            if carrier.tokens.contains(&span.start) && !rest.is_empty() {
                *span = rest;
            }
        }
    }

    /// "…, NNA quoted an aide as saying on Tuesday.": with no clause behind the verb, the words in front of the carrier are what
    /// was said.
    fn take_front(&mut self, scope: &Scope, carrier: &via::Carrier) {
        let doc = scope.doc;
        let sentence = doc.sent_of(self.head);
        let end = sentence.end.min(scope.paragraph.tokens.end);
        let quoted = carrier.quoted.as_ref().is_some_and(|q| q.verb == self.head);
        let clause = (self.head + 1..end).any(|x| matches!(doc.pos(x), "VERB" | "AUX"));
        let first = carrier.tokens.start;
        let set_off = first > sentence.start
            && matches!(doc.token_text(first - 1), "," | "\"" | "”" | "''" | "—" | "–");
        if !quoted || self.head < first || clause || !set_off || scope.quote_behind(self.head + 1) {
            return;
        }
        let spans = scope.unite(&[scope.trim(sentence.start..first)], &self.cue);
        if spans.iter().all(|s| !s.is_empty()) {
            self.candidates = vec![Candidate::by_rule(spans, &self.cue)];
            self.by_rule = Some((0, "fronted"));
        }
    }

    /// The candidate to take, with its margin; `sure` when the cue attributes for certain.
    fn choose(
        &self,
        scope: &Scope,
        model: Option<&Model>,
        sure: bool,
        bag: &mut Bag,
    ) -> Option<(usize, f32)> {
        let ranked = model.filter(|_| self.by_rule.is_none_or(|(_, rule)| rule != "fronted"));
        let Some(model) = ranked else { return self.by_rule.map(|(at, _)| (at, 0.0)) };
        let scores =
            model.scores(self.candidates.len(), |at, bag| self.features(scope, at, bag), bag);
        let choice = model::agreed(&scores, |at| &self.candidates[at].spans)?;
        let seconded = self.is_plain(scope, choice.at);
        let taken = choice.is_likely()
            || (seconded && choice.agreed > SECONDED)
            || (sure && (seconded || choice.any > FLOOR));
        let odds = choice.odds();
        taken.then(|| (choice.at, if seconded { odds.max(SECONDED_ODDS) } else { odds }))
    }

    /// Whether the candidate number `at` is the clause of a verb of speech, and the one that the rules would take. What a carrier
    /// carries needs no more: the training set has nothing nested, and takes such a verb for none.
    fn is_plain(&self, scope: &Scope, at: usize) -> bool {
        let lemma = scope.cue_lemma(self.head);
        let plain = |rule: &str| matches!(rule, "ccomp" | "inverted" | "parataxis");
        self.by_rule.is_some_and(|(chosen, rule)| chosen == at && plain(rule))
            && cues::is_speaking(lemma)
            && !cues::is_attitude(lemma)
    }

    /// "said the plan was a gift and thanked the council": a verb of speech that goes on with what another one began.
    fn goes_on(&self, scope: &Scope) -> bool {
        let doc = scope.doc;
        let and = self.cue.start.checked_sub(1).is_some_and(|x| doc.dep(x) == "cc");
        let speaks = |x: usize| doc.tag(x) == "VBD" && cues::is_speaking(doc.lemma(x));
        let known = cues::verb(doc.lemma(self.head)).is_some();
        let sentence = doc.sent_of(self.head).start.max(scope.paragraph.tokens.start);
        and && known
            && doc.tag(self.head) == "VBD"
            && (sentence..self.cue.start).any(|x| speaks(x) && !scope.in_long_quote(x))
    }

    /// Who may say the candidate number `at`.
    pub(super) fn sources(
        &self,
        scope: &Scope,
        at: usize,
        carriers: &[via::Carrier],
    ) -> Vec<Subject> {
        let foreign =
            carriers.iter().filter(|c| !c.tokens.contains(&self.head)).map(|c| c.tokens.clone());
        let outside: Vec<Range<usize>> =
            self.candidates[at].spans.iter().cloned().chain(foreign).collect();
        scope.sources(self.head, &outside, self.subject)
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
    fn source(
        &self,
        scope: &Scope,
        at: usize,
        carriers: &[via::Carrier],
        model: &Model,
        bag: &mut Bag,
    ) -> Option<Subject> {
        let sources = self.sources(scope, at, carriers);
        let features = |i: usize, bag: &mut Bag| self.source_features(scope, at, &sources[i], bag);
        let best = model::likeliest(&model.scores(sources.len(), features, bag));
        best.filter(|(_, odds)| *odds > 0.0).map(|(i, _)| sources[i])
    }
}

/// The verbs of the paragraph that may attribute.
pub(super) fn proposals(scope: &Scope) -> Vec<Proposal> {
    let doc = scope.doc;
    let mut out = Vec::new();
    for t in scope.paragraph.tokens.clone() {
        let verb = doc.tag(t).starts_with("VB") || scope.headline_verb(t).is_some();
        if !verb || scope.in_long_quote(t) || doc.lower(t) == "according" {
            continue;
        }
        let beside_quote = || scope.quote_before(t) || scope.quote_behind(t + 1);
        let lemma = scope.cue_lemma(t);
        let known = cues::verb(lemma).is_some() && !cues::is_attitude(lemma);
        if !known && (matches!(doc.dep(t), "aux" | "auxpass") || !beside_quote()) {
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
    // To whom it is said is not what is said.
    if let Some(to) = scope.addressee(t).filter(|_| has("say tell", scope.doc.lemma(t))) {
        candidates.retain(|c| !c.spans.iter().all(|s| to.start <= s.start && s.end <= to.end));
    }
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

/// Every attribution of the paragraph. Without a model the rules alone decide.
pub(super) fn find(doc: &Doc, paragraph: &Paragraph, model: Option<&Model>) -> Vec<Attribution> {
    let scope = Scope { doc, paragraph };
    if let Some(line) = forms::transcript(&scope) {
        return vec![line];
    }
    let carriers = via::carriers(&scope);
    let mut bag = Bag::default();
    let mut out = forms::signed(&scope);
    for t in paragraph.tokens.clone() {
        out.extend(refusal::of(&scope, t));
    }
    let refused: Vec<usize> = out.iter().map(|a| a.cue_head).collect();
    let mut all: Vec<Proposal> = proposals(&scope);
    // "declined to comment on the price" says nothing of the price.
    let refuses = |p: &Proposal| {
        refused.contains(&p.head)
            || (doc.dep(p.head) == "xcomp" && refused.contains(&doc.head(p.head)))
    };
    all.retain(|p| {
        !refuses(p)
            && !refusal::is_silence(&scope, p.head)
            && !carriers.iter().any(|c| c.quoted.is_some() && c.tokens.contains(&p.head))
    });
    let carried = carry(&scope, &carriers, &all);
    for (number, p) in all.into_iter().enumerate() {
        let held = |(c, inner): (&via::Carrier, &Option<usize>)| {
            inner.is_some() && c.tokens.contains(&p.head)
        };
        let own: Vec<usize> = (0..carriers.len()).filter(|&c| carried[c] == Some(number)).collect();
        if own.is_empty() && carriers.iter().zip(&carried).any(held) {
            continue;
        }
        out.extend(of_proposal(&scope, p, &carriers, &own, model, &mut bag));
    }
    for t in paragraph.tokens.clone() {
        let free = !carriers
            .iter()
            .zip(&carried)
            .any(|(c, inner)| inner.is_some() && c.tokens.contains(&t));
        let fixed = scope.according(t).filter(|_| free).or_else(|| scope.nominal(t));
        out.extend(fixed.or_else(|| scope.newsroom(t)));
    }
    one_a_content(&mut out);
    part_coordinated(&scope, &mut out);
    out.sort_by_key(|a| (a.first(), a.cue.start));
    out
}

/// What the proposal attributes, if anything; `own` are the numbers of the carriers that carry it.
fn of_proposal(
    scope: &Scope,
    mut p: Proposal,
    carriers: &[via::Carrier],
    own: &[usize],
    model: Option<&Model>,
    bag: &mut Bag,
) -> Option<Attribution> {
    let by = own.first().map(|&c| &carriers[c]);
    if let Some(carrier) = by {
        p.keep_out(scope, carrier);
        p.take_front(scope, carrier);
    }
    let (at, margin) = p.choose(scope, model, by.is_some() || p.goes_on(scope), bag)?;
    let quoted = by.and_then(|c| c.quoted.as_ref());
    let subject = match (quoted, model) {
        (Some(q), _) => Some(Subject { token: q.speaker, antecedent: None, inherited: false }),
        (None, Some(m)) => p.source(scope, at, carriers, m, bag),
        (None, None) => p.subject,
    };
    let by_form = p.by_rule.is_some_and(|(_, rule)| rule == "fronted");
    let mut a = attribution(scope, &p, at, subject, model.filter(|_| !by_form).map(|_| margin));
    if let Some(q) = quoted {
        a.source = Some(q.words.clone());
    }
    a.via.extend(own.iter().filter_map(|&c| carriers[c].source.clone()));
    scope.says_something(&a.content).then_some(a)
}

/// For each carrier the number of the cue whose words it carries: the quoted verb, else the last sourced cue of the sentence
/// in front of it, or the first one behind it.
fn carry(scope: &Scope, carriers: &[via::Carrier], all: &[Proposal]) -> Vec<Option<usize>> {
    let doc = scope.doc;
    let speaks = |p: &Proposal| {
        p.subject.is_some_and(|s| !via::is_medium(doc, scope.noun_phrase(s.token)))
            && cues::is_speaking(scope.cue_lemma(p.head))
    };
    carriers
        .iter()
        .map(|c| {
            if let Some(q) = &c.quoted {
                return all.iter().position(|p| p.head == q.verb);
            }
            let sentence = doc.sent_of(c.tokens.start);
            let inside = |p: &Proposal| {
                sentence.contains(&p.head) && !c.tokens.contains(&p.head) && speaks(p)
            };
            all.iter()
                .rposition(|p| p.head < c.tokens.start && inside(p))
                .or_else(|| all.iter().position(|p| p.head >= c.tokens.end && inside(p)))
        })
        .collect()
}

fn attribution(
    scope: &Scope,
    p: &Proposal,
    at: usize,
    subject: Option<Subject>,
    margin: Option<f32>,
) -> Attribution {
    let rule = p.by_rule.filter(|(chosen, _)| *chosen == at).map_or("ranked", |(_, rule)| rule);
    let class = cues::verb(scope.cue_lemma(p.head)).map_or(CueClass::Other, |(class, _)| class);
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

/// "said the plan was a gift and thanked the council": what one says ends where the same speaker's next verb begins.
fn part_coordinated(scope: &Scope, found: &mut [Attribution]) {
    let doc = scope.doc;
    let joins: Vec<(usize, Option<usize>)> = found
        .iter()
        .filter_map(|a| {
            let and = a.cue.start.checked_sub(1).filter(|&x| doc.dep(x) == "cc")?;
            (doc.tag(a.cue_head) == "VBD" && a.source_head.is_some())
                .then_some((and, a.source_head))
        })
        .collect();
    for a in found.iter_mut() {
        for (and, _) in joins.iter().filter(|(and, who)| *who == a.source_head && *and > a.cue_head)
        {
            let at = doc.start(*and);
            let Some(last) = a.content.last_mut().filter(|c| c.contains(&at)) else { continue };
            if let Some(rest) = scope.bytes(doc.tokens_in_bytes(last.start..at)) {
                *last = rest;
            }
        }
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
