//! "Moscow supported the plan": a capital that acts or is dealt with stands for its government. The mention keeps the
//! id of the place, and a role says what it stands for.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::Role;

use crate::extract::lexicon::has;

/// What governments do, by lemma.
const ACTS: &str = "say accuse announce call demand deny insist warn urge reject refuse support back oppose want seek seek threaten agree \
    condemn impose lift offer vow pledge propose expel recall recognise recognize argue claim hope fear consider decide supply send \
    launch declare sign respond retaliate insist expect believe maintain conduct test";
/// What is had with governments.
const DEALINGS: &str = "relation relations tie ties talk talks negotiation negotiations policy policies sanction sanctions pressure concession \
    concessions dialogue deal agreement tension tensions war trade cooperation support";

/// The role of a mention of a capital, if it stands for the government.
pub(super) fn role(doc: &Doc, tokens: &Range<usize>, country: Option<&str>) -> Option<Role> {
    let head = tokens.clone().find(|&t| !tokens.contains(&doc.head(t)) || doc.head(t) == t)?;
    // "between Washington and Pyongyang": the conjuncts share what the first one does.
    let mut first = head;
    while doc.dep(first) == "conj" && doc.head(first) < first {
        first = doc.head(first);
    }
    let above = doc.head(first);
    let acts = doc.dep(first) == "nsubj" && has(ACTS, doc.lemma(above));
    let dealt = doc.dep(first) == "pobj"
        && has("with toward towards between against from", doc.lower(above))
        && has(DEALINGS, doc.lower(doc.head(above)));
    let owns = doc.dep(first) == "poss" && has(DEALINGS, doc.lower(above));
    if !acts && !dealt && !owns {
        return None;
    }
    let bytes = doc.bytes(tokens.clone());
    Some(Role {
        title: "government".to_owned(),
        of: country.map(str::to_owned),
        start: bytes.start,
        end: bytes.end,
    })
}
