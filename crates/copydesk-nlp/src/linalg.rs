//! Matrix products and the small step of the transition models.
//!
//! Large products go to `gemm`. The small step has a plain loop, which is the reference, compiled once more for each
//! instruction set; tests hold them together.

/// A weight matrix `[rows, columns]`, row-major, with its bias.
#[derive(Debug)]
pub(crate) struct Affine {
    rows: usize,
    columns: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Affine {
    /// The bias may be empty. `None` when the sizes do not agree.
    pub(crate) fn new(
        rows: usize,
        columns: usize,
        weights: Vec<f32>,
        bias: Vec<f32>,
    ) -> Option<Self> {
        let fits = rows > 0 && columns > 0 && rows.checked_mul(columns)? == weights.len();
        (fits && (bias.is_empty() || bias.len() == rows)).then_some(Self {
            rows,
            columns,
            weights,
            bias,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// `out[n, rows] = x[n, columns] · Wᵀ + b`, where row `i` of `x` starts at `i · stride`: overlapping rows
    /// (a stride below `columns`) are the windows of a convolution.
    pub(crate) fn apply(&self, x: &[f32], stride: usize, n: usize, out: &mut Vec<f32>) {
        out.clear();
        if n == 0 {
            return;
        }
        assert!((n - 1) * stride + self.columns <= x.len(), "the input has a row for each output");
        if self.bias.is_empty() {
            out.resize(n * self.rows, 0.0);
        } else {
            for _ in 0..n {
                out.extend_from_slice(&self.bias);
            }
        }
        let (rows, columns) = (self.rows.cast_signed(), self.columns.cast_signed());
        #[expect(unsafe_code, reason = "gemm takes raw pointers")]
        // SAFETY: out has n × rows floats, weights rows × columns, and x reaches to the end of its last row (asserted).
        unsafe {
            gemm::gemm(
                n,
                self.rows,
                self.columns,
                out.as_mut_ptr(),
                1,
                rows,
                true,
                x.as_ptr(),
                1,
                stride.cast_signed(),
                self.weights.as_ptr(),
                columns,
                1,
                1.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}

/// Upper layer of a transition model: `out = W · h + b`, stored by columns so that it vectorises over the outputs.
#[derive(Debug)]
pub(crate) struct Upper {
    outputs: usize,
    /// Outputs rounded up to whole vectors.
    padded: usize,
    columns: Vec<f32>,
    bias: Vec<f32>,
}

/// Outputs are padded to a multiple of this: one vector of AVX-512.
const LANES: usize = 16;

impl Upper {
    pub(crate) fn new(affine: &Affine) -> Self {
        let (outputs, inputs) = (affine.rows, affine.columns);
        let padded = outputs.next_multiple_of(LANES);
        let mut columns = vec![0.0; inputs * padded];
        for row in 0..outputs {
            for column in 0..inputs {
                columns[column * padded + row] = affine.weights[row * inputs + column];
            }
        }
        let mut bias = affine.bias.clone();
        bias.resize(padded, 0.0);
        Self { outputs, padded, columns, bias }
    }

    /// Scores for the hidden vector `h`; `out` is resized to the number of outputs.
    pub(crate) fn apply(&self, h: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.extend_from_slice(&self.bias);
        step(&self.columns, self.padded, h, out);
        out.truncate(self.outputs);
    }
}

/// `out += Σ h[i] · columns[i]`: the plain loop.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the loop must be compiled inside each instruction set's function"
)]
fn step_plain(columns: &[f32], padded: usize, h: &[f32], out: &mut [f32]) {
    let (blocks, _) = out.as_chunks_mut::<LANES>();
    for (block, out) in blocks.iter_mut().enumerate() {
        let mut sum = *out;
        for (i, &x) in h.iter().enumerate() {
            let at = i * padded + block * LANES;
            for (s, &w) in sum.iter_mut().zip(&columns[at..at + LANES]) {
                *s += x * w;
            }
        }
        *out = sum;
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    /// The plain loop, compiled for AVX-512.
    #[target_feature(enable = "avx512f")]
    pub(super) fn step_avx512(columns: &[f32], padded: usize, h: &[f32], out: &mut [f32]) {
        super::step_plain(columns, padded, h, out);
    }

    /// The plain loop, compiled for AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) fn step_avx2(columns: &[f32], padded: usize, h: &[f32], out: &mut [f32]) {
        super::step_plain(columns, padded, h, out);
    }
}

#[cfg(target_arch = "x86_64")]
fn step(columns: &[f32], padded: usize, h: &[f32], out: &mut [f32]) {
    if std::arch::is_x86_feature_detected!("avx512f") {
        #[expect(unsafe_code, reason = "target features")]
        // SAFETY: the processor has AVX-512F, as was just asked.
        return unsafe { wide::step_avx512(columns, padded, h, out) };
    }
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "target features")]
        // SAFETY: the processor has AVX2, as was just asked.
        return unsafe { wide::step_avx2(columns, padded, h, out) };
    }
    step_plain(columns, padded, h, out);
}

#[cfg(not(target_arch = "x86_64"))]
fn step(columns: &[f32], padded: usize, h: &[f32], out: &mut [f32]) {
    step_plain(columns, padded, h, out);
}

/// `a += b`.
pub(crate) fn add(a: &mut [f32], b: &[f32]) {
    a.iter_mut().zip(b).for_each(|(x, y)| *x += y);
}

/// Layer norm as thinc computes it: population variance + 1e-8, then gain and bias. Rows of `width`.
pub(crate) fn layer_norm(rows: &mut [f32], width: usize, gain: &[f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(width) {
        let mean = sum(row) / width as f32;
        for x in row.iter_mut() {
            *x -= mean;
        }
        let mut squares = [0.0f32; LANES];
        let (blocks, rest) = row.as_chunks::<LANES>();
        for block in blocks {
            squares.iter_mut().zip(block).for_each(|(s, x)| *s += x * x);
        }
        let variance =
            (squares.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()) / width as f32;
        let scale = 1.0 / (variance + 1e-8).sqrt();
        for ((x, g), b) in row.iter_mut().zip(gain).zip(bias) {
            *x = *x * scale * g + b;
        }
    }
}

fn sum(row: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        add(&mut sums, block);
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Index of the first maximum.
pub(crate) fn first_max(scores: &[f32]) -> usize {
    let mut best = 0;
    for (at, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = at;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_are_overlapping_rows() {
        let affine = Affine::new(1, 3, vec![1.0, 10.0, 100.0], vec![0.5]).unwrap();
        let mut out = Vec::new();
        affine.apply(&[0.0, 1.0, 2.0, 3.0, 0.0], 1, 3, &mut out);
        assert_eq!(out, [210.5, 321.5, 32.5]);
        assert!(Affine::new(2, 3, vec![0.0; 5], vec![]).is_none());
    }

    #[test]
    fn norm_of_a_row() {
        let mut row = [1.0, 3.0];
        layer_norm(&mut row, 2, &[2.0, 2.0], &[1.0, 0.0]);
        assert!((row[0] + 1.0).abs() < 1e-6 && (row[1] - 2.0).abs() < 1e-6, "{row:?}");
    }

    proptest! {
        #[test]
        fn fast_kernels_agree_with_the_plain_loops(
            rows in 1usize..40, columns in 1usize..70, seed in any::<u32>(),
        ) {
            let mut state = seed | 1;
            let mut next = || { state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); (state >> 8) as f32 / 8e6 - 1.0 };
            let weights: Vec<f32> = (0..rows * columns).map(|_| next()).collect();
            let bias: Vec<f32> = (0..rows).map(|_| next()).collect();
            let h: Vec<f32> = (0..columns).map(|_| next()).collect();
            let plain: Vec<f32> = (0..rows).map(|r| {
                bias[r] + (0..columns).map(|c| weights[r * columns + c] * h[c]).sum::<f32>()
            }).collect();
            let affine = Affine::new(rows, columns, weights, bias).unwrap();
            let (mut large, mut small) = (Vec::new(), Vec::new());
            affine.apply(&h, columns, 1, &mut large);
            Upper::new(&affine).apply(&h, &mut small);
            for (r, p) in plain.iter().enumerate() {
                prop_assert!((p - large[r]).abs() < 1e-3 && (p - small[r]).abs() < 1e-3, "row {}: {} {} {}", r, p, large[r], small[r]);
            }
        }
    }
}
