//! From attributions to claims of the record.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Claim, ClaimForm, ClaimType, Cue, Party, Record, Span, claim_id};

use super::attribution::Attribution;
use super::meaning;
use super::paragraph::Paragraph;
use super::speaker::{Cast, Resolved};

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
        out.push(claim(doc, record, &paragraphs[*number], attribution, resolved, &cast, out.len()));
    }
    out
}

fn claim(
    doc: &Doc,
    record: &Record,
    paragraph: &Paragraph,
    a: &Attribution,
    resolved: Option<Resolved>,
    cast: &Cast,
    ordinal: usize,
) -> Claim {
    let content: Vec<Span> = a.content.iter().cloned().map(Span::from).collect();
    let quotes: Vec<Span> = quoted(paragraph, &a.content);
    let text = content.iter().filter_map(|s| s.slice(doc.text())).collect::<Vec<_>>().join(" ");
    let sense = meaning::of(doc, a);
    let ranked = a.margin.map_or_else(String::new, |m| format!(", ranked {m:+.2} over no claim"));
    let mut why = Vec::from([format!("content: {}{ranked}", a.rule)]);
    let mut confidence = a.confidence;
    if let Some(r) = &resolved {
        why.push(format!("speaker: {}", r.why));
        confidence *= 0.5 + 0.5 * r.speaker.confidence;
    } else {
        why.push("speaker: nobody is named".to_owned());
        confidence *= 0.7;
    }
    why.extend(a.via.iter().map(|v| format!("via: {}", doc.span_text(v.clone()))));
    Claim {
        id: claim_id(&record.id, ordinal),
        kind: if meaning::is_refusal(doc, a) { ClaimType::NoComment } else { ClaimType::Statement },
        form: form(doc, paragraph, &a.content),
        text,
        content,
        quotes,
        cue: cue(doc, a),
        speaker: resolved.map(|r| r.speaker),
        addressee: a.addressee.clone().map(|tokens| cast.party(tokens)),
        via: a.via.iter().cloned().map(|tokens| cast.party(tokens)).collect::<Vec<Party>>(),
        polarity: sense.polarity,
        modality: sense.modality,
        when: meaning::when(doc, record, paragraph, a),
        about: meaning::about(record, &a.content),
        check_worthiness: round(sense.check_worthiness),
        confidence: round(confidence.clamp(0.0, 1.0)),
        rule: a.rule.to_owned(),
        why: Some(why),
        group: None,
    }
}

fn round(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

fn cue(doc: &Doc, a: &Attribution) -> Option<Cue> {
    let bytes = doc.bytes(a.cue.clone());
    (!bytes.is_empty()).then(|| Cue {
        start: bytes.start,
        end: bytes.end,
        text: doc.span_text(a.cue.clone()).to_owned(),
        lemma: doc.lemma(a.cue_head).to_owned(),
        class: a.class,
    })
}

/// The quoted parts of the content, without their marks.
fn quoted(paragraph: &Paragraph, content: &[Range<usize>]) -> Vec<Span> {
    let mut out = Vec::new();
    for span in content {
        for quote in &paragraph.quotes {
            let part = Span::new(quote.inner.start.max(span.start), quote.inner.end.min(span.end));
            if !part.is_empty() {
                out.push(part);
            }
        }
    }
    out
}

/// Direct when at least nine tenths of the words are quoted, as PolNeAR's readers count it; mixed when any is.
fn form(doc: &Doc, paragraph: &Paragraph, content: &[Range<usize>]) -> ClaimForm {
    let (mut words, mut inside) = (0_usize, 0_usize);
    for span in content {
        for t in doc.tokens_in_bytes(span.clone()) {
            if doc.token_text(t).chars().any(char::is_alphanumeric) {
                words += 1;
                inside += usize::from(paragraph.in_quote(t, 0));
            }
        }
    }
    match inside {
        0 => ClaimForm::Indirect,
        n if n * 10 >= words * 9 => ClaimForm::Direct,
        _ => ClaimForm::Mixed,
    }
}
