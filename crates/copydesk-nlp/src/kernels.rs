//! The element-wise work between the matrix products, and the small product of a transition model's step.
//!
//! Each kernel is one plain loop, the reference, which is compiled once more for each instruction set; the processor's
//! is chosen at run time. They add in the same order, so they give the same bits.

/// Values that are worked on together: one vector of AVX-512.
pub(crate) const LANES: usize = 16;
/// Pieces of an encoder's maxout.
pub(crate) const PIECES: usize = 3;

macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident = $plain:ident($($arg:ident: $type:ty),*)) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512($($arg: $type),*) {
                    $plain($($arg),*);
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) {
                    $plain($($arg),*);
                }
                if std::arch::is_x86_feature_detected!("avx512f") {
                    #[expect(unsafe_code, reason = "target features")]
                    // SAFETY: the processor has AVX-512F, as was just asked.
                    return unsafe { avx512($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[expect(unsafe_code, reason = "target features")]
                    // SAFETY: the processor has AVX2, as was just asked.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $plain($($arg),*);
        }
    };
}

kernel! {
    /// `a += b`.
    add = add_plain(a: &mut [f32], b: &[f32])
}

kernel! {
    /// For each row of `gain.len()` values: `out += norm(max over pieces (pieces + bias)) · gain + shift`, where a row
    /// of `pieces` has [`PIECES`] such rows one after the other, and norm is thinc's layer norm.
    maxout_norm = maxout_norm_plain(
        pieces: &[f32], bias: &[f32], gain: &[f32], shift: &[f32], best: &mut [f32], out: &mut [f32]
    )
}

kernel! {
    /// `out = max over halves (bias + Σ rows)`: the hidden layer of a transition model.
    hidden = hidden_plain(rows: &[&[f32]], bias: &[f32], sum: &mut [f32], out: &mut [f32])
}

kernel! {
    /// `out += Σ h[i] · columns[i]`, where a column has `out.len()` values, a multiple of [`LANES`].
    step = step_plain(columns: &[f32], h: &[f32], out: &mut [f32])
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn add_plain(a: &mut [f32], b: &[f32]) {
    for (x, y) in a.iter_mut().zip(b) {
        *x += y;
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn maxout_norm_plain(
    pieces: &[f32],
    bias: &[f32],
    gain: &[f32],
    shift: &[f32],
    best: &mut [f32],
    out: &mut [f32],
) {
    let width = gain.len();
    let (bias0, rest) = bias.split_at(width);
    let (bias1, bias2) = rest.split_at(width);
    for (pieces, out) in pieces.chunks_exact(PIECES * width).zip(out.chunks_exact_mut(width)) {
        let (first, rest) = pieces.split_at(width);
        let (second, third) = rest.split_at(width);
        let best = &mut best[..width];
        for (b, (x, y)) in best.iter_mut().zip(first.iter().zip(bias0)) {
            *b = x + y;
        }
        for (b, (x, y)) in best.iter_mut().zip(second.iter().zip(bias1)) {
            *b = larger(*b, x + y);
        }
        for (b, (x, y)) in best.iter_mut().zip(third.iter().zip(bias2)) {
            *b = larger(*b, x + y);
        }
        let mean = sum(best, |x| x) / width as f32;
        for b in best.iter_mut() {
            *b -= mean;
        }
        // thinc: population variance + 1e-8.
        let variance = sum(best, |x| x * x) / width as f32;
        let scale = 1.0 / (variance + 1e-8).sqrt();
        for ((o, b), (g, s)) in out.iter_mut().zip(best.iter()).zip(gain.iter().zip(shift)) {
            *o += *b * scale * g + s;
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn hidden_plain(rows: &[&[f32]], bias: &[f32], sum: &mut [f32], out: &mut [f32]) {
    sum.copy_from_slice(bias);
    for row in rows {
        add_plain(sum, row);
    }
    let (first, second) = sum.split_at(out.len());
    for (o, (a, b)) in out.iter_mut().zip(first.iter().zip(second)) {
        *o = larger(*a, *b);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn step_plain(columns: &[f32], h: &[f32], out: &mut [f32]) {
    let padded = out.len();
    let (blocks, _) = out.as_chunks_mut::<LANES>();
    let mut at = 0;
    // Several blocks at a time, so that one addition need not wait for the one before.
    let (fours, rest) = blocks.as_chunks_mut::<4>();
    for four in fours {
        step_blocks(columns, padded, at, h, four);
        at += 4 * LANES;
    }
    let (twos, ones) = rest.as_chunks_mut::<2>();
    for two in twos {
        step_blocks(columns, padded, at, h, two);
        at += 2 * LANES;
    }
    for one in ones {
        step_blocks(columns, padded, at, h, std::array::from_mut(one));
        at += LANES;
    }
}

/// The blocks of outputs from `at` on.
#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn step_blocks<const N: usize>(
    columns: &[f32],
    padded: usize,
    at: usize,
    h: &[f32],
    out: &mut [[f32; LANES]; N],
) {
    let mut sums = *out;
    for (column, &x) in columns.chunks_exact(padded).zip(h) {
        let (weights, _) = column[at..at + N * LANES].as_chunks::<LANES>();
        for (sum, weights) in sums.iter_mut().zip(weights) {
            for (s, w) in sum.iter_mut().zip(weights) {
                *s += x * w;
            }
        }
    }
    *out = sums;
}

/// The maximum, without `f32::max`'s care for NaN, which no vector instruction takes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The sum of `f` over the row, in as many partial sums as a vector has lanes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "to be compiled inside each instruction set's function")]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        for (s, x) in sums.iter_mut().zip(block) {
            *s += f(*x);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| f(*x)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn maxout_and_norm_of_a_row() {
        let (mut best, mut out) = ([0.0; 2], [10.0, 20.0]);
        // The pieces (0, 3), (1, 1), (-5, 9) with the bias (0, 0), (0, 0), (0, -6): the maxima are 1 and 3.
        let bias = [0.0, 0.0, 0.0, 0.0, 0.0, -6.0];
        maxout_norm(
            &[0.0, 3.0, 1.0, 1.0, -5.0, 9.0],
            &bias,
            &[2.0, 2.0],
            &[1.0, 0.0],
            &mut best,
            &mut out,
        );
        assert!((out[0] - 9.0).abs() < 1e-5 && (out[1] - 22.0).abs() < 1e-5, "{out:?}");
    }

    #[test]
    fn hidden_of_two_rows() {
        let (mut sum, mut out) = ([0.0; 4], [0.0; 2]);
        hidden(
            &[&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 0.0, -9.0]],
            &[0.0, 0.0, 0.0, 1.0],
            &mut sum,
            &mut out,
        );
        assert_eq!(out.map(f32::to_bits), [3.0, 2.0].map(f32::to_bits));
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_bits_of_the_plain_loop(
            blocks in 1usize..9, inputs in 1usize..70, values in proptest::collection::vec(-9.0f32..9.0, 64),
        ) {
            let value = |at: usize| values[at % 64] * (1.0 + (at / 64) as f32 / 1e3);
            let padded = blocks * LANES;
            let columns: Vec<f32> = (0..inputs * padded).map(value).collect();
            let h: Vec<f32> = (0..inputs).map(|i| value(i * 7 + 3)).collect();
            let (mut fast, mut plain) = (vec![0.5; padded], vec![0.5; padded]);
            step(&columns, &h, &mut fast);
            step_plain(&columns, &h, &mut plain);
            prop_assert_eq!(&fast, &plain);
            let naive = (0..inputs).fold(0.5, |sum, i| sum + h[i] * columns[i * padded + padded - 1]);
            prop_assert_eq!(plain[padded - 1].to_bits(), naive.to_bits());
            let (mut best, mut fast, mut plain) = (vec![0.0; inputs], vec![1.0; inputs], vec![1.0; inputs]);
            let (pieces, bias) = (&columns[..inputs * PIECES], &columns[inputs..inputs * (1 + PIECES)]);
            maxout_norm(pieces, bias, &h, &h, &mut best, &mut fast);
            maxout_norm_plain(pieces, bias, &h, &h, &mut best, &mut plain);
            prop_assert_eq!(&fast, &plain);
        }
    }
}
