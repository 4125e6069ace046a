//! Cues that are no verbs with a free choice: "according to", nouns with a clause; and the verb with its particle.

use std::ops::Range;

use copydesk_types::CueClass;

use super::attribution::Attribution;
use super::cues;
use super::scope::Scope;
use super::via;
use crate::extract::lexicon::has;

impl Scope<'_> {
    /// The verb with its particle.
    pub(super) fn cue(&self, t: usize) -> Range<usize> {
        let particle = self.doc.children(t).find(|&c| self.doc.dep(c) == "prt" && c == t + 1);
        t..particle.unwrap_or(t) + 1
    }

    /// What the rules take as the content of the verb.
    pub(super) fn by_rule(
        &self,
        t: usize,
        sourced: bool,
    ) -> Option<(Vec<Range<usize>>, &'static str)> {
        let (_, takes) = cues::verb(self.doc.lemma(t))?;
        let found = self.content(t, takes)?;
        (sourced || matches!(found.1, "ccomp" | "inverted" | "parataxis" | "quote"))
            .then_some(found)
    }

    /// "according to X": the rest of the sentence is the content.
    pub(super) fn according(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        let object = self.according_to(t)?;
        let first = doc.left_edge(t).min(t);
        let last = doc.right_edge(t).max(doc.right_edge(object)).max(t + 1);
        let sentence = doc.sent_of(t);
        let (before, rest) = (self.trim(sentence.start..first), self.trim(last + 1..sentence.end));
        // What follows a source in the middle of a sentence belongs to the content where it goes on with it.
        let goes_on = !rest.is_empty()
            && doc.token_text(last + 1) == ","
            && self.bytes(rest.clone()).is_some_and(|r| r.len() > 12);
        let spans = match (before.is_empty(), goes_on) {
            (true, _) => vec![rest],
            (false, true) => vec![before, rest],
            (false, false) => vec![before],
        };
        let spans = self.unite(&spans, &(first..last + 1));
        let content: Vec<_> = spans.into_iter().filter_map(|s| self.bytes(s)).collect();
        (!content.is_empty())
            .then(|| self.fixed(t..t + 2, CueClass::According, object, content, "according"))
    }

    /// "his claim that …": a noun with a clause and a possessor.
    pub(super) fn nominal(&self, t: usize) -> Option<Attribution> {
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
        let mut found = (!content.is_empty())
            .then(|| self.fixed(t..t + 1, CueClass::Nominal, owner, content, "nominal"))?;
        // The owner without its possessive mark.
        found.source = found.source.map(|s| {
            let end = s.end - usize::from(s.len() > 1 && doc.tag(s.end - 1) == "POS");
            s.start..end
        });
        Some(found)
    }

    /// "The Guardian understands that …", "Sky News has learned …": what a newsroom says that it knows.
    pub(super) fn newsroom(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        if !has("understand learn", doc.lemma(t)) || self.in_long_quote(t) {
            return None;
        }
        let subject = doc.lefts(t).find(|&c| doc.dep(c) == "nsubj")?;
        if !via::is_medium(doc, self.noun_phrase(subject)) {
            return None;
        }
        let clause = doc.rights(t).find(|&c| doc.dep(c) == "ccomp")?;
        let content = self.bytes(doc.left_edge(clause)..doc.right_edge(clause) + 1)?;
        Some(self.fixed(t..t + 1, CueClass::Say, subject, vec![content], "newsroom"))
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
        let (source, source_head) = (Some(self.noun_phrase(source)), Some(source));
        Attribution { source, source_head, ..Attribution::bare(cue, class, content, rule) }
    }

    /// The object of "according to" at `t`.
    pub(super) fn according_to(&self, t: usize) -> Option<usize> {
        let doc = self.doc;
        if doc.lower(t) != "according"
            || t + 1 >= doc.len()
            || doc.lower(t + 1) != "to"
            || self.in_long_quote(t)
        {
            return None;
        }
        doc.child(t + 1, "pobj").or_else(|| doc.child(t, "pobj"))
    }
}
