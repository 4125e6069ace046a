//! The scorer that parser and entity recogniser share, and their tables of moves.
//!
//! Sources: spaCy `ml/_precomputable_affine.py`, `ml/parser_model.pyx`, `pipeline/transition_parser.pyx`.

use std::collections::VecDeque;
use std::ops::Range;

use crate::encoder::PART;
use crate::error::ModelError;
use crate::files::Files;
use crate::kernels::hidden;
use crate::layers::Layers;
use crate::linalg::{Affine, Upper};
use crate::value::Value;

/// Blocks of [`PART`] tokens that are kept, or as many as one state needs at once if that is more. A longer document
/// computes a block anew when it comes back to it. With 8 features of 128 floats a block takes 2 MB.
const KEPT_BLOCKS: usize = 4;
/// Feature tokens of a state, at most.
const MOST_FEATURES: usize = 8;
/// Pieces of the maxout.
const PIECES: usize = 2;

/// An action and its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) action: u8,
    pub(crate) label: String,
}

/// Reads `<component>/moves` in class order: actions ascending, then by frequency and label, descending.
pub(crate) fn read_moves(files: &Files, component: &str) -> Result<Vec<Move>, ModelError> {
    let file = format!("{component}/moves");
    let bad = |what: String| ModelError::malformed(&file, what);
    let data = files.need(&file)?;
    let value = Value::read(&data).map_err(bad)?;
    let table =
        value.get("moves").and_then(Value::as_str).ok_or_else(|| bad("it has no moves".into()))?;
    let table: std::collections::BTreeMap<String, std::collections::BTreeMap<String, i64>> =
        serde_json::from_str(table).map_err(|e| bad(e.to_string()))?;
    let mut moves = Vec::new();
    for (action, labels) in table {
        let action: u8 = action.parse().map_err(|_| bad(format!("{action:?} is no action")))?;
        moves.extend(labels.into_iter().map(|(label, frequency)| (action, frequency, label)));
    }
    moves.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| (b.1, &b.2).cmp(&(a.1, &a.2))));
    Ok(moves.into_iter().map(|(action, _, label)| Move { action, label }).collect())
}

/// Lower (precomputed) and upper layer of a transition model.
#[derive(Debug)]
pub(crate) struct Scorer {
    reduce: Affine,
    /// All features' weights, `[features · hidden · pieces, width]`, pieces apart.
    lower: Affine,
    features: usize,
    hidden: usize,
    pad: Vec<f32>,
    bias: Vec<f32>,
    upper: Upper,
}

impl Scorer {
    pub(crate) fn read(
        layers: &Layers,
        features: usize,
        classes: usize,
        width: usize,
    ) -> Result<Self, ModelError> {
        // In the list of nodes, `linear` number 1 is the upper layer and number 2 the reduction.
        let (upper, reduce) = (layers.affine("linear", 0)?, layers.affine("linear", 1)?);
        let name = "precomputable_affine";
        let array = |param| layers.array(name, 0, param);
        let (w, b, pad) = (array("W")?, array("b")?, array("pad")?);
        let bad = || layers.bad("the sizes of the transition model do not fit");
        let [f, hidden, PIECES, inputs] = *w.shape else { return Err(bad()) };
        let size = hidden * PIECES;
        let fits = f == features
            && reduce.columns() == width
            && reduce.rows() == inputs
            && (upper.rows(), upper.columns()) == (classes, hidden)
            && b.data.len() == size
            && pad.data.len() == f * size;
        if !fits || size == 0 {
            return Err(bad());
        }
        // From [f, hidden, piece] to [f, piece, hidden], so that the maximum is over halves of a row.
        let order = |f: usize, piece: usize, h: usize| (f * hidden + h) * PIECES + piece;
        let (mut weights, mut padding, mut bias) =
            (Vec::with_capacity(w.data.len()), Vec::new(), Vec::new());
        for f in 0..features {
            for piece in 0..PIECES {
                for h in 0..hidden {
                    let row = order(f, piece, h);
                    weights.extend_from_slice(&w.data[row * inputs..(row + 1) * inputs]);
                    padding.push(pad.data[row]);
                }
            }
        }
        for piece in 0..PIECES {
            bias.extend((0..hidden).map(|h| b.data[h * PIECES + piece]));
        }
        let lower = Affine::new(features * size, inputs, weights, Vec::new()).ok_or_else(bad)?;
        Ok(Self { reduce, lower, features, hidden, pad: padding, bias, upper: Upper::new(&upper) })
    }

    /// Begins a document of so many tokens.
    pub(crate) fn begin(tokens: usize, scratch: &mut ScorerScratch) {
        scratch.tokens = tokens;
        scratch.blocks.resize_with(tokens.div_ceil(PART), || None);
    }

    /// Scores of all classes for a state with these feature tokens (`None`: absent). `rows` encodes what is needed.
    pub(crate) fn score(
        &self,
        features: &[Option<usize>],
        rows: &mut Rows,
        scratch: &mut ScorerScratch,
    ) {
        let size = self.hidden * PIECES;
        let missing = |scratch: &ScorerScratch| {
            let mut blocks = features.iter().flatten().map(|token| token / PART);
            blocks.find(|block| scratch.blocks[*block].is_none())
        };
        while let Some(block) = missing(scratch) {
            self.make_block(block, features, rows, scratch);
        }
        let mut sums: [&[f32]; MOST_FEATURES] = [&[]; MOST_FEATURES];
        for (f, (token, row)) in features.iter().zip(&mut sums).enumerate() {
            *row = match *token {
                None => &self.pad[f * size..(f + 1) * size],
                Some(token) => {
                    let block = scratch.blocks[token / PART].as_deref().unwrap_or_default();
                    let at = (token % PART * self.features + f) * size;
                    &block[at..at + size]
                }
            };
        }
        scratch.sum.resize(size, 0.0);
        scratch.hidden.resize(self.hidden, 0.0);
        let sums = &sums[..features.len()];
        hidden(sums, &self.bias, &mut scratch.sum, &mut scratch.hidden);
        self.upper.apply(&scratch.hidden, &mut scratch.scores);
    }

    /// Computes a block; if enough are kept, the oldest that the features do not need makes room.
    fn make_block(
        &self,
        block: usize,
        features: &[Option<usize>],
        rows: &mut Rows,
        scratch: &mut ScorerScratch,
    ) {
        let needed = |block: usize| features.iter().flatten().any(|token| token / PART == block);
        while scratch.live.len() >= KEPT_BLOCKS
            && let Some(at) = scratch.live.iter().position(|live| !needed(*live))
        {
            let oldest = scratch.live.remove(at);
            scratch.spare.extend(oldest.and_then(|oldest| scratch.blocks[oldest].take()));
        }
        let mut room = scratch.spare.pop().unwrap_or_default();
        let part = block * PART..((block + 1) * PART).min(scratch.tokens);
        let n = part.len();
        rows(part, &mut scratch.rows);
        self.reduce.apply(&scratch.rows, n, &mut scratch.reduced);
        self.lower.product(&scratch.reduced, self.lower.columns(), n, &mut room);
        scratch.blocks[block] = Some(room);
        scratch.live.push_back(block);
    }
}

/// Gives the encoder's rows for a range of tokens, one part of the document at a time.
pub(crate) type Rows<'a> = dyn FnMut(Range<usize>, &mut Vec<f32>) + 'a;

/// What one thread keeps between documents.
#[derive(Debug, Default)]
pub(crate) struct ScorerScratch {
    tokens: usize,
    rows: Vec<f32>,
    reduced: Vec<f32>,
    blocks: Vec<Option<Vec<f32>>>,
    live: VecDeque<usize>,
    spare: Vec<Vec<f32>>,
    sum: Vec<f32>,
    hidden: Vec<f32>,
    /// Scores of the last state.
    pub(crate) scores: Vec<f32>,
}

impl ScorerScratch {
    /// Ends a document. The room of its blocks is kept for the next one: given back to the allocator, it would be cut
    /// up by small things, and every long document would take anew.
    pub(crate) fn end(&mut self) {
        self.spare.extend(self.blocks.iter_mut().filter_map(Option::take));
        self.blocks.clear();
        self.blocks.shrink_to(64);
        self.live.clear();
    }

    /// The first best class among those that `valid` admits.
    pub(crate) fn best(&self, moves: &[Move], valid: impl Fn(&Move) -> bool) -> Option<usize> {
        let mut best = None;
        for (class, (m, score)) in moves.iter().zip(&self.scores).enumerate() {
            if best.is_none_or(|b: usize| *score > self.scores[b]) && valid(m) {
                best = Some(class);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::parser::FEATURES;

    /// Whatever blocks a document's states have left behind, a state scores as it does in a document of its own.
    #[test]
    fn a_score_depends_on_its_own_features_alone() {
        const BLOCKS: usize = 12;
        const WIDTH: usize = 8;
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny");
        let files = Files::open(&tiny).unwrap();
        let classes = read_moves(&files, "parser").unwrap().len();
        let layers = Layers::read(&files, "parser").unwrap();
        let scorer = Scorer::read(&layers, FEATURES, classes, WIDTH).unwrap();
        let mut rows = |part: Range<usize>, out: &mut Vec<f32>| {
            out.clear();
            for token in part {
                out.extend((0..WIDTH).map(|i| ((token * 31 + i * 7) % 101) as f32 / 50.0 - 1.0));
            }
        };
        let mut used = ScorerScratch::default();
        Scorer::begin(BLOCKS * PART, &mut used);
        let mut random = 7_usize;
        for state in 0..60 {
            let features: [Option<usize>; FEATURES] = std::array::from_fn(|f| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // Now all in blocks of their own, now in two of them.
                let block = if state % 3 == 0 {
                    (f + state) % BLOCKS
                } else {
                    (state / 4 + f % 2) % BLOCKS
                };
                (random >> 40 & 7 != 0).then_some(block * PART + (random >> 33) % PART)
            });
            let mut fresh = ScorerScratch::default();
            Scorer::begin(BLOCKS * PART, &mut fresh);
            scorer.score(&features, &mut rows, &mut fresh);
            let before = used.live.clone();
            scorer.score(&features, &mut rows, &mut used);
            assert_eq!(fresh.scores, used.scores, "state {state}");
            let needed: BTreeSet<usize> = features.iter().flatten().map(|t| t / PART).collect();
            let made = used.live != before;
            assert!(!made || used.live.len() <= needed.len().max(KEPT_BLOCKS), "state {state}");
            assert_eq!(used.live.len(), used.blocks.iter().flatten().count());
        }
    }
}
