//! How much a stretch of text is worth checking: numbers, dates, comparisons, named subjects and what happened.

use std::ops::Range;

use copydesk_nlp::Doc;

use crate::extract::lexicon::has;

const EVENTS: &str = "kill die injure wound arrest attack invade win lose rise fall increase decrease grow shrink drop climb double triple \
    halve cut raise sign vote elect resign appoint launch test fire strike seize capture destroy build sell buy spend cost earn pay \
    ban approve reject pass cancel deploy withdraw arrive visit meet sentence convict charge sue fine exceed reach employ import \
    export produce supply own hire lay close open found create collapse";
const COMPARES: &str = "more less fewer than most least majority minority percent largest smallest highest lowest record first never every \
    all half twice double";

/// 0 to 1. The weights follow the cues of the check-worthiness literature (`ClaimBuster`): a figure counts most.
pub(super) fn score(doc: &Doc, tokens: Range<usize>) -> f64 {
    let mut figure = false;
    let (mut date, mut named, mut compares, mut event, mut finite, mut opinion) =
        (false, false, false, false, false, false);
    for t in tokens.filter(|&t| t < doc.len()) {
        match doc.ent_type(t) {
            "PERCENT" | "MONEY" | "QUANTITY" | "CARDINAL" => figure = true,
            "DATE" | "TIME" => date = true,
            "ORDINAL" | "" => {}
            _ => named = true,
        }
        compares |=
            matches!(doc.tag(t), "JJR" | "JJS" | "RBR" | "RBS") || has(COMPARES, doc.lower(t));
        event |= doc.pos(t) == "VERB" && has(EVENTS, doc.lemma(t));
        finite |= matches!(doc.tag(t), "VBD" | "VBZ" | "VBP")
            || (doc.tag(t) == "VBN" && doc.pos(t) == "VERB");
        opinion |= has("think believe hope feel should wish want maybe perhaps", doc.lower(t));
    }
    if !finite {
        return 0.05;
    }
    let part = |on: bool, weight: f64| if on { weight } else { 0.0 };
    let sum = 0.1
        + part(figure, 0.35)
        + part(date, 0.1)
        + part(named, 0.15)
        + part(compares, 0.15)
        + part(event, 0.2)
        - part(opinion, 0.2);
    sum.clamp(0.0, 1.0)
}
