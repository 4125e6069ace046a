//! A model file is input like any other: damage is an error, or a model that still parses, never a panic.

use std::collections::BTreeMap;
use std::path::Path;

use copydesk_nlp::Pipeline;
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

/// The files that the runtime reads.
const NAMES: [&str; 15] = [
    "attribute_ruler/patterns",
    "config.cfg",
    "lemmatizer/lookups/lookups.bin",
    "meta.json",
    "ner/model",
    "ner/moves",
    "parser/model",
    "parser/moves",
    "tagger/cfg",
    "tagger/model",
    "tok2vec/model",
    "tokenizer",
    "vocab/key2row",
    "vocab/lookups.bin",
    "vocab/vectors",
];

/// What the tiny Spanish model has that the other one has not, or otherwise.
const SPANISH: [&str; 4] =
    ["lemmatizer/lookups/lookups.bin", "morphologizer/cfg", "morphologizer/model", "tokenizer"];

fn read(folder: &str, names: &[&str]) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let read = |n: &str| std::fs::read(root.join(n)).expect("the tiny model is committed");
    names.iter().map(|n| ((*n).to_owned(), read(n))).collect()
}

fn tiny() -> Files {
    read("tiny", &NAMES)
}

fn spanish() -> Files {
    let others = ["attribute_ruler/patterns", "config.cfg", "tok2vec/model"];
    read("tiny_es", &[SPANISH.as_slice(), &others].concat())
}

/// The files of a model, with the name of one to damage.
fn all() -> Vec<(Files, &'static str)> {
    let english = NAMES.iter().map(|name| (tiny(), *name));
    english.chain(SPANISH.iter().map(|name| (spanish(), *name))).collect()
}

/// Loads, and parses if it loads; gives the error as text.
fn outcome(files: Files) -> Result<usize, String> {
    let pipeline = Pipeline::from_files(files).map_err(|e| e.to_string())?;
    let doc = pipeline.parse("Ada didn't sail to Malta.  300 ships, she said, (12km) left.\n");
    for token in 0..doc.len() {
        assert!(doc.head(token) < doc.len());
        assert!(doc.ancestors(token).count() < doc.len(), "a token is below itself");
    }
    Ok(doc.len())
}

#[test]
fn the_whole_model_loads() {
    assert_eq!(outcome(tiny()), Ok(21));
    assert_eq!(outcome(spanish()), Ok(21));
}

#[test]
fn a_missing_file_is_named() {
    for name in NAMES {
        let mut files = tiny();
        files.remove(name);
        let outcome = outcome(files);
        // Norms, vectors and the name of the model are optional; the model's ner needs the vectors.
        match name {
            "meta.json" | "vocab/lookups.bin" => assert_eq!(outcome, Ok(21), "{name}"),
            "vocab/key2row" | "vocab/vectors" => assert_eq!(
                outcome.unwrap_err(),
                "read ner/model of the model: the model needs static vectors of another width"
            ),
            _ => assert_eq!(outcome.unwrap_err(), format!("find {name} in the model")),
        }
    }
}

#[test]
fn a_truncated_file_is_refused() {
    for (model, name) in all() {
        let whole = model[name].len();
        for keep in [0, 1, whole / 3, whole / 2, whole.saturating_sub(1)] {
            let mut files = model.clone();
            files.get_mut(name).unwrap().truncate(keep);
            let outcome = outcome(files);
            // A shorter config may be a whole one of fewer settings, and the table of norms is one byte long.
            let may_load = matches!(name, "config.cfg" | "meta.json") || keep == whole;
            assert!(outcome.is_err() || may_load, "{name} cut to {keep} of {whole}: {outcome:?}");
        }
    }
}

#[test]
fn lengths_that_lie_are_refused_without_the_memory() {
    let check = |name: &str, bytes: &[u8], expected: &str| {
        let mut files = tiny();
        files.insert(name.into(), bytes.into());
        assert_eq!(outcome(files).unwrap_err(), format!("read {name} of the model: {expected}"));
    };
    check("tokenizer", b"\xdf\xff\xff\xff\xff", "a length is too large");
    check("tok2vec/model", b"\xc6\xff\xff\xff\xff", "the data ends too early");
    check("ner/moves", &[0x91; 100], "values are nested too deeply");
    check(
        "vocab/vectors",
        b"\x93NUMPY\x01\x00\x60\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }                        \n",
        "its size does not agree with its shape",
    );
    check(
        "vocab/vectors",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr': '<f4'",
        "the header is cut off",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damage_is_an_error_or_a_model(
        which in 0..all().len(),
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (mut files, name) = all().swap_remove(which);
        let bytes = files.get_mut(name).unwrap();
        for (at, byte) in places {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Whether it loads or not: no panic.
        drop(outcome(files));
    }
}
