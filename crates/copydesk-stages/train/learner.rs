//! A softmax over the candidates of a cue and "nothing", linear in hashed features, trained by `AdaGrad`.

use copydesk_stages::claims_training::WEIGHTS;

/// How the weights are found.
pub(crate) const EPOCHS: usize = 5;
const RATE: f32 = 0.08;
/// A feature of fewer cues than this has no weight.
const LEAST: u32 = 5;
/// How often in an epoch the weights enter the average that is kept.
const SNAPSHOTS: usize = 8;

/// One cue: the features of its candidates and which of them are right; none when the cue attributes nothing.
pub(crate) struct Case {
    pub(crate) document: usize,
    pub(crate) features: Vec<Vec<u32>>,
    pub(crate) right: Vec<usize>,
}

/// Score of each candidate; that of nothing is 0.
pub(crate) fn scores(weights: &[f32], case: &Case) -> Vec<f32> {
    case.features.iter().map(|f| f.iter().map(|&i| weights[i as usize]).sum()).collect()
}

/// The mean over the snapshots of all epochs but the first.
pub(crate) fn train(cases: &[&Case]) -> Vec<f32> {
    let kept = frequent(cases);
    let mut weights = vec![0.0_f32; WEIGHTS];
    let mut squares = vec![1e-6_f32; WEIGHTS];
    let (mut mean, mut snapshots) = (vec![0.0_f32; WEIGHTS], 0.0_f32);
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for epoch in 1..=EPOCHS {
        shuffle(&mut order, &mut seed);
        for (n, &i) in order.iter().enumerate() {
            update(&mut weights, &mut squares, &kept, cases[i]);
            if n % (order.len() / SNAPSHOTS).max(1) == 0 && epoch > 1 {
                mean.iter_mut().zip(&weights).for_each(|(m, w)| *m += w);
                snapshots += 1.0;
            }
        }
    }
    mean.iter().map(|m| m / snapshots).collect()
}

/// Whether a feature stands in enough cues to have a weight.
fn frequent(cases: &[&Case]) -> Vec<bool> {
    let mut count = vec![0_u32; WEIGHTS];
    for case in cases {
        let mut distinct: Vec<u32> = case.features.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        for f in distinct {
            count[f as usize] += 1;
        }
    }
    count.iter().map(|&n| n >= LEAST).collect()
}

fn shuffle(order: &mut [usize], seed: &mut u64) {
    for i in (1..order.len()).rev() {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        order.swap(i, usize::try_from(*seed % (i as u64 + 1)).unwrap_or(0));
    }
}

fn update(weights: &mut [f32], squares: &mut [f32], kept: &[bool], case: &Case) {
    let p = softmax(&scores(weights, case));
    let mass: f32 = case.right.iter().map(|&c| p[c]).sum();
    for (c, features) in case.features.iter().enumerate() {
        let wanted = if case.right.contains(&c) { p[c] / mass.max(1e-12) } else { 0.0 };
        let gradient = p[c] - wanted;
        if gradient.abs() < 1e-5 {
            continue;
        }
        for i in features.iter().map(|&i| i as usize).filter(|&i| kept[i]) {
            squares[i] += gradient * gradient;
            weights[i] -= RATE * gradient / squares[i].sqrt();
        }
    }
}

/// Probability of each candidate; what is missing to one is that of nothing.
fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(0.0_f32, f32::max);
    let exps: Vec<f32> = scores.iter().map(|s| (s - most).exp()).collect();
    let total = exps.iter().sum::<f32>() + (-most).exp();
    exps.into_iter().map(|e| e / total).collect()
}
