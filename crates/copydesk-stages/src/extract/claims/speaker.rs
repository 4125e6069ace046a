//! Who the words of a source stand for: names, short names, titles, pronouns, elided subjects. Null rather than a guess.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{EntityType, MentionKind, Party, Record, Resolution, Speaker};

use super::attribution::Attribution;
use super::gender::{self, Gender};
use super::paragraph::Paragraph;
use crate::extract::lexicon::{TITLES, has, is_outlet};

/// A speaker and how it was found.
pub(super) struct Resolved {
    pub(super) speaker: Speaker,
    pub(super) why: String,
}

/// An entity's mention, as the pronoun search sees it.
struct Seen {
    start: usize,
    end: usize,
    entity: usize,
    kind: MentionKind,
    /// Token that carries the mention in the tree.
    root: usize,
    /// Whether it may be what a pronoun stands for: a living person outside the possessive.
    eligible: bool,
}

/// Everybody of the article, and who has spoken so far.
pub(super) struct Cast<'a> {
    pub(super) doc: &'a Doc,
    pub(super) record: &'a Record,
    pub(super) paragraphs: &'a [Paragraph],
    seen: Vec<Seen>,
    genders: Vec<Option<Gender>>,
    /// Paragraph and entity of each resolved claim so far.
    spoke: Vec<(usize, usize)>,
    /// Paragraph and speaker of the last quoting claim.
    last: Option<(usize, Speaker)>,
}

/// An entity, by which means and how surely.
type Found = (usize, Resolution, f64, String);

impl<'a> Cast<'a> {
    pub(super) fn new(doc: &'a Doc, record: &'a Record, paragraphs: &'a [Paragraph]) -> Self {
        let mut seen = Vec::new();
        for (entity, e) in record.entities.iter().enumerate() {
            for m in &e.mentions {
                let tokens = doc.tokens_in_bytes(m.start..m.end);
                if tokens.is_empty() {
                    continue;
                }
                let root = tokens
                    .clone()
                    .find(|&t| !tokens.contains(&doc.head(t)) || doc.head(t) == t)
                    .unwrap_or(tokens.end - 1);
                let late = doc.lefts(root).any(|c| has("late deceased", doc.lower(c)));
                let eligible = e.kind == EntityType::Person && !late && doc.dep(root) != "poss";
                seen.push(Seen {
                    start: m.start,
                    end: m.end,
                    entity,
                    kind: m.kind,
                    root,
                    eligible,
                });
            }
        }
        seen.sort_by_key(|s| (s.start, s.end));
        let genders = record.entities.iter().map(|e| gender::of_entity(doc, e)).collect();
        Self { doc, record, paragraphs, seen, genders, spoke: Vec::new(), last: None }
    }

    /// The speaker of the claim; `None` when no words name one.
    pub(super) fn speaker(&mut self, paragraph: usize, a: &Attribution) -> Option<Resolved> {
        if a.rule == "floating" {
            return self.floating(paragraph);
        }
        let source = a.source.clone()?;
        let head = a.source_head.unwrap_or(source.end - 1);
        let found = self.resolve(paragraph, &source, a.antecedent.unwrap_or(head), head);
        let bytes = self.doc.bytes(source.clone());
        let text = self.doc.span_text(source).to_owned();
        let Some((entity, mut resolution, mut confidence, why)) = found else {
            let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let why = format!("{name:?} names no entity of the article");
            let speaker = Speaker {
                entity: None,
                name,
                start: bytes.start,
                end: bytes.end,
                text,
                resolution: Resolution::None,
                confidence: 0.5,
            };
            self.last = Some((paragraph, speaker.clone()));
            return Some(Resolved { speaker, why });
        };
        if a.inherited && matches!(resolution, Resolution::Name | Resolution::Short) {
            (resolution, confidence) = (Resolution::Inherited, confidence * 0.95);
        }
        self.spoke.push((paragraph, entity));
        if resolution == Resolution::Pronoun && confidence >= 0.75 {
            // Who was "he" once is not "she" later.
            let gender = gender::of_pronoun(self.doc.lower(a.antecedent.unwrap_or(head)));
            self.genders[entity] = self.genders[entity].or(gender);
        }
        let e = &self.record.entities[entity];
        let speaker = Speaker {
            entity: Some(e.id.clone()),
            name: e.name.clone(),
            start: bytes.start,
            end: bytes.end,
            text,
            resolution,
            confidence,
        };
        self.last = Some((paragraph, speaker.clone()));
        Some(Resolved { speaker, why })
    }

    /// A paragraph of nothing but a quote: whoever spoke in the paragraph before goes on.
    fn floating(&mut self, paragraph: usize) -> Option<Resolved> {
        let (at, speaker) = self.last.as_mut()?;
        if *at + 1 != paragraph || speaker.entity.is_none() {
            return None;
        }
        *at = paragraph;
        let speaker =
            Speaker { resolution: Resolution::Inherited, confidence: 0.6, ..speaker.clone() };
        Some(Resolved { speaker, why: "spoke in the paragraph before".to_owned() })
    }

    /// A noun phrase as addressee or carrier.
    pub(super) fn party(&self, tokens: Range<usize>) -> Party {
        let doc = self.doc;
        let bytes = self.doc.bytes(tokens.clone());
        let text = self.doc.span_text(tokens.clone()).to_owned();
        let head = tokens
            .clone()
            .find(|&t| !tokens.contains(&self.doc.head(t)) || self.doc.head(t) == t)
            .unwrap_or(tokens.start);
        // "the Tass news agency": the outlet that the phrase holds.
        let outlet = || {
            let inside = |s: &&Seen| {
                tokens.contains(&s.root) && doc.text().get(s.start..s.end).is_some_and(is_outlet)
            };
            self.seen.iter().find(inside).map(|s| s.entity)
        };
        let found = self.named(&tokens, head).map(|(e, ..)| e).or_else(outlet);
        let entity = found.map(|e| &self.record.entities[e]);
        let name = entity.map_or_else(
            || text.split_whitespace().collect::<Vec<_>>().join(" "),
            |e| e.name.clone(),
        );
        Party {
            entity: entity.map(|e| e.id.clone()),
            name,
            start: bytes.start,
            end: bytes.end,
            text,
        }
    }

    fn resolve(
        &self,
        paragraph: usize,
        source: &Range<usize>,
        meant: usize,
        head: usize,
    ) -> Option<Found> {
        let lower = self.doc.lower(meant);
        if let Some(gender) = gender::of_pronoun(lower) {
            return self.pronoun(paragraph, meant, gender);
        }
        if meant != head {
            let phrase = self.doc.left_edge(meant)..meant + 1;
            return self.named(&phrase, meant);
        }
        if self.is_one_of_a_people(source, meant) {
            return self.one_of_a_people(paragraph, source, meant);
        }
        self.named(source, meant)
            .or_else(|| self.title(source, meant))
            .or_else(|| self.in_capitals(source))
    }

    /// "WALLACE": the only person of the article with that last name.
    fn in_capitals(&self, source: &Range<usize>) -> Option<Found> {
        let text = self.doc.span_text(source.clone());
        let word = text.split(',').next()?.split_whitespace().next_back()?;
        if word.chars().count() < 2 || !word.chars().all(char::is_uppercase) {
            return None;
        }
        let named = |e: &usize| {
            let e = &self.record.entities[*e];
            let last = e.name.split_whitespace().next_back();
            e.kind == EntityType::Person
                && last.is_some_and(|last| last.to_uppercase() == word && last != word)
        };
        let mut people = (0..self.record.entities.len()).filter(named);
        let only = people.next().filter(|_| people.next().is_none())?;
        let why = format!("{word} is the last name of {} alone", self.record.entities[only].name);
        Some((only, Resolution::Short, 0.85, why))
    }

    /// "The German, who coached him, said": a person, and not Germany.
    fn is_one_of_a_people(&self, phrase: &Range<usize>, head: usize) -> bool {
        let doc = self.doc;
        let at = doc.start(head);
        let demonym = |s: &Seen| s.kind == MentionKind::Demonym && s.start <= at && at < s.end;
        let singular =
            ["an", "i", "er", "ard"].iter().any(|ending| doc.lower(head).ends_with(ending));
        let alone = phrase.start + 1 == head && has("the a an another", doc.lower(phrase.start));
        alone && singular && self.seen.iter().any(demonym)
    }

    /// The last subject before it in the paragraph, if it is a person.
    fn one_of_a_people(
        &self,
        paragraph: usize,
        phrase: &Range<usize>,
        head: usize,
    ) -> Option<Found> {
        let doc = self.doc;
        if doc.lower(phrase.start) != "the" {
            return None;
        }
        let start = self.paragraphs[paragraph].tokens.start;
        let person = self.subject_in(start..doc.sent_of(head).start, None)?;
        let (word, name) = (doc.token_text(head), &self.record.entities[person].name);
        let why = format!("the {word} is {name}, the last subject before");
        Some((person, Resolution::Title, 0.6, why))
    }

    /// The mention that the phrase's head belongs to, else one in apposition to it.
    fn named(&self, phrase: &Range<usize>, head: usize) -> Option<Found> {
        let doc = self.doc;
        let at = doc.start(head);
        let direct = self.seen.iter().find(|s| s.start <= at && at < s.end);
        let beside = || {
            let mut appositions =
                doc.children(head).filter(|&c| doc.dep(c) == "appos" && phrase.contains(&c));
            appositions.find_map(|c| {
                self.seen
                    .iter()
                    .find(|s| s.eligible && s.start <= doc.start(c) && doc.start(c) < s.end)
            })
        };
        let named = || {
            // "the newspaper An-Nahar": a common noun and the name right behind it.
            let common = matches!(doc.tag(head), "NN" | "NNS");
            self.seen.iter().find(|s| {
                common
                    && doc.tokens_in_bytes(s.start..s.end).start == head + 1
                    && phrase.contains(&s.root)
            })
        };
        let s = direct.or_else(beside).or_else(named)?;
        let (resolution, confidence) = match s.kind {
            MentionKind::Name | MentionKind::Demonym => (Resolution::Name, 0.95),
            MentionKind::Short => (Resolution::Short, 0.9),
            MentionKind::Title => (Resolution::Title, 0.8),
            MentionKind::Pronoun => (Resolution::Pronoun, 0.75),
        };
        let e = &self.record.entities[s.entity];
        // Of several people with that short name the likelier one is meant, not surely.
        let confidence = if e.link.alternatives.is_empty() || s.kind == MentionKind::Name {
            confidence
        } else {
            confidence * 0.7
        };
        Some((
            s.entity,
            resolution,
            confidence,
            format!(
                "{:?} is a mention of {}",
                doc.text().get(s.start..s.end).unwrap_or_default(),
                e.name
            ),
        ))
    }

    /// "the North Korean leader": the only person to whom the article gives that role.
    fn title(&self, phrase: &Range<usize>, head: usize) -> Option<Found> {
        let doc = self.doc;
        let word = doc.lower(head);
        let definite = phrase
            .clone()
            .take_while(|&t| t < head)
            .any(|t| has("the his her its their", doc.lower(t)));
        if !definite || !has(TITLES, word) {
            return None;
        }
        let modifiers: Vec<&str> = (phrase.start..head)
            .filter(|&t| matches!(doc.pos(t), "ADJ" | "NOUN" | "PROPN"))
            .map(|t| doc.lower(t))
            .collect();
        let fits = |title: &str, of: Option<&str>| {
            let (title, of) = (title.to_lowercase(), of.unwrap_or_default().to_lowercase());
            let said = |m: &str| {
                title.split_whitespace().any(|w| w == m)
                    || of.split_whitespace().any(|w| shares_stem(w, m))
            };
            title.split_whitespace().any(|w| w.trim_end_matches('.') == word)
                && modifiers.iter().all(|m| said(m))
        };
        let mut holders = (0..self.record.entities.len()).filter(|&i| {
            let e = &self.record.entities[i];
            e.kind == EntityType::Person && e.roles.iter().any(|r| fits(&r.title, r.of.as_deref()))
        });
        let holder = holders.next()?;
        if holders.next().is_some() {
            return None;
        }
        let why =
            format!("the only {word} of that description is {}", self.record.entities[holder].name);
        Some((holder, Resolution::Title, 0.8, why))
    }

    /// Whether the entity is a person of that gender, as far as is known; of any without `wanted`.
    fn fits(&self, entity: usize, wanted: Option<Gender>) -> bool {
        let person = self.record.entities[entity].kind == EntityType::Person;
        person && wanted.is_none_or(|w| self.genders[entity].is_none_or(|known| known == w))
    }

    /// Whom a personal pronoun stands for: the subject of a clause before it in the sentence, the last speaker of the paragraph,
    /// the subject of the sentence before, the last speaker of the paragraph before.
    fn pronoun(&self, paragraph: usize, at: usize, gender: Gender) -> Option<Found> {
        if gender == Gender::Plural {
            return None;
        }
        let gender = Some(gender);
        let doc = self.doc;
        let name = |e: usize| self.record.entities[e].name.clone();
        let sentence = doc.sent_of(at);
        let found = |e: usize, confidence: f64, how: &str| {
            Some((
                e,
                Resolution::Pronoun,
                confidence,
                format!("{:?} is {}, {how}", doc.token_text(at), name(e)),
            ))
        };
        if let Some(e) = self.subject_in(sentence.start..at, gender) {
            return found(e, 0.85, "subject earlier in the sentence");
        }
        let spoke = |p: usize| {
            self.spoke
                .iter()
                .rev()
                .take_while(move |(q, _)| *q >= p)
                .find(move |(q, e)| *q == p && self.fits(*e, gender))
                .map(|(_, e)| *e)
        };
        if let Some(e) = spoke(paragraph) {
            return found(e, 0.85, "last speaker of the paragraph");
        }
        let start = self.paragraphs[paragraph].tokens.start;
        if let Some(e) = self.subject_in(start..sentence.start, gender) {
            return found(e, 0.75, "last subject of the paragraph");
        }
        let before = paragraph.checked_sub(1)?;
        if let Some(e) = spoke(before) {
            return found(e, 0.7, "last speaker of the paragraph before");
        }
        if let Some(e) = self.subject_in(self.paragraphs[before].tokens.clone(), gender) {
            return found(e, 0.6, "last subject of the paragraph before");
        }
        let before = before.checked_sub(1)?;
        spoke(before).and_then(|e| found(e, 0.5, "last speaker two paragraphs before"))
    }

    /// The last subject outside quotes among the tokens.
    fn subject_in(&self, tokens: Range<usize>, gender: Option<Gender>) -> Option<usize> {
        let doc = self.doc;
        let subject = |s: &&Seen| {
            // "The prime minister, Odd Nilsen, backed her."
            let subject = if doc.dep(s.root) == "appos" { doc.head(s.root) } else { s.root };
            tokens.contains(&s.root)
                && s.eligible
                && doc.dep(subject).starts_with("nsubj")
                && self.fits(s.entity, gender)
                && !self.quoted(s.root)
        };
        self.seen.iter().rev().find(subject).map(|s| s.entity)
    }

    fn quoted(&self, token: usize) -> bool {
        self.paragraphs.iter().any(|p| p.tokens.contains(&token) && p.in_quote(token, 4))
    }
}

/// "Russia" and "Russian", "Korea" and "Korean": the first four letters and all but a short ending agree.
fn shares_stem(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    common >= 4 && a.len() - common <= 2 && b.len() - common <= 3
}
