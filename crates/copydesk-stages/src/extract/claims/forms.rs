//! Attributions that no verb makes: transcript lines, a dash and a name behind a quote, a colon at a paragraph's end.

use std::ops::Range;

use copydesk_types::{BlockKind, CueClass};

use super::attribution::Attribution;
use super::paragraph::Paragraph;
use super::scope::Scope;
use super::{cues, via};
use crate::extract::lexicon::has;

/// Most words of a name in front of a transcript's colon.
const NAME: usize = 6;

/// Last words in front of a colon that name no speaker, in capitals or not: "UPDATE: …".
const LABELS: &str = "byline update updates updated note notes correction corrections clarification exclusive breaking alert watch listen \
    read related photo photos picture video videos caption live latest summary background analysis opinion editorial source sources \
    topic subject re from to date time place contact warning disclaimer ps";

/// Last words of a headline's front that speak, though they name nobody: "Poll: …".
const BODIES: &str = "poll polls report reports study survey police officials sources analysts experts lawyer lawyers court campaign camp \
    official spokesman spokeswoman attorney aide aides";

/// "WALLACE: …": the rest of the paragraph. Small letters will do in a transcript.
pub(super) fn transcript(scope: &Scope) -> Option<Attribution> {
    let doc = scope.doc;
    let tokens = scope.paragraph.tokens.clone();
    let quote = |t: usize| matches!(doc.token_text(t), "\"" | "“" | "''" | "‘");
    let first = tokens.clone().find(|&t| !quote(t) && !doc.is_space(t))?;
    let colon =
        (first + 1..tokens.end.min(first + NAME + 1)).find(|&t| doc.token_text(t) == ":")?;
    let letters = |t: usize, f: fn(char) -> bool| {
        doc.token_text(t).chars().filter(|c| c.is_alphabetic()).all(f)
    };
    let name = first..colon;
    let spelt = doc.span_text(name.clone()).chars().filter(|c| c.is_alphabetic()).count() >= 2;
    let upper = name.clone().all(|t| letters(t, char::is_uppercase));
    let proper = scope.paragraph.kind == BlockKind::Transcript
        && name
            .clone()
            .all(|t| doc.token_text(t).starts_with(char::is_uppercase) || doc.pos(t) == "PUNCT");
    let label = name.clone().any(|t| has(LABELS, doc.lower(t)))
        || (upper && matches!(doc.ent_type(first), "DATE" | "TIME"));
    if !spelt || !(upper || proper) || label || colon + 2 >= tokens.end {
        return None;
    }
    let content = scope.bytes(colon + 1..tokens.end)?;
    Some(Attribution {
        source: Some(name),
        source_head: Some(colon - 1),
        ..Attribution::bare(colon..colon + 1, CueClass::Colon, vec![content], "transcript")
    })
}

/// "Brandt: The library will stay open", a headline: the words behind the colon, when those before it end in the name of a
/// person of the article (`people` are the bytes of their mentions), name a medium or are one of the bodies that speak.
pub(super) fn headline(scope: &Scope, people: &[Range<usize>]) -> Option<Attribution> {
    let doc = scope.doc;
    let tokens = scope.paragraph.tokens.clone();
    let colon = tokens.clone().take(NAME + 1).find(|&t| doc.token_text(t) == ":")?;
    let mut name = tokens.start..colon;
    // "EXCLUSIVE – Brandt: …"
    if let Some(dash) = name.clone().rfind(|&t| matches!(doc.token_text(t), "—" | "–" | "--" | "-"))
    {
        name.start = dash + 1;
    }
    let last = name.clone().last()?;
    let person = people.iter().any(|m| m.contains(&doc.start(last)));
    let speaks = person || has(BODIES, doc.lower(last)) || via::is_medium(doc, name.clone());
    let content = scope.trim(colon + 1..tokens.end);
    if !speaks || scope.quote_of(last).is_some() || content.len() < 3 {
        return None;
    }
    Some(Attribution {
        source: Some(name),
        source_head: Some(last),
        confidence: 0.7,
        ..Attribution::bare(
            colon..colon + 1,
            CueClass::Colon,
            vec![scope.bytes(content)?],
            "headline",
        )
    })
}

/// "“…” — Jane Doe": a quote, a dash, a name at the end of the line.
pub(super) fn signed(scope: &Scope) -> Vec<Attribution> {
    let doc = scope.doc;
    let mut out = Vec::new();
    for q in scope.paragraph.quotes.iter().filter(|q| q.words >= 4) {
        let end = scope.paragraph.tokens.end;
        let Some(behind) = dash_behind(doc.text(), q.outer.end..scope.paragraph.bytes.end) else {
            continue;
        };
        // The dash may be glued to the quote's last word.
        let first =
            doc.tokens_in_bytes(behind.end..scope.paragraph.bytes.end.max(behind.end)).start;
        let dash = doc.token_at_byte(behind.start);
        let name = scope.trim(first.max(dash + 1)..end);
        let name = name.start
            ..name
                .clone()
                .find(|&t| matches!(doc.token_text(t), "," | "(" | "." | "\"" | "“"))
                .unwrap_or(name.end);
        let named = !name.is_empty()
            && name.len() <= NAME
            && name.clone().all(|t| {
                doc.pos(t) == "PROPN"
                    || doc.token_text(t).starts_with(char::is_uppercase)
                    || doc.is_space(t)
            });
        if named {
            let (source, head) = (Some(name.clone()), Some(name.end - 1));
            out.push(Attribution {
                source,
                source_head: head,
                ..Attribution::bare(
                    dash..dash + 1,
                    CueClass::Colon,
                    vec![q.outer.clone()],
                    "signed",
                )
            });
        }
    }
    out
}

/// The dash at the start of the bytes, after white space.
fn dash_behind(text: &str, bytes: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(bytes.clone())?;
    let trimmed = rest.trim_start();
    let dash = ["—", "―", "–", "--", "-"].into_iter().find(|d| trimmed.starts_with(d))?;
    let start = bytes.start + rest.len() - trimmed.len();
    Some(start..start + dash.len())
}

/// "She added:" at the end of a paragraph: the quotes of the next one, else all of it.
pub(super) fn intro(scope: &Scope, next: &Paragraph, here: &[Attribution]) -> Option<Attribution> {
    let doc = scope.doc;
    let last = scope.paragraph.tokens.clone().rev().find(|&t| !doc.is_space(t))?;
    if doc.token_text(last) != ":" {
        return None;
    }
    let speaks = |t: usize| {
        doc.tag(t).starts_with("VB") && cues::is_speaking(doc.lemma(t)) && !scope.in_long_quote(t)
    };
    let verb = (last.saturating_sub(10).max(scope.paragraph.tokens.start)..last)
        .rev()
        .find(|&t| speaks(t))?;
    if here.iter().any(|a| a.cue_head == verb) {
        return None;
    }
    let content = match next.quotes.first() {
        Some(q) if q.outer.start == next.bytes.start => {
            next.quotes.iter().map(|q| q.outer.clone()).collect()
        }
        _ => vec![next.bytes.clone()],
    };
    let subject = scope.subject(verb, 0)?;
    let class = cues::verb(doc.lemma(verb)).map_or(CueClass::Say, |(class, _)| class);
    Some(Attribution {
        source: Some(scope.noun_phrase(subject.token)),
        source_head: Some(subject.token),
        antecedent: subject.antecedent,
        inherited: subject.inherited,
        addressee: scope.addressee(verb),
        ..Attribution::bare(scope.cue(verb), class, content, "introduced")
    })
}
