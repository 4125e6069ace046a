//! The ranker: a linear model over hashed features that says which stretch a cue attributes, if any.
//!
//! For each cue the candidates and "nothing" (score 0) compete in a softmax; training maximises the log likelihood of the
//! candidates that agree with the gold content. File format: `CDCR`, format version (u8), bits (u8), scale (f32, little
//! endian), then 2^bits weights as i8 in units of the scale.

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

    /// The best candidate, and the log odds of all candidates together against nothing.
    pub(super) fn rank(
        &self,
        candidates: usize,
        features: impl Fn(usize, &mut Bag),
        bag: &mut Bag,
    ) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        let mut total = 0.0_f32;
        for at in 0..candidates {
            features(at, bag);
            let score = self.score(&bag.0);
            total += score.min(40.0).exp();
            if best.is_none_or(|(_, s)| score > s) {
                best = Some((at, score));
            }
        }
        best.map(|(at, _)| (at, total.ln()))
    }
}
