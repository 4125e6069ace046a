//! `Tok2Vec`: hash embeddings (and static vectors), a mixing layer and four windowed maxout layers with residuals.
//!
//! Sources: thinc `layers/hashembed.py`, `maxout.py`, `layernorm.py`, `expand_window.py`, `residual.py`;
//! spaCy `ml/models/tok2vec.py`.

use std::ops::Range;

use crate::config::EncoderConfig;
use crate::error::ModelError;
use crate::hash::embed_keys;
use crate::kernels::{PIECES, add, maxout_norm};
use crate::layers::Layers;
use crate::linalg::Affine;
use crate::mix_cache::{Key, MixCache, Place};
use crate::tokenizer::Token;
use crate::vectors::Vectors;

/// Rows that are encoded at once: a longer document goes in parts that overlap by [`HALO`]. What a layer makes of
/// them stays in the second-level cache.
pub(crate) const PART: usize = 512;
/// Rows of a window: the row before, the row itself, the row behind.
const WINDOW: usize = 3;
/// Zero rows before and after a document; also the reach of four layers with windows of one.
const HALO: usize = 4;

/// An attribute that is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Norm,
    Prefix,
    Suffix,
    Shape,
    Spacy,
    IsSpace,
}

impl Attribute {
    fn of(self, token: &Token) -> u64 {
        let lexeme = &token.lexeme;
        match self {
            Self::Norm => lexeme.ids[0],
            Self::Prefix => lexeme.ids[1],
            Self::Suffix => lexeme.ids[2],
            Self::Shape => lexeme.ids[3],
            Self::Spacy => u64::from(token.space),
            Self::IsSpace => u64::from(lexeme.is_space),
        }
    }
}

/// Maxout followed by layer norm. The weights are ordered by piece, so that the maximum is over whole rows.
#[derive(Debug)]
struct Layer {
    affine: Affine,
    width: usize,
    gain: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn read(layers: &Layers, number: usize) -> Result<Self, ModelError> {
        let (w, b) = (layers.array("maxout", number, "W")?, layers.array("maxout", number, "b")?);
        let (gain, bias) =
            (layers.array("layernorm", number, "G")?, layers.array("layernorm", number, "b")?);
        let bad = || layers.bad(&format!("maxout {number} has an odd shape"));
        let [width, PIECES, inputs] = *w.shape else { return Err(bad()) };
        if [gain.data.len(), bias.data.len()] != [width; 2]
            || b.data.len() != width * PIECES
            || inputs == 0
        {
            return Err(bad());
        }
        let (mut weights, mut offsets) = (Vec::with_capacity(w.data.len()), Vec::new());
        for piece in 0..PIECES {
            for output in 0..width {
                let row = output * PIECES + piece;
                weights.extend_from_slice(&w.data[row * inputs..(row + 1) * inputs]);
                offsets.push(b.data[row]);
            }
        }
        let affine = Affine::new(width * PIECES, inputs, weights, offsets).ok_or_else(bad)?;
        Ok(Self { affine, width, gain: gain.data.clone(), bias: bias.data.clone() })
    }

    /// Adds maxout and norm of the products in `pieces`, which have no bias yet, to the rows of `out`.
    fn finish(&self, pieces: &[f32], best: &mut Vec<f32>, out: &mut [f32]) {
        best.resize(self.width, 0.0);
        maxout_norm(pieces, self.affine.bias(), &self.gain, &self.bias, best, out);
    }

    /// What one row adds to the products of the windows that it is in: `[WINDOW · pieces, width]`, without bias, by
    /// its place in the window.
    fn by_place(&self) -> Option<Affine> {
        let (rows, width) = (self.affine.rows(), self.width);
        let mut weights = Vec::with_capacity(self.affine.weights().len());
        for place in 0..WINDOW {
            for row in self.affine.weights().chunks_exact(WINDOW * width) {
                weights.extend_from_slice(row.get(place * width..(place + 1) * width)?);
            }
        }
        Affine::new(WINDOW * rows, width, weights, Vec::new())
    }
}

/// One `Tok2Vec`.
#[derive(Debug)]
pub(crate) struct Encoder {
    attributes: Vec<Attribute>,
    tables: Vec<(Vec<f32>, usize, u32)>,
    /// Projection of static vectors.
    projection: Option<Affine>,
    mix: Layer,
    layers: Vec<Layer>,
    /// The first layer's weights by place in the window.
    first: Affine,
    width: usize,
}

/// What one thread keeps between documents.
#[derive(Debug, Default)]
pub(crate) struct EncoderScratch {
    known: MixCache,
    pieces: Vec<f32>,
    best: Vec<f32>,
    rows: Vec<f32>,
    input: Vec<f32>,
    /// What is computed for new words: mixed embeddings, their parts in windows, and both side by side.
    mixed: Vec<f32>,
    parts: Vec<f32>,
    new: Vec<f32>,
    /// Tokens whose words are new, with the number of the word.
    waiting: Vec<(usize, usize)>,
}

impl Encoder {
    pub(crate) fn read(layers: &Layers, config: &EncoderConfig) -> Result<Self, ModelError> {
        let tables = layers.arrays("hashembed", "E");
        let seeds = layers.seeds();
        if tables.len() != config.attributes.len() || seeds.len() != tables.len() {
            return Err(layers.bad("there is not one embedding table for each attribute"));
        }
        let mut read = Vec::new();
        for (table, seed) in tables.into_iter().zip(seeds) {
            let [rows, width] = *table.shape else {
                return Err(layers.bad("an embedding is no matrix"));
            };
            if rows == 0 || width != config.width {
                return Err(layers.bad("an embedding table has another width"));
            }
            read.push((table.data.clone(), rows, seed));
        }
        let projection = match layers.arrays("static_vectors", "W").first() {
            Some(w) => {
                let [rows, columns] = *w.shape else {
                    return Err(layers.bad("static_vectors is odd"));
                };
                let affine = Affine::new(rows, columns, w.data.clone(), Vec::new());
                Some(affine.ok_or_else(|| layers.bad("static_vectors is odd"))?)
            }
            None => None,
        };
        let mix = Layer::read(layers, 0)?;
        let depth = config.depth;
        let encode = (1..=depth).map(|n| Layer::read(layers, n)).collect::<Result<Vec<_>, _>>()?;
        let inputs = config.width * read.len() + projection.as_ref().map_or(0, Affine::rows);
        let fits = mix.affine.columns() == inputs
            && mix.width == config.width
            && encode
                .iter()
                .all(|l| l.width == config.width && l.affine.columns() == WINDOW * config.width);
        if !fits || depth != HALO || projection.is_some() != config.static_vectors {
            return Err(layers.bad("the layers do not fit one another"));
        }
        let first = encode.first().and_then(Layer::by_place);
        let first = first.ok_or_else(|| layers.bad("the layers do not fit one another"))?;
        Ok(Self {
            attributes: config.attributes.clone(),
            tables: read,
            projection,
            mix,
            layers: encode,
            first,
            width: config.width,
        })
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn vector_width(&self) -> Option<usize> {
        self.projection.as_ref().map(Affine::columns)
    }

    /// A row of `width` floats for each token of `part`, at most [`PART`] of them: that part is encoded with the rows
    /// around it that its result depends on.
    pub(crate) fn encode(
        &self,
        tokens: &[Token],
        part: Range<usize>,
        vectors: Option<&Vectors>,
        scratch: &mut EncoderScratch,
        out: &mut Vec<f32>,
    ) {
        let w = self.width;
        let (first, last) = (part.start.saturating_sub(HALO), (part.end + HALO).min(tokens.len()));
        // Rows beyond the document are the padding, which is zero before the first layer only.
        let (before, after) = (HALO + first - part.start, HALO + part.end - last);
        let n = before + (last - first) + after;
        // One more row at either end: the window of the outermost rows reaches into nothing.
        let mut rows = std::mem::take(&mut scratch.rows);
        rows.clear();
        rows.resize((n + 2) * w, 0.0);
        self.first_layer(&tokens[first..last], before, vectors, scratch, &mut rows);
        for layer in self.layers.iter().skip(1) {
            layer.affine.product(&rows, w, n, &mut scratch.pieces);
            layer.finish(&scratch.pieces, &mut scratch.best, &mut rows[w..(n + 1) * w]);
        }
        out.clear();
        out.extend_from_slice(&rows[(1 + HALO) * w..(1 + HALO + part.len()) * w]);
        scratch.rows = rows;
    }

    /// Fills `rows` with embeddings, behind one row and `before` rows of padding, and adds the first layer to them.
    fn first_layer(
        &self,
        tokens: &[Token],
        before: usize,
        vectors: Option<&Vectors>,
        scratch: &mut EncoderScratch,
        rows: &mut [f32],
    ) {
        let (w, size) = (self.width, self.first.rows() / WINDOW);
        let n = rows.len() / w - 2;
        let mut pieces = std::mem::take(&mut scratch.pieces);
        pieces.clear();
        pieces.resize(n * size, 0.0);
        // A word's row: its embedding, then what it adds to the window behind, its own, and the one before.
        let mut put = |at: usize, row: &[f32]| {
            let (mixed, parts) = row.split_at(w);
            rows[(1 + before + at) * w..(2 + before + at) * w].copy_from_slice(mixed);
            for (place, part) in parts.chunks_exact(size).enumerate() {
                // Row `before + at` is the first row of the next window, and the last of the one before.
                let window = (before + at + 1).checked_sub(place).filter(|window| *window < n);
                if let Some(window) = window {
                    add(&mut pieces[window * size..(window + 1) * size], part);
                }
            }
        };
        let spacy = self.attributes.contains(&Attribute::Spacy);
        scratch.waiting.clear();
        scratch.input.clear();
        for (at, token) in tokens.iter().enumerate() {
            let (place, new) = scratch.known.find(Key::of(token, self.projection.is_some(), spacy));
            if new {
                self.embed(token, vectors, &mut scratch.input, &mut scratch.mixed);
            }
            match place {
                Place::Slot(slot) => put(at, scratch.known.row(slot, w + WINDOW * size)),
                Place::New(number) => scratch.waiting.push((at, number)),
            }
        }
        self.mix_new(scratch);
        for &(at, number) in &scratch.waiting {
            let width = w + WINDOW * size;
            put(at, &scratch.new[number * width..(number + 1) * width]);
        }
        scratch.known.keep(&scratch.new, w + WINDOW * size);
        if let Some(layer) = self.layers.first() {
            layer.finish(&pieces, &mut scratch.best, &mut rows[w..(n + 1) * w]);
        }
        scratch.pieces = pieces;
    }

    /// Computes the rows of the new words, whose embeddings are in `scratch.input`, into `scratch.new`.
    fn mix_new(&self, scratch: &mut EncoderScratch) {
        let EncoderScratch { input, mixed, parts, pieces, best, new, .. } = scratch;
        let n = input.len() / self.mix.affine.columns();
        self.mix.affine.product(input, self.mix.affine.columns(), n, pieces);
        mixed.clear();
        mixed.resize(n * self.width, 0.0);
        self.mix.finish(pieces, best, mixed);
        self.first.product(mixed, self.width, n, parts);
        new.clear();
        let parts = parts.chunks_exact(self.first.rows());
        for (mixed, parts) in mixed.chunks_exact(self.width).zip(parts) {
            new.extend_from_slice(mixed);
            new.extend_from_slice(parts);
        }
    }

    /// Appends the concatenated embeddings of a token to `input`.
    fn embed(
        &self,
        token: &Token,
        vectors: Option<&Vectors>,
        input: &mut Vec<f32>,
        projected: &mut Vec<f32>,
    ) {
        for (attribute, (table, rows, seed)) in self.attributes.iter().zip(&self.tables) {
            let at = input.len();
            input.resize(at + self.width, 0.0);
            for key in embed_keys(attribute.of(token), *seed) {
                let row = key as usize % rows;
                add(&mut input[at..], &table[row * self.width..(row + 1) * self.width]);
            }
        }
        let Some(projection) = &self.projection else { return };
        match vectors.and_then(|v| v.get(token.lexeme.orth)) {
            Some(vector) => {
                projection.product(vector, vector.len(), 1, projected);
                input.extend_from_slice(projected);
            }
            None => input.resize(input.len() + projection.rows(), 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::files::Files;
    use crate::lexicon::Lexicon;

    impl Encoder {
        /// The definition, in plain loops: no parts, no cache, no blocks.
        fn encode_plain(&self, tokens: &[Token], vectors: Option<&Vectors>) -> Vec<f32> {
            let w = self.width;
            let mut rows = vec![vec![0.0; w]; HALO];
            for token in tokens {
                let mut input = Vec::new();
                self.embed(token, vectors, &mut input, &mut Vec::new());
                rows.push(self.mix.plain(&input));
            }
            rows.resize(tokens.len() + 2 * HALO, vec![0.0; w]);
            for layer in &self.layers {
                let nothing = vec![0.0; w];
                let at = |i: usize| rows.get(i).unwrap_or(&nothing);
                let window =
                    |i: usize| [at(i.wrapping_sub(1)).as_slice(), at(i), at(i + 1)].concat();
                let added: Vec<_> = (0..rows.len()).map(|i| layer.plain(&window(i))).collect();
                for (row, more) in rows.iter_mut().zip(added) {
                    row.iter_mut().zip(more).for_each(|(x, y)| *x += y);
                }
            }
            rows[HALO..HALO + tokens.len()].concat()
        }
    }

    impl Layer {
        fn plain(&self, input: &[f32]) -> Vec<f32> {
            let rows = self.affine.weights().chunks_exact(input.len()).zip(self.affine.bias());
            let pieces: Vec<f32> = rows
                .map(|(row, b)| row.iter().zip(input).map(|(w, x)| w * x).sum::<f32>() + b)
                .collect();
            let best =
                |j: usize| (0..PIECES).map(|p| pieces[p * self.width + j]).fold(f32::MIN, f32::max);
            let best: Vec<f32> = (0..self.width).map(best).collect();
            let mean = best.iter().sum::<f32>() / self.width as f32;
            let variance = best.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / self.width as f32;
            let norm = best.iter().map(|x| (x - mean) / (variance + 1e-8).sqrt());
            norm.zip(&self.gain).zip(&self.bias).map(|((x, g), b)| x * g + b).collect()
        }
    }

    #[test]
    fn the_fast_encoder_agrees_with_the_plain_one() {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny");
        let files = Files::open(&tiny).unwrap();
        let config = Config::read(&files.need("config.cfg").unwrap()).unwrap();
        let vectors = Vectors::read(&files).unwrap();
        for component in ["tok2vec", "ner"] {
            let wanted = config.encoder(component).unwrap().unwrap();
            let encoder =
                Encoder::read(&Layers::read(&files, component).unwrap(), &wanted).unwrap();
            let (mut scratch, mut out) = (EncoderScratch::default(), Vec::new());
            // Words recur within a part, in the next part and in the next document; more of them than the cache holds.
            for n in [0, 1, 2, 5, PART - 1, PART, PART + 1, 3 * PART + 7, 20] {
                let word = |i: usize| {
                    if i.is_multiple_of(3) { "Ada".into() } else { format!("w{}", i * i % 2503) }
                };
                let lexeme = |i: usize| Lexicon::default().lexeme(&word(i), None);
                let tokens: Vec<Token> =
                    (0..n).map(|i| Token { lexeme: lexeme(i), space: i % 5 < 3 }).collect();
                let mut fast = Vec::new();
                for start in (0..n).step_by(PART) {
                    let part = start..(start + PART).min(n);
                    encoder.encode(&tokens, part, vectors.as_ref(), &mut scratch, &mut out);
                    fast.extend_from_slice(&out);
                }
                let plain = encoder.encode_plain(&tokens, vectors.as_ref());
                assert_eq!(fast.len(), plain.len());
                let furthest =
                    fast.iter().zip(&plain).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(furthest < 1e-4, "{component}, {n} tokens: {furthest}");
            }
        }
    }
}
