//! Trains the ranker of claims: `train-claims MODEL TRAIN.jsonl OUT [HELD-OUT-SHARE]`.
//!
//! TRAIN holds one document a line: `text` and `attributions` with `cue` and `content` as lists of `[start, end)` in code
//! points (PolNeAR's form). One document of ten is held out and shows the figures of each epoch; the file is written from
//! weights over all documents unless a share is given. Softmax over the candidates of a cue and "nothing"; `AdaGrad`.

use std::collections::BTreeSet;
use std::error::Error;
use std::ops::Range;
use std::path::Path;

use copydesk_nlp::{Doc, Pipeline};
use copydesk_stages::claims_training::{Example, WEIGHTS, examples, model_file};
use copydesk_types::{Block, BlockKind, OffsetMap, clean};

const EPOCHS: usize = 3;
const RATE: f32 = 0.15;
/// A feature of fewer cues than this has no weight.
const LEAST: u32 = 5;
/// How often in an epoch the weights enter the average that is kept.
const SNAPSHOTS: usize = 8;

/// One cue: the features of its candidates and which of them are right; none when the cue attributes nothing.
struct Case {
    features: Vec<Vec<u32>>,
    right: Vec<usize>,
    by_rule: Option<usize>,
    held_out: bool,
}

struct Gold {
    source: BTreeSet<usize>,
    cue: BTreeSet<usize>,
    content: BTreeSet<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (Some(model), Some(train), Some(out)) = (args.get(1), args.get(2), args.get(3)) else {
        return Err("usage: train-claims MODEL TRAIN.jsonl OUT [held-out]".into());
    };
    let select = args.get(4).is_some_and(|a| a == "held-out");
    let pipeline = Pipeline::load(Path::new(model))?;
    let (mut cases, mut named) = (Vec::new(), Vec::new());
    let mut oracle = (0_usize, 0_usize);
    for (number, line) in std::fs::read_to_string(train)?.lines().enumerate() {
        let document: serde_json::Value = serde_json::from_str(line)?;
        let text = clean(document["text"].as_str().unwrap_or_default());
        let starts: Vec<usize> = blocks(&text).iter().map(|b| b.start).collect();
        let doc = pipeline.parse_parts(&text, &starts);
        let golds = golds(&doc, &document);
        collect(&doc, &golds, number % 10 == 0, &mut cases, &mut named, &mut oracle);
    }
    say(&format!(
        "{} cues; the best candidate reaches F1 .8 for {} of {} attributed",
        cases.len(),
        oracle.0,
        oracle.1
    ));
    let mut weights = vec![0.0_f32; WEIGHTS];
    let mut squares = vec![1e-6_f32; WEIGHTS];
    let (mut mean, mut snapshots) = (vec![0.0_f32; WEIGHTS], 0.0_f32);
    let contents = cases.len();
    cases.append(&mut named);
    drop_rare(&mut cases, select);
    let mut order: Vec<usize> =
        (0..cases.len()).filter(|&i| !select || !cases[i].held_out).collect();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for epoch in 1..=EPOCHS {
        shuffle(&mut order, &mut seed);
        for (n, &i) in order.iter().enumerate() {
            update(&mut weights, &mut squares, &cases[i]);
            if n % (order.len() / SNAPSHOTS).max(1) == 0 && epoch > 1 {
                mean.iter_mut().zip(&weights).for_each(|(m, w)| *m += w);
                snapshots += 1.0;
            }
        }
        let kept: Vec<f32> = if snapshots > 0.0 {
            mean.iter().map(|m| m / snapshots).collect()
        } else {
            weights.clone()
        };
        report(epoch, &kept, &cases[..contents]);
        report(epoch, &kept, &cases[contents..]);
        if epoch == EPOCHS {
            std::fs::write(out, model_file(&kept))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "progress of a command-line tool")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// Takes the features of fewer than `LEAST` cues out.
fn drop_rare(cases: &mut [Case], select: bool) {
    let mut count = vec![0_u32; WEIGHTS];
    for case in cases.iter().filter(|c| !select || !c.held_out) {
        let distinct: BTreeSet<u32> = case.features.iter().flatten().copied().collect();
        for f in distinct {
            count[f as usize] += 1;
        }
    }
    for features in cases.iter_mut().flat_map(|c| &mut c.features) {
        features.retain(|&f| count[f as usize] >= LEAST);
    }
}

fn shuffle(order: &mut [usize], seed: &mut u64) {
    for i in (1..order.len()).rev() {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        order.swap(i, usize::try_from(*seed % (i as u64 + 1)).unwrap_or(0));
    }
}

/// The lines of the text as paragraphs.
fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            out.push(Block {
                kind: BlockKind::Paragraph,
                start,
                end: start + line.trim_end().len(),
            });
        }
        start += line.len();
    }
    out
}

fn golds(doc: &Doc, document: &serde_json::Value) -> Vec<Gold> {
    let map = OffsetMap::new(doc.text());
    let tokens = |spans: &serde_json::Value| {
        let mut out = BTreeSet::new();
        for span in spans.as_array().into_iter().flatten() {
            let at =
                |i: usize| span[i].as_u64().and_then(|x| map.to_bytes(usize::try_from(x).ok()?));
            if let (Some(start), Some(end)) = (at(0), at(1)) {
                out.extend(doc.tokens_in_bytes(start..end));
            }
        }
        out
    };
    let all = document["attributions"].as_array().into_iter().flatten();
    all.map(|a| Gold {
        source: tokens(&a["source"]),
        cue: tokens(&a["cue"]),
        content: words(doc, tokens(&a["content"])),
    })
    .filter(|g| !g.content.is_empty())
    .collect()
}

/// The tokens that hold a letter or a digit.
fn words(doc: &Doc, tokens: BTreeSet<usize>) -> BTreeSet<usize> {
    tokens.into_iter().filter(|&t| doc.token_text(t).chars().any(char::is_alphanumeric)).collect()
}

fn f1(a: &BTreeSet<usize>, b: &BTreeSet<usize>) -> f64 {
    let both = a.intersection(b).count();
    if both == 0 { 0.0 } else { 2.0 * both as f64 / (a.len() + b.len()) as f64 }
}

/// Scores of the candidates against the gold content. A quote apart that later steps attach counts for nobody.
fn scores(
    doc: &Doc,
    head: usize,
    spans: &[Vec<Range<usize>>],
    quotes: &[Range<usize>],
    gold: &Gold,
) -> Vec<f64> {
    let sentence = doc.sent_of(head);
    let apart = |t: usize, spans: &[Range<usize>]| {
        let quote = quotes.iter().find(|q| q.contains(&t));
        quote.is_some_and(|q| {
            (q.start >= sentence.end || q.end <= sentence.start)
                && !spans.iter().any(|s| s.start < q.end && q.start < s.end)
        })
    };
    let score = |spans: &Vec<Range<usize>>| {
        let mine = words(doc, spans.iter().cloned().flatten().collect());
        let wanted: BTreeSet<usize> =
            gold.content.iter().copied().filter(|&t| !apart(t, spans)).collect();
        // Nothing but quotes apart would be right for free.
        if wanted.len() * 3 < gold.content.len() { 0.0 } else { f1(&mine, &wanted) }
    };
    spans.iter().map(score).collect()
}

fn collect(
    doc: &Doc,
    golds: &[Gold],
    held_out: bool,
    cases: &mut Vec<Case>,
    named: &mut Vec<Case>,
    oracle: &mut (usize, usize),
) {
    let right = |head: usize, spans: &[Vec<Range<usize>>], quotes: &[Range<usize>]| {
        let mine = golds.iter().filter(|g| g.cue.contains(&head));
        let scored = mine.flat_map(|g| scores(doc, head, spans, quotes, g).into_iter().enumerate());
        scored.filter(|(_, s)| *s >= 0.5).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
    };
    let found = examples(doc, &blocks(doc.text()), &right);
    // Each gold belongs to the verb of its cue that serves it best.
    let mut owner: Vec<Option<(usize, f64)>> = vec![None; golds.len()];
    let mut table = Vec::with_capacity(found.len());
    for (number, example) in found.iter().enumerate() {
        let mine = golds.iter().enumerate().filter(|(_, g)| g.cue.contains(&example.head));
        let mut best: Option<(usize, Vec<f64>, f64)> = None;
        for (at, gold) in mine {
            let scores = scores(doc, example.head, &example.spans, &example.quotes, gold);
            let top = scores.iter().copied().fold(0.0, f64::max);
            if best.as_ref().is_none_or(|(_, _, t)| top > *t) {
                best = Some((at, scores, top));
            }
        }
        if let Some((at, _, top)) =
            best.as_ref().filter(|(at, _, top)| owner[*at].is_none_or(|(_, t)| *top > t + 1e-9))
        {
            owner[*at] = Some((number, *top));
        }
        table.push(best);
    }
    for (number, (example, best)) in found.into_iter().zip(table).enumerate() {
        let mut right = Vec::new();
        if let Some((at, scores, top)) =
            best.filter(|(at, _, _)| owner[*at].is_none_or(|(n, _)| n == number))
        {
            oracle.1 += 1;
            oracle.0 += usize::from(top >= 0.8);
            if top < 0.5 {
                continue;
            }
            right = (0..scores.len()).filter(|&c| scores[c] >= top - 0.005).collect();
            named.extend(source(doc, &example, &golds[at], held_out));
        }
        cases.push(Case { features: example.features, right, by_rule: example.by_rule, held_out });
    }
}

/// Who says it: right is the noun that carries the gold source in the tree; none when there is no source.
fn source(doc: &Doc, example: &Example, gold: &Gold, held_out: bool) -> Option<Case> {
    let inside: Vec<usize> = (0..example.sources.len())
        .filter(|&i| gold.source.contains(&example.sources[i].0))
        .collect();
    let top = |i: &usize| !doc.ancestors(example.sources[*i].0).any(|a| gold.source.contains(&a));
    let mut right: Vec<usize> = inside.iter().copied().filter(top).collect();
    if right.is_empty() {
        right.extend(inside.first());
    }
    if right.is_empty() && !gold.source.is_empty() {
        return None;
    }
    let features = example.sources.iter().map(|(_, f)| f.clone()).collect();
    Some(Case { features, right, by_rule: None, held_out })
}

/// Probability of each candidate; what is missing to one is that of nothing.
fn softmax(weights: &[f32], case: &Case) -> Vec<f32> {
    let scores: Vec<f32> =
        case.features.iter().map(|f| f.iter().map(|&i| weights[i as usize]).sum()).collect();
    let most = scores.iter().copied().fold(0.0_f32, f32::max);
    let exps: Vec<f32> = scores.iter().map(|s| (s - most).exp()).collect();
    let total = exps.iter().sum::<f32>() + (-most).exp();
    exps.into_iter().map(|e| e / total).collect()
}

fn update(weights: &mut [f32], squares: &mut [f32], case: &Case) {
    let p = softmax(weights, case);
    let mass: f32 = case.right.iter().map(|&c| p[c]).sum();
    for (c, features) in case.features.iter().enumerate() {
        let wanted = if case.right.contains(&c) { p[c] / mass.max(1e-12) } else { 0.0 };
        let gradient = p[c] - wanted;
        if gradient.abs() < 1e-5 {
            continue;
        }
        for &i in features {
            let i = i as usize;
            squares[i] += gradient * gradient;
            weights[i] -= RATE * gradient / squares[i].sqrt();
        }
    }
}

/// Share of held-out cues that end right: with the ranker and with the rules.
fn report(epoch: usize, weights: &[f32], cases: &[Case]) {
    let (mut ranked, mut rules, mut predicted, mut by_rule, mut gold, mut loss) =
        (0_usize, 0_usize, 0_usize, 0_usize, 0_usize, 0.0_f64);
    for case in cases.iter().filter(|c| c.held_out) {
        let p = softmax(weights, case);
        let nothing = (1.0 - p.iter().sum::<f32>()).max(1e-9);
        let best = (0..p.len()).max_by(|&a, &b| p[a].total_cmp(&p[b])).filter(|_| nothing < 0.5);
        let mass =
            if case.right.is_empty() { nothing } else { case.right.iter().map(|&c| p[c]).sum() };
        loss -= f64::from(mass.max(1e-9)).ln();
        gold += usize::from(!case.right.is_empty());
        predicted += usize::from(best.is_some());
        by_rule += usize::from(case.by_rule.is_some());
        ranked += usize::from(best.is_some_and(|b| case.right.contains(&b)));
        rules += usize::from(case.by_rule.is_some_and(|b| case.right.contains(&b)));
    }
    let f = |hit: usize, n: usize| 200.0 * hit as f64 / (n + gold).max(1) as f64;
    say(&format!(
        "epoch {epoch}: held-out best candidate F1 {:.1}, rules {:.1}, loss {loss:.0}, {predicted} of {gold}",
        f(ranked, predicted),
        f(rules, by_rule)
    ));
}
