//! The ranker: a linear model over hashed features that says which stretch a cue attributes, if any.
//!
//! For each cue the candidates and "nothing" (score 0) compete in a softmax; training maximises the log likelihood of the
//! candidates that agree with the gold content. File format: `CDCR`, format version (u8), bits (u8), scale (f32, little
//! endian), then 2^bits weights as i8 in units of the scale.

use std::ops::Range;
use std::sync::OnceLock;

use super::features::{BITS, Bag};

/// Weights of the ranker.
#[derive(Debug)]
pub(super) struct Model {
    weights: Vec<i8>,
    scale: f32,
}

const MAGIC: &[u8; 4] = b"CDCR";
const VERSION: u8 = 1;
const HEADER: usize = 10;

impl Model {
    /// The weights that the program ships.
    pub(super) fn shipped() -> Option<&'static Self> {
        static SHIPPED: OnceLock<Option<Model>> = OnceLock::new();
        SHIPPED.get_or_init(|| Self::read(include_bytes!("claims.model"))).as_ref()
    }

    /// `None` when the bytes are no model of this version.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (header, weights) = bytes.split_at_checked(HEADER)?;
        let scale = f32::from_le_bytes(header.get(6..10)?.try_into().ok()?);
        let fits = header.starts_with(MAGIC)
            && header[4] == VERSION
            && u32::from(header[5]) == BITS
            && weights.len() == 1 << BITS;
        fits.then(|| Self { weights: weights.iter().map(|b| b.cast_signed()).collect(), scale })
    }

    /// The file for `weights`.
    pub(super) fn write(weights: &[f32]) -> Vec<u8> {
        let most = weights.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
        let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
        let mut out = MAGIC.to_vec();
        out.extend([VERSION, u8::try_from(BITS).unwrap_or(0)]);
        out.extend(scale.to_le_bytes());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within ±127 by the choice of the scale"
        )]
        out.extend(weights.iter().map(|w| ((w / scale).round() as i8).cast_unsigned()));
        out
    }

    fn score(&self, features: &[u32]) -> f32 {
        let sum: i32 = features
            .iter()
            .map(|&f| i32::from(self.weights.get(f as usize).copied().unwrap_or(0)))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a sum of some hundred small integers")]
        let sum = sum as f32;
        sum * self.scale
    }

    /// The score of each candidate.
    pub(super) fn scores(
        &self,
        candidates: usize,
        features: impl Fn(usize, &mut Bag),
        bag: &mut Bag,
    ) -> Vec<f32> {
        let score = |at: usize| {
            features(at, bag);
            self.score(&bag.0)
        };
        (0..candidates).map(score).collect()
    }
}

/// The candidate with the highest score, and the log odds of all together against nothing.
pub(super) fn likeliest(scores: &[f32]) -> Option<(usize, f32)> {
    let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
    Some((best, any(scores).ln()))
}

/// The sum of what the candidates weigh, where nothing weighs 1.
fn any(scores: &[f32]) -> f32 {
    scores.iter().map(|s| s.min(40.0).exp()).sum()
}

/// A candidate content and how much speaks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) at: usize,
    /// Probability that the candidate or one that agrees with it is right.
    pub(super) agreed: f32,
    /// Log odds of all candidates together against nothing.
    pub(super) any: f32,
}

impl Choice {
    /// Least probability of a content that is taken. F1 is highest where the least sure content is right half as often as F1.
    const LEAST: f32 = 0.4;

    pub(super) fn is_likely(&self) -> bool {
        self.agreed > Self::LEAST
    }

    /// `agreed` as log odds.
    pub(super) fn odds(&self) -> f32 {
        let p = self.agreed.clamp(1e-6, 1.0 - 1e-6);
        (p / (1.0 - p)).ln()
    }
}

/// Candidates that stand against each other; the others have too little to say.
const MOST: usize = 10;

/// The candidate that most of the probability agrees with, which need not be the likeliest: three candidates that differ by a
/// word or two outweigh a fourth. Two agree when they share four fifths of their tokens (F1).
pub(super) fn agreed<'a>(
    scores: &[f32],
    spans: impl Fn(usize) -> &'a [Range<usize>],
) -> Option<Choice> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let weighty = |at: &usize| scores[*at] > scores[order[0]] - 4.6;
    let top: Vec<usize> = order.iter().copied().take(MOST).filter(weighty).collect();
    let any = any(scores);
    let share = |at: usize| scores[at].min(40.0).exp() / (any + 1.0);
    let mass = |at: usize| {
        let agreeing = top.iter().filter(|&&other| agree(spans(at), spans(other)));
        agreeing.map(|&other| share(other)).sum::<f32>()
    };
    let mut best: Option<Choice> = None;
    for &at in &top {
        let agreed = mass(at);
        // Of equals the likelier, which stands first.
        if best.is_none_or(|b| agreed > b.agreed + 1e-6) {
            best = Some(Choice { at, agreed, any: any.ln() });
        }
    }
    best
}

fn agree(a: &[Range<usize>], b: &[Range<usize>]) -> bool {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x, y)));
    let both: usize =
        pairs.map(|(x, y)| x.end.min(y.end).saturating_sub(x.start.max(y.start))).sum();
    let length = |c: &[Range<usize>]| c.iter().map(Range::len).sum::<usize>();
    both * 10 >= 4 * (length(a) + length(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice() {
        let check = |candidates: &[(f32, Range<usize>)], expected: Option<(usize, f32)>| {
            let scores: Vec<f32> = candidates.iter().map(|(score, _)| *score).collect();
            let spans = |at: usize| std::slice::from_ref(&candidates[at].1);
            let found = agreed(&scores, spans).map(|c| (c.at, (c.agreed * 100.0).round()));
            assert_eq!(found, expected, "{candidates:?}");
        };
        check(&[], None);
        // e^3 of e^3 + 1 is 95 of 100.
        check(&[(3.0, 0..9)], Some((0, 95.0)));
        // Three that differ by a word outweigh the likeliest, and the likeliest of them speaks for them.
        let near = [(1.0, 0..5), (0.6, 10..20), (0.8, 10..21), (0.7, 10..19)];
        check(&near, Some((2, 62.0)));
        // Equal halves that share nothing: the first.
        check(&[(1.0, 0..5), (1.0, 5..10)], Some((0, 42.0)));
    }
}
