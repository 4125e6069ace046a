//! Times one model over texts, and the bare matrix products that it cannot do without.
//!
//! `cargo bench -p copydesk-nlp --bench pipeline -- [MODEL FILE.jsonl [full|parser+ner|ner [THREADS [PASSES]]]]`
//!
//! Without arguments: the provisioned small model over a text of its own. Prints one JSON object; a rate is that of the
//! median pass after one that warms up. A pass whose answers are not those of the first, on one thread, is a failure.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::time::Instant;

use copydesk_nlp::{Components, Doc, Pipeline};
use copydesk_provision::Places;

const TEXT: &str = "Harbour officials in Port Ellen said on Tuesday that 3,400 tonnes of grain had left the quay. \
    \"We didn't expect it this week,\" Ms. Oduya told reporters, adding that the U.S.-owned carrier paid $2.4 million. ";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let arg = |n: usize, or: &'static str| args.get(n).map_or(or, String::as_str);
    let (model, texts) = match (args.first(), args.get(1)) {
        (Some(model), Some(file)) => (model.into(), read_texts(file)?),
        _ => {
            let found = copydesk_provision::model(None, &Places::of_user(), &|_| ())?;
            (found.path, vec![TEXT.repeat(20); 60])
        }
    };
    let components = match arg(2, "full") {
        "full" => Components::Full,
        "parser+ner" => Components::ParserNer,
        "ner" => Components::Ner,
        other => return Err(format!("{other} is no pipeline").into()),
    };
    let (threads, passes): (usize, usize) = (arg(3, "1").parse()?, arg(4, "5").parse()?);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let start = Instant::now();
    let pipeline = Pipeline::load_with(&model, components)?;
    let load = start.elapsed();
    let (tokens, expected) = pass(&pipeline, &texts, 1);
    if threads > 1 {
        // The other threads are to be warm too.
        assert_eq!(pass(&pipeline, &texts, threads), (tokens, expected));
    }
    let (mut cpu, mut wall, mut bound) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..passes {
        let (from_cpu, from) = (cpu_seconds()?, Instant::now());
        let found = pass(&pipeline, &texts, threads);
        cpu.push(cpu_seconds()? - from_cpu);
        wall.push(from.elapsed().as_secs_f64());
        assert_eq!(found, (tokens, expected), "a pass gave other answers than the first one");
        let from_cpu = cpu_seconds()?;
        products(tokens, components);
        bound.push(cpu_seconds()? - from_cpu);
    }
    let median = |seconds: &mut Vec<f64>| {
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    let (cpu, wall, bound) = (median(&mut cpu), median(&mut wall), median(&mut bound));
    let line = serde_json::json!({
        "model": pipeline.name(), "pipeline": arg(2, "full"), "threads": threads, "documents": texts.len(),
        "tokens": tokens, "load_seconds": load.as_secs_f64(), "tokens_per_cpu_second": (tokens as f64 / cpu).round(),
        "tokens_per_wall_second": (tokens as f64 / wall).round(), "share_of_product_bound": bound / cpu,
        "peak_rss_mb": peak_rss_mb()?, "answers": format!("{expected:016x}"),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn read_texts(file: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for line in std::fs::read_to_string(file)?.lines().filter(|l| !l.trim().is_empty()) {
        let document: serde_json::Value = serde_json::from_str(line)?;
        texts.extend(document["text"].as_str().or(document["body"].as_str()).map(str::to_owned));
    }
    Ok(texts)
}

/// Parses all texts, some at a time; gives the number of tokens and a hash of the answers.
fn pass(pipeline: &Pipeline, texts: &[&str], threads: usize) -> (usize, u64) {
    let (mut tokens, mut hash) = (0, DefaultHasher::new());
    for some in texts.chunks(64 * threads) {
        for doc in pipeline.parse_all(some, threads) {
            tokens += doc.len();
            answers(&doc, &mut hash);
        }
    }
    (tokens, hash.finish())
}

fn answers(doc: &Doc, hash: &mut DefaultHasher) {
    for token in 0..doc.len() {
        (doc.start(token), doc.head(token), doc.dep(token)).hash(hash);
        (doc.tag(token), doc.lemma(token), doc.ent_type(token)).hash(hash);
    }
}

/// The products of the small model for this many tokens, nothing else: encoder layers without the mix, which is
/// mostly remembered; reductions and precomputed layers of parser and entity recogniser; the tagger.
fn products(tokens: usize, components: Components) {
    const ENCODER: [(usize, usize); 4] = [(288, 288); 4];
    const NER: [(usize, usize); 2] = [(96, 64), (64, 384)];
    const PARSER: [(usize, usize); 2] = [(96, 64), (64, 1024)];
    const ROWS: usize = 512;
    let mut shapes: Vec<(usize, usize)> = [ENCODER.as_slice(), &NER].concat();
    if components != Components::Ner {
        shapes.extend([ENCODER.as_slice(), &PARSER].concat());
    }
    if components == Components::Full {
        shapes.push((96, 50));
    }
    for (inputs, outputs) in shapes {
        let (x, w, mut y) =
            (vec![0.5; ROWS * inputs], vec![0.25; inputs * outputs], vec![0.0; ROWS * outputs]);
        for _ in 0..tokens.div_ceil(ROWS) {
            product(&x, &w, inputs, &mut y);
        }
        assert!((y[0] - 0.125 * inputs as f32).abs() < 1e-3, "the products are not skipped");
    }
}

#[expect(unsafe_code, reason = "gemm takes raw pointers")]
fn product(x: &[f32], w: &[f32], inputs: usize, y: &mut [f32]) {
    let (rows, outputs) = (x.len() / inputs, w.len() / inputs);
    assert_eq!(rows * outputs, y.len());
    let (to, k) = (outputs.cast_signed(), inputs.cast_signed());
    let none = gemm::Parallelism::None;
    // SAFETY: x is rows × inputs, w outputs × inputs, y rows × outputs, all row-major.
    unsafe {
        gemm::gemm(
            rows,
            outputs,
            inputs,
            y.as_mut_ptr(),
            1,
            to,
            false,
            x.as_ptr(),
            1,
            k,
            w.as_ptr(),
            k,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            none,
        );
    }
}

/// CPU time of all threads, ended ones included, in seconds.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    // Fields 14 and 15 of the whole line, counted behind the name in parentheses; a tick is 1/100 s on Linux.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').ok_or("an odd /proc/self/stat")?.1;
    let mut ticks = 0.0;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<f64>()?;
    }
    Ok(ticks / 100.0)
}

fn peak_rss_mb() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1024)
}
