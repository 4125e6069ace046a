//! Whether an expression of time is of what is to come.

use copydesk_nlp::Doc;

use crate::extract::lexicon::has;

/// Which way a weekday, day or month without a year is to be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// News speaks of the past.
    Past,
    /// What is planned, or could be: a day that is near ahead, and none of the last ones.
    MayCome,
    ToCome,
}

/// The tense around an expression: by the verb above it, or by the word before it.
pub(super) fn of(doc: &Doc, token: usize) -> Tense {
    let sentence = doc.sent_of(token);
    let mut before = (sentence.start.max(token.saturating_sub(3))..token).map(|t| doc.lower(t));
    if before.any(|w| has("scheduled due set slated planned until upcoming coming expected", w)) {
        return Tense::MayCome;
    }
    let verb = doc.ancestors(token).find(|&a| doc.tag(a).starts_with("VB") || doc.tag(a) == "MD");
    let Some(verb) = verb.filter(|v| sentence.contains(v)) else { return Tense::Past };
    let aux = |list: &str| {
        doc.children(verb).any(|c| doc.dep(c).starts_with("aux") && has(list, doc.lower(c)))
    };
    if aux("will 'll ’ll shall") {
        return Tense::ToCome;
    }
    let future = match doc.tag(verb) {
        "VB" if aux("to") => {
            !has("manage fail try begin seem appear have", doc.lemma(doc.head(verb)))
                || doc.tag(doc.head(verb)) != "VBD"
        }
        "VB" => aux("would may might can could must should"),
        "VBZ" | "VBP" => !has(
            "say be have report show quote accord know think believe want mean",
            doc.lemma(verb),
        ),
        "VBG" => aux("is are 's ’s 're ’re am would may might could should"),
        "VBN" => aux("be") && aux("would may might can could must should to"),
        _ => false,
    };
    let planned = has("plan schedule slate", doc.lemma(verb));
    if future || planned { Tense::MayCome } else { Tense::Past }
}
