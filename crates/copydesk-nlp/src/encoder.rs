//! `Tok2Vec`: hash embeddings (and static vectors), a mixing layer and four windowed maxout layers with residuals.
//!
//! Sources: thinc `layers/hashembed.py`, `maxout.py`, `layernorm.py`, `expand_window.py`, `residual.py`;
//! spaCy `ml/models/tok2vec.py`.

use std::collections::HashMap;

use crate::config::EncoderConfig;
use crate::error::ModelError;
use crate::hash::embed_keys;
use crate::layers::Layers;
use crate::linalg::{Affine, add, layer_norm};
use crate::tokenizer::Token;
use crate::vectors::Vectors;

/// Pieces of every maxout layer.
const PIECES: usize = 3;
/// Rows that are encoded at once: a longer document goes in parts that overlap by [`HALO`].
const PART: usize = 1024;
/// Zero rows before and after a document; also the reach of four layers with windows of one.
const HALO: usize = 4;
/// Embeddings that are remembered: 20,000 rows of 96 floats take 8 MB.
const REMEMBERED: usize = 20_000;

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

    /// `out[n, width]` of `n` rows of `x` that start `stride` apart.
    fn apply(&self, x: &[f32], stride: usize, n: usize, pieces: &mut Vec<f32>, out: &mut Vec<f32>) {
        self.affine.apply(x, stride, n, pieces);
        out.clear();
        for row in pieces.chunks_exact(self.width * PIECES) {
            let (first, rest) = row.split_at(self.width);
            let (second, third) = rest.split_at(self.width);
            out.extend(first.iter().zip(second).zip(third).map(|((a, b), c)| a.max(*b).max(*c)));
        }
        layer_norm(out, self.width, &self.gain, &self.bias);
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
    width: usize,
}

/// What one thread keeps between documents.
#[derive(Debug, Default)]
pub(crate) struct EncoderScratch {
    known: HashMap<(Vec<u64>, u64), usize>,
    mixed: Vec<f32>,
    pieces: Vec<f32>,
    layer: Vec<f32>,
    rows: Vec<f32>,
    input: Vec<f32>,
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
                .all(|l| l.width == config.width && l.affine.columns() == 3 * config.width);
        if !fits || depth != HALO || projection.is_some() != config.static_vectors {
            return Err(layers.bad("the layers do not fit one another"));
        }
        Ok(Self {
            attributes: config.attributes.clone(),
            tables: read,
            projection,
            mix,
            layers: encode,
            width: config.width,
        })
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn vector_width(&self) -> Option<usize> {
        self.projection.as_ref().map(Affine::columns)
    }

    /// A row of `width` floats for each token, handed out in parts in order.
    pub(crate) fn encode(
        &self,
        tokens: &[Token],
        vectors: Option<&Vectors>,
        scratch: &mut EncoderScratch,
        out: &mut Vec<f32>,
    ) {
        out.clear();
        let mut start = 0;
        while start < tokens.len() {
            let end = (start + PART).min(tokens.len());
            self.encode_part(tokens, start..end, vectors, scratch, out);
            start = end;
        }
    }

    /// Encodes `part` with the rows around it that its result depends on.
    fn encode_part(
        &self,
        tokens: &[Token],
        part: std::ops::Range<usize>,
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
        rows.resize((1 + before) * w, 0.0);
        for token in &tokens[first..last] {
            let at = self.mixed(token, vectors, scratch);
            rows.extend_from_slice(&scratch.mixed[at * w..(at + 1) * w]);
        }
        rows.resize((n + 2) * w, 0.0);
        for layer in &self.layers {
            layer.apply(&rows, w, n, &mut scratch.pieces, &mut scratch.layer);
            add(&mut rows[w..(n + 1) * w], &scratch.layer);
        }
        out.extend_from_slice(&rows[(1 + HALO) * w..(1 + HALO + part.len()) * w]);
        scratch.rows = rows;
    }

    /// Where the mixed embedding of the token stands in `scratch.mixed`.
    fn mixed(
        &self,
        token: &Token,
        vectors: Option<&Vectors>,
        scratch: &mut EncoderScratch,
    ) -> usize {
        let keys: Vec<u64> = self.attributes.iter().map(|a| a.of(token)).collect();
        let orth = if self.projection.is_some() { token.lexeme.orth } else { 0 };
        if scratch.known.len() >= REMEMBERED {
            scratch.known.clear();
            scratch.mixed.clear();
        }
        let key = (keys, orth);
        if let Some(at) = scratch.known.get(&key) {
            return *at;
        }
        let input = &mut scratch.input;
        input.clear();
        for (value, (table, rows, seed)) in key.0.iter().zip(&self.tables) {
            let at = input.len();
            input.resize(at + self.width, 0.0);
            for key in embed_keys(*value, *seed) {
                let row = key as usize % rows;
                add(&mut input[at..], &table[row * self.width..(row + 1) * self.width]);
            }
        }
        if let Some(projection) = &self.projection {
            match vectors.and_then(|v| v.get(orth)) {
                Some(vector) => {
                    projection.apply(vector, projection.columns(), 1, &mut scratch.pieces);
                    input.extend_from_slice(&scratch.pieces);
                }
                None => input.resize(input.len() + projection.rows(), 0.0),
            }
        }
        self.mix.apply(input, input.len(), 1, &mut scratch.pieces, &mut scratch.layer);
        let at = scratch.mixed.len() / self.width;
        scratch.mixed.extend_from_slice(&scratch.layer);
        scratch.known.insert(key, at);
        at
    }
}
