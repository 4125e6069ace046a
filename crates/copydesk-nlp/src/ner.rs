//! The entity recogniser (`spacy/pipeline/_parser_internals/ner.pyx`): BILUO actions, one token each.

use crate::error::ModelError;
use crate::transition::{Move, Rows, Scorer, ScorerScratch};

const BEGIN: u8 = 1;
const IN: u8 = 2;
const LAST: u8 = 3;
const UNIT: u8 = 4;
const OUT: u8 = 5;
/// Feature tokens of a state.
pub(crate) const FEATURES: usize = 3;

/// An entity: tokens `[start, end)` and an index into [`Ner::labels`].
pub(crate) type Found = (usize, usize, u16);

/// The moves of a model with their labels.
#[derive(Debug)]
pub(crate) struct Ner {
    pub(crate) scorer: Scorer,
    moves: Vec<Move>,
    pub(crate) labels: Vec<String>,
}

impl Ner {
    pub(crate) fn new(scorer: Scorer, moves: Vec<Move>) -> Result<Self, ModelError> {
        let bad = |what: &str| ModelError::malformed("ner/moves", what);
        if moves.iter().any(|m| !(BEGIN..=OUT).contains(&m.action)) {
            return Err(bad("an action is unknown"));
        }
        let has =
            |action, label: &str| moves.iter().any(|m| m.action == action && m.label == label);
        // With OUT, and a LAST for each BEGIN, some action is valid in every state.
        let closed = moves.iter().all(|m| m.action != BEGIN || has(LAST, &m.label));
        if !has(OUT, "") || !closed {
            return Err(bad("OUT is missing, or a label can begin and not end"));
        }
        let mut labels: Vec<String> = moves.iter().map(|m| m.label.clone()).collect();
        labels.sort();
        labels.dedup();
        Ok(Self { scorer, moves, labels })
    }

    /// Entities of a document of `spaces.len()` tokens; `rows` encodes them.
    pub(crate) fn find(
        &self,
        rows: &mut Rows,
        sent_starts: &[bool],
        spaces: &[bool],
        scratch: &mut ScorerScratch,
    ) -> Vec<Found> {
        let n = spaces.len();
        Scorer::begin(n, scratch);
        let mut open: Option<(usize, &str)> = None;
        let mut found = Vec::new();
        for i in 0..n {
            let inside = open.map(|(start, _)| start);
            let features = [Some(i), inside, inside.and(i.checked_sub(1))];
            self.scorer.score(&features, rows, scratch);
            let goes_on = i + 1 < n && !sent_starts[i + 1];
            let best = scratch.best(&self.moves, |m| {
                let same = open.is_some_and(|(_, label)| label == m.label);
                match m.action {
                    BEGIN => open.is_none() && goes_on && !m.label.is_empty() && !spaces[i],
                    IN => same && goes_on,
                    LAST => same,
                    UNIT => open.is_none() && !m.label.is_empty() && !spaces[i],
                    _ => open.is_none(),
                }
            });
            let Some(m) = best.map(|b| &self.moves[b]) else { break };
            match (m.action, open) {
                (BEGIN, _) => open = Some((i, &m.label)),
                (LAST, Some((start, _))) => {
                    found.push((start, i + 1, self.label(&m.label)));
                    open = None;
                }
                (UNIT, _) => found.push((i, i + 1, self.label(&m.label))),
                _ => {}
            }
        }
        scratch.end();
        found
    }

    fn label(&self, label: &str) -> u16 {
        let at = self.labels.binary_search_by(|l| l.as_str().cmp(label)).unwrap_or(0);
        u16::try_from(at).unwrap_or(0)
    }
}
