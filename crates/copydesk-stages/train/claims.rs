//! Trains the ranker of claims: `train-claims TRAIN.jsonl OUT MODEL...`.
//!
//! TRAIN holds one document a line: `text` and `attributions` with `source`, `cue` and `content` as lists of `[start, end)` in
//! code points (PolNeAR's form), and every MODEL parses all of them. With `cross-validate` for OUT no file is written: weights over four of
//! five documents are measured on the fifth, five times over.

mod gold;
mod learner;

use std::error::Error;
use std::path::Path;

use copydesk_nlp::Pipeline;
use copydesk_stages::claims_training::{choose, model_file};

use self::gold::{Cases, Content};
use self::learner::Case;

const FOLDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (Some(train), Some(out), Some(models)) = (args.get(1), args.get(2), args.get(3..)) else {
        return Err("usage: train-claims TRAIN.jsonl OUT|cross-validate MODEL...".into());
    };
    let lines = std::fs::read_to_string(train)?;
    let documents: Vec<serde_json::Value> =
        lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let pipelines: Vec<Pipeline> =
        models.iter().map(|m| Pipeline::load(Path::new(m))).collect::<Result<_, _>>()?;
    let all = in_parallel(&pipelines, |pipeline| {
        let mut cases = Cases::default();
        for (number, document) in documents.iter().enumerate() {
            gold::cases(pipeline, number, document, &mut cases);
        }
        cases
    });
    if out == "cross-validate" {
        cross_validate(models, &all);
    } else {
        std::fs::write(out, model_file(&learner::train(&training(&all, None))))?;
    }
    Ok(())
}

/// What `make` makes of each item, a thread an item.
fn in_parallel<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let make = &make;
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || make(item))).collect();
        threads.into_iter().map(|t| t.join().expect("no thread panics")).collect()
    })
}

/// The cases of all documents but those of the fold left out. A cue whose content no candidate comes near teaches nothing.
fn training(all: &[Cases], left_out: Option<usize>) -> Vec<&Case> {
    let kept = |c: &&Case| Some(c.document % FOLDS) != left_out;
    let mut out = Vec::new();
    for cases in all {
        let clear = |c: &&Content| c.agreement.is_none() || !c.case.right.is_empty();
        out.extend(cases.contents.iter().filter(clear).map(|c| &c.case).filter(kept));
        out.extend(cases.sources.iter().filter(kept));
    }
    out
}

#[expect(clippy::print_stderr, reason = "progress of a command-line tool")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// How many contents agree with the gold ones (word F1 of .8), of how many chosen.
#[derive(Default)]
struct Tally {
    right: usize,
    chosen: usize,
    gold: usize,
}

impl Tally {
    fn count(&mut self, content: &Content, chosen: Option<usize>) {
        let agrees = |c: usize| content.agreement.as_ref().is_some_and(|a| a[c] >= 0.8);
        self.right += usize::from(chosen.is_some_and(agrees));
        self.chosen += usize::from(chosen.is_some());
        self.gold += usize::from(content.agreement.is_some());
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let share = |n: usize| 100.0 * self.right as f64 / n.max(1) as f64;
        let f1 = 200.0 * self.right as f64 / (self.chosen + self.gold).max(1) as f64;
        write!(f, "P {:.1} R {:.1} F1 {f1:.1}", share(self.chosen), share(self.gold))
    }
}

/// Prints for each model how the rules, the likeliest candidate and the one that most agree with do on documents left out.
fn cross_validate(models: &[String], all: &[Cases]) {
    let mut tallies: Vec<[Tally; 4]> = models.iter().map(|_| Default::default()).collect();
    let mut sources = vec![(0_usize, 0_usize); models.len()];
    let folds: Vec<usize> = (0..FOLDS).collect();
    let weights = in_parallel(&folds, |&fold| learner::train(&training(all, Some(fold))));
    for (fold, weights) in weights.iter().enumerate() {
        for ((cases, tally), sources) in all.iter().zip(&mut tallies).zip(&mut sources) {
            let here = |case: &Case| case.document % FOLDS == fold;
            for content in cases.contents.iter().filter(|c| here(&c.case)) {
                let scores = learner::scores(weights, &content.case);
                let oracle =
                    content.agreement.as_ref().and_then(|a| a.iter().position(|s| *s >= 0.8));
                tally[0].count(content, content.by_rule);
                tally[1].count(content, likeliest(&scores));
                tally[2].count(content, choose(&scores, &content.spans));
                tally[3].count(content, oracle);
            }
            for case in cases.sources.iter().filter(|c| here(c)) {
                let best = likeliest(&learner::scores(weights, case));
                sources.1 += 1;
                sources.0 +=
                    usize::from(best.map_or(case.right.is_empty(), |b| case.right.contains(&b)));
            }
        }
    }
    for ((model, tally), (right, n)) in models.iter().zip(&tallies).zip(&sources) {
        let [rules, likeliest, agreed, oracle] = tally;
        say(&format!(
            "{model}\n  rules     {rules}\n  likeliest {likeliest}\n  agreed    {agreed}\n  oracle    {oracle}"
        ));
        say(&format!("  sources   {:.1} % of {n}", 100.0 * *right as f64 / (*n).max(1) as f64));
    }
}

/// The candidate with the highest score, when all together are likelier than nothing.
fn likeliest(scores: &[f32]) -> Option<usize> {
    let any: f32 = scores.iter().map(|s| s.exp()).sum();
    (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).filter(|_| any > 1.0)
}
