//! Who says it: the words that name the source of a cue, and those that name whom it is said to.

use std::ops::Range;

use super::scope::Scope;
use crate::extract::lexicon::has;

/// The token that names the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub(super) token: usize,
    /// The noun that a relative pronoun stands for.
    pub(super) antecedent: Option<usize>,
    /// The source was taken from another clause.
    pub(super) inherited: bool,
}

impl Scope<'_> {
    /// Who does what the verb says: its subject, or that of the clause it hangs on.
    pub(super) fn subject(&self, t: usize, depth: usize) -> Option<Subject> {
        let doc = self.doc;
        if depth > 6 {
            return None;
        }
        let passive = doc.children(t).any(|c| matches!(doc.dep(c), "auxpass" | "nsubjpass"));
        if passive {
            let agent = doc.child(t, "agent").and_then(|a| doc.child(a, "pobj"));
            return agent.map(|token| Subject { token, antecedent: None, inherited: depth > 0 });
        }
        if let Some(token) = doc.children(t).find(|&c| doc.dep(c) == "nsubj") {
            let relative = has("who which that", doc.lower(token)) && doc.dep(t) == "relcl";
            let antecedent = relative.then(|| doc.head(t));
            return Some(Subject { token, antecedent, inherited: depth > 0 });
        }
        let head = doc.head(t);
        match doc.dep(t) {
            "conj" | "advcl" | "xcomp" | "pcomp" | "dep" if head != t => {
                if doc.dep(t) == "pcomp" {
                    // "after saying": the preposition hangs on the verb.
                    let verb = doc.head(head);
                    return if doc.pos(verb) == "VERB" {
                        self.subject(verb, depth + 1)
                    } else {
                        self.noun(verb)
                    };
                }
                if matches!(doc.pos(head), "VERB" | "AUX") {
                    self.subject(head, depth + 1)
                } else {
                    self.noun(head)
                }
            }
            "acl" | "relcl" => self.noun(head),
            // "… and noted", hung elsewhere: the conjunction still hangs on the verb that has the subject.
            _ => {
                let and =
                    t.checked_sub(1).filter(|&a| doc.dep(a) == "cc" && doc.tag(t) == "VBD")?;
                let verb = doc.head(and);
                (verb != t && doc.tag(verb) == "VBD").then(|| self.subject(verb, depth + 1))?
            }
        }
    }

    fn noun(&self, token: usize) -> Option<Subject> {
        let noun = matches!(self.doc.pos(token), "NOUN" | "PROPN" | "PRON");
        noun.then_some(Subject { token, antecedent: None, inherited: true })
    }

    /// To whom: the object of "told", "to reporters".
    pub(super) fn addressee(&self, t: usize) -> Option<Range<usize>> {
        let doc = self.doc;
        let direct = doc.children(t).find(|&c| {
            matches!(doc.dep(c), "dobj" | "dative" | "iobj")
                && c > t
                && has("tell inform advise ask remind warn assure urge", doc.lemma(t))
        });
        let to = doc
            .children(t)
            .find(|&c| matches!(doc.dep(c), "prep" | "dative") && doc.lower(c) == "to");
        let object = to.and_then(|p| doc.child(p, "pobj"));
        let head = direct.or(object)?;
        (matches!(doc.pos(head), "NOUN" | "PROPN" | "PRON")).then(|| self.noun_phrase(head))
    }

    /// Every noun phrase near the cue that may name the source, the rule's choice first; none in `outside`, which is the
    /// content and the words of carriers.
    pub(super) fn sources(
        &self,
        t: usize,
        outside: &[Range<usize>],
        by_rule: Option<Subject>,
    ) -> Vec<Subject> {
        const BEFORE: usize = 45;
        const BEHIND: usize = 25;
        let doc = self.doc;
        let own = |x: usize| {
            self.paragraph.tokens.contains(&x) && !outside.iter().any(|c| c.contains(&x))
        };
        let mut out: Vec<Subject> = by_rule.into_iter().filter(|s| own(s.token)).collect();
        let window = t.saturating_sub(BEFORE).max(self.paragraph.tokens.start)
            ..(t + BEHIND).min(self.paragraph.tokens.end);
        for x in window {
            let noun = matches!(doc.pos(x), "NOUN" | "PROPN" | "PRON")
                && !matches!(doc.dep(x), "compound" | "poss" | "nmod" | "amod");
            if noun
                && x != t
                && own(x)
                && !self.in_long_quote(x)
                && !out.iter().any(|s| s.token == x)
            {
                out.push(Subject { token: x, antecedent: None, inherited: doc.head(x) != t });
            }
        }
        out
    }
}
