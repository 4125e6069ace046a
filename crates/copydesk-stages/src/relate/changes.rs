//! What a revision changed in the claims of the version before.

use copydesk_types::{ArticleId, Changes, Record, Reworded, claim_id};

use super::claim_features::ClaimFeatures;

/// Words that two wordings of one claim share, over the fewer words of the two.
const SHARED: f64 = 0.5;

/// Compares the statements of two versions: equal words are the same claim; like words of one speaker are reworded.
pub(super) fn between(
    since: &ArticleId,
    before: &[ClaimFeatures],
    record: &Record,
    now: &[ClaimFeatures],
) -> Changes {
    let mut left: Vec<&ClaimFeatures> = before.iter().collect();
    let mut open: Vec<&ClaimFeatures> = Vec::new();
    for claim in now {
        match left.iter().position(|b| b.words == claim.words && b.speaker == claim.speaker) {
            Some(at) => _ = left.remove(at),
            None => open.push(claim),
        }
    }
    let name =
        |article: &ArticleId, claim: &ClaimFeatures| claim_id(article, usize::from(claim.ordinal));
    let mut changes =
        Changes { since: since.clone(), added: vec![], dropped: vec![], reworded: vec![] };
    for claim in open {
        let likeness =
            left.iter().map(|b| likeness(b, claim)).enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        match likeness.filter(|(_, likeness)| *likeness >= SHARED) {
            Some((at, _)) => {
                let was = name(since, left.remove(at));
                changes.reworded.push(Reworded { claim: name(&record.id, claim), was });
            }
            None => changes.added.push(name(&record.id, claim)),
        }
    }
    changes.dropped = left.into_iter().map(|claim| name(since, claim)).collect();
    changes
}

fn likeness(a: &ClaimFeatures, b: &ClaimFeatures) -> f64 {
    if a.speaker != b.speaker {
        return 0.0;
    }
    let shared = a.stems.iter().filter(|s| b.stems.binary_search(s).is_ok()).count();
    shared as f64 / a.stems.len().min(b.stems.len()).max(1) as f64
}
