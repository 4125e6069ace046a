//! From attributions to claims of the record.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Claim, ClaimForm, ClaimType, Cue, Record, Span, claim_id};

use super::attribution::Attribution;
use super::meaning;
use super::paragraph::Paragraph;
use super::scope::Scope;
use super::speaker::{Cast, Resolved};
use super::via;

/// The paragraph that the byte lies in.
fn paragraph_at(paragraphs: &[Paragraph], byte: usize) -> Option<&Paragraph> {
    let at = paragraphs.partition_point(|p| p.bytes.end <= byte);
    paragraphs.get(at).filter(|p| p.bytes.contains(&byte))
}

/// One claim for each attribution; `found` is in text order.
pub(super) fn claims(
    doc: &Doc,
    record: &Record,
    paragraphs: &[Paragraph],
    found: &[(usize, Attribution)],
) -> Vec<Claim> {
    let mut cast = Cast::new(doc, record, paragraphs);
    let mut out = Vec::with_capacity(found.len());
    for (number, attribution) in found {
        let resolved = cast.speaker(*number, attribution);
        // A quote that stands alone behind nobody's words may as well be a picture's text.
        if attribution.rule == "floating" && resolved.is_none() {
            continue;
        }
        out.push(claim(&cast, *number, attribution, resolved, out.len()));
    }
    out
}

fn claim(
    cast: &Cast,
    number: usize,
    a: &Attribution,
    resolved: Option<Resolved>,
    ordinal: usize,
) -> Claim {
    let Cast { doc, record, paragraphs, .. } = *cast;
    let spans = joined(&a.content);
    let content: Vec<Span> = spans.iter().cloned().map(Span::from).collect();
    let text = content.iter().filter_map(|s| s.slice(doc.text())).collect::<Vec<_>>().join(" ");
    let sense = meaning::of(doc, a);
    let confidence = match &resolved {
        Some(r) => a.confidence * (0.5 + 0.5 * r.speaker.confidence),
        None if a.rule == "assertion" => a.confidence,
        None => a.confidence * 0.7,
    };
    Claim {
        id: claim_id(&record.id, ordinal),
        kind: kind(a),
        form: form(doc, paragraphs, &spans),
        text,
        content,
        quotes: quoted(paragraphs, &spans),
        cue: cue(&Scope { doc, paragraph: &paragraphs[number] }, a),
        why: Some(why(doc, a, resolved.as_ref())),
        speaker: resolved.map(|r| r.speaker),
        addressee: a.addressee.clone().map(|tokens| cast.party(tokens)),
        via: carriers(doc, a).map(|tokens| cast.party(tokens)).collect(),
        polarity: sense.polarity,
        modality: sense.modality,
        when: meaning::when(doc, record, &paragraphs[number], a),
        about: meaning::about(record, &spans),
        check_worthiness: round(sense.check_worthiness),
        confidence: round(confidence.clamp(0.0, 1.0)),
        rule: a.rule.to_owned(),
        group: None,
    }
}

fn kind(a: &Attribution) -> ClaimType {
    match a.rule {
        "refusal" => ClaimType::NoComment,
        "assertion" => ClaimType::Assertion,
        _ => ClaimType::Statement,
    }
}

/// In order, overlapping parts joined.
fn joined(content: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut parts = content.to_vec();
    parts.sort_by_key(|p| (p.start, p.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(parts.len());
    for part in parts {
        match out.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => out.push(part),
        }
    }
    out
}

/// Who carried it: named carriers, a medium that was told, and a medium that is the only source.
fn carriers<'a>(doc: &'a Doc, a: &'a Attribution) -> impl Iterator<Item = Range<usize>> + 'a {
    let medium = |tokens: &&Range<usize>| via::is_medium(doc, (*tokens).clone());
    let told = a.addressee.iter().filter(medium);
    let alone = a.source.iter().filter(medium).filter(|_| a.via.is_empty());
    let other =
        |v: &&Range<usize>| a.source.as_ref().is_none_or(|s| v.end <= s.start || s.end <= v.start);
    a.via.iter().filter(other).chain(told).chain(alone).cloned()
}

/// Which rule or score gave content, speaker and carriers.
fn why(doc: &Doc, a: &Attribution, resolved: Option<&Resolved>) -> Vec<String> {
    let ranked = a.margin.map_or_else(String::new, |m| format!(", log odds {m:+.2}"));
    let speaker = resolved.map_or("nobody is named", |r| &r.why);
    let mut out = vec![format!("content: {}{ranked}", a.rule), format!("speaker: {speaker}")];
    out.extend(carriers(doc, a).map(|v| format!("via: {:?}", doc.span_text(v))));
    out
}

fn round(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

fn cue(scope: &Scope, a: &Attribution) -> Option<Cue> {
    let doc = scope.doc;
    let mut bytes = doc.bytes(a.cue.clone());
    // A dash that is glued to the last word of the quote.
    let glued = |c: &&Range<usize>| c.start <= bytes.start && bytes.contains(&c.end);
    if let Some(c) = a.content.iter().find(glued).filter(|c| c.end > bytes.start) {
        bytes.start = c.end;
    }
    let text = doc.text().get(bytes.clone()).filter(|t| !t.is_empty())?;
    Some(Cue {
        start: bytes.start,
        end: bytes.end,
        text: text.to_owned(),
        lemma: scope.cue_lemma(a.cue_head).to_owned(),
        class: a.class,
    })
}

/// The quoted parts of the content, without their marks.
fn quoted(paragraphs: &[Paragraph], content: &[Range<usize>]) -> Vec<Span> {
    let mut out = Vec::new();
    for span in content {
        let here = paragraph_at(paragraphs, span.start);
        for quote in here.map(|p| &p.quotes[..]).unwrap_or_default() {
            let part = Span::new(quote.inner.start.max(span.start), quote.inner.end.min(span.end));
            if !part.is_empty() {
                out.push(part);
            }
        }
    }
    out
}

/// Direct when at least nine tenths of the words are quoted, as PolNeAR's readers count it; mixed when any is.
fn form(doc: &Doc, paragraphs: &[Paragraph], content: &[Range<usize>]) -> ClaimForm {
    let (mut words, mut inside) = (0_usize, 0_usize);
    for span in content {
        let here = paragraph_at(paragraphs, span.start);
        for t in doc.tokens_in_bytes(span.clone()) {
            if doc.token_text(t).chars().any(char::is_alphanumeric) {
                words += 1;
                inside += usize::from(here.is_some_and(|p| p.in_quote(t, 0)));
            }
        }
    }
    match inside {
        0 => ClaimForm::Indirect,
        n if n * 10 >= words * 9 => ClaimForm::Direct,
        _ => ClaimForm::Mixed,
    }
}
