//! Matrix products and the small step of the transition models.
//!
//! Large products go to `gemm`; a test holds them against the plain loop. The small step is a kernel.

use crate::kernels::{LANES, add, step};

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

    pub(crate) fn bias(&self) -> &[f32] {
        &self.bias
    }

    pub(crate) fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// `out[n, rows] = x[n, columns] · Wᵀ`, without the bias, where row `i` of `x` starts at `i · stride`: overlapping
    /// rows (a stride below `columns`) are the windows of a convolution.
    pub(crate) fn product(&self, x: &[f32], stride: usize, n: usize, out: &mut Vec<f32>) {
        if n == 0 {
            return out.clear();
        }
        assert!((n - 1) * stride + self.columns <= x.len(), "the input has a row for each output");
        // What stands in `out` is overwritten: only new room is filled with zeros.
        out.resize(n * self.rows, 0.0);
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
                false,
                x.as_ptr(),
                1,
                stride.cast_signed(),
                self.weights.as_ptr(),
                columns,
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }

    /// `out[n, rows] = x[n, columns] · Wᵀ + b`.
    pub(crate) fn apply(&self, x: &[f32], n: usize, out: &mut Vec<f32>) {
        self.product(x, self.columns, n, out);
        for row in out.chunks_exact_mut(self.rows) {
            add(row, &self.bias);
        }
    }
}

/// Upper layer of a transition model: `out = W · h + b`, stored by columns so that it vectorises over the outputs.
#[derive(Debug)]
pub(crate) struct Upper {
    outputs: usize,
    /// Outputs are rounded up to whole vectors.
    columns: Vec<f32>,
    bias: Vec<f32>,
}

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
        Self { outputs, columns, bias }
    }

    /// Scores for the hidden vector `h`; `out` is resized to the number of outputs.
    pub(crate) fn apply(&self, h: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.extend_from_slice(&self.bias);
        step(&self.columns, h, out);
        out.truncate(self.outputs);
    }
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
        affine.product(&[0.0, 1.0, 2.0, 3.0, 0.0], 1, 3, &mut out);
        assert_eq!(out, [210.0, 321.0, 32.0]);
        affine.apply(&[0.0, 1.0, 2.0], 1, &mut out);
        assert_eq!(out, [210.5]);
        assert!(Affine::new(2, 3, vec![0.0; 5], vec![]).is_none());
    }

    proptest! {
        #[test]
        fn fast_products_agree_with_the_plain_loop(
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
            affine.apply(&h, 1, &mut large);
            Upper::new(&affine).apply(&h, &mut small);
            for (r, p) in plain.iter().enumerate() {
                prop_assert!((p - large[r]).abs() < 1e-3 && (p - small[r]).abs() < 1e-3, "row {}: {} {} {}", r, p, large[r], small[r]);
            }
        }
    }
}
