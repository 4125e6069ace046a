//! What an encoder knows of words that it met before.
//!
//! The mixed embedding of a word, and what it adds to the windows of the first layer, depend on the word alone and not
//! on its place. News repeats its words: five in six need no product before the second layer.

use crate::tokenizer::Token;

/// Words that are remembered, a power of two: 2,048 of 96 + 3 · 288 floats take 8 MB.
const SLOTS: usize = 2048;

/// All that the mixed embedding depends on: ids of NORM, PREFIX, SUFFIX and SHAPE, id of the text, flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u64; 6]);

impl Key {
    /// `vectors`: the text has a vector of its own. `spacy`: the space behind the token counts.
    pub(crate) fn of(token: &Token, vectors: bool, spacy: bool) -> Self {
        let [norm, prefix, suffix, shape] = token.lexeme.ids;
        let orth = if vectors { token.lexeme.orth } else { 0 };
        let flags = u64::from(spacy && token.space) | u64::from(token.lexeme.is_space) << 1;
        Self([norm, prefix, suffix, shape, orth, flags])
    }

    fn slot(self) -> usize {
        let mixed = self
            .0
            .iter()
            .fold(0u64, |h, v| (h ^ v).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29));
        usize::try_from(mixed % SLOTS as u64).unwrap_or(0)
    }
}

/// Where the row of a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this slot.
    Slot(usize),
    /// Among the rows that are about to be computed, under this number.
    New(usize),
}

/// One row of floats for each of the latest words. A new word takes the slot of another.
#[derive(Debug, Default)]
pub(crate) struct MixCache {
    keys: Vec<Option<(Key, Place)>>,
    rows: Vec<f32>,
    /// Slots of the rows that are about to be computed, by their number.
    wanted: Vec<usize>,
}

impl MixCache {
    /// Finds the word, or promises its row; the second value says which: a new one is to be computed.
    pub(crate) fn find(&mut self, key: Key) -> (Place, bool) {
        if self.keys.is_empty() {
            self.keys.resize(SLOTS, None);
        }
        let slot = key.slot();
        match self.keys[slot] {
            Some((known, place)) if known == key => (place, false),
            _ => {
                let place = Place::New(self.wanted.len());
                self.keys[slot] = Some((key, place));
                self.wanted.push(slot);
                (place, true)
            }
        }
    }

    /// The row in a slot, of `width` floats.
    pub(crate) fn row(&self, slot: usize, width: usize) -> &[f32] {
        &self.rows[slot * width..(slot + 1) * width]
    }

    /// Takes the rows that were promised, of `width` floats each.
    pub(crate) fn keep(&mut self, new: &[f32], width: usize) {
        self.rows.resize(SLOTS * width, 0.0);
        for (number, (row, slot)) in new.chunks_exact(width).zip(self.wanted.drain(..)).enumerate()
        {
            // A later word may have taken the slot.
            let place = self.keys[slot].as_mut().map(|(_, place)| place);
            if let Some(place) = place.filter(|p| **p == Place::New(number)) {
                *place = Place::Slot(slot);
                self.rows[slot * width..(slot + 1) * width].copy_from_slice(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Key {
        Key([n, 0, 0, 0, 0, 0])
    }

    #[test]
    fn a_word_is_computed_once() {
        let mut cache = MixCache::default();
        assert_eq!(cache.find(key(1)), (Place::New(0), true));
        assert_eq!(cache.find(key(2)), (Place::New(1), true));
        assert_eq!(cache.find(key(1)), (Place::New(0), false), "its row is promised");
        cache.keep(&[1.0, 1.5, 2.0, 2.5], 2);
        let (Place::Slot(slot), false) = cache.find(key(2)) else { panic!("it is known") };
        assert_eq!(cache.row(slot, 2), [2.0, 2.5]);
    }

    #[test]
    fn of_two_words_in_one_slot_the_later_stays() {
        let other = (2..1_000_000).map(key).find(|k| k.slot() == key(1).slot()).unwrap();
        let mut cache = MixCache::default();
        assert_eq!(cache.find(key(1)), (Place::New(0), true));
        assert_eq!(cache.find(other), (Place::New(1), true));
        cache.keep(&[1.0, 2.0], 1);
        let (Place::Slot(slot), false) = cache.find(other) else { panic!("it is known") };
        assert_eq!(cache.row(slot, 1), [2.0]);
        assert_eq!(cache.find(key(1)), (Place::New(0), true), "the earlier is forgotten");
    }
}
