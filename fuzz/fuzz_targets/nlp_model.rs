//! A damaged model is an error or a model, never a panic: the first byte of the input picks a file of a tiny model (the
//! high bit: of which), the rest replaces its bytes. What loads must parse.

#![no_main]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use copydesk_nlp::Pipeline;
use libfuzzer_sys::fuzz_target;

type Files = BTreeMap<String, Vec<u8>>;

fn tiny() -> &'static [Files; 2] {
    static FILES: OnceLock<[Files; 2]> = OnceLock::new();
    FILES.get_or_init(|| ["tiny", "tiny_es"].map(|folder| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/copydesk-nlp/tests/fixtures").join(folder);
        let mut files = Files::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("the tiny model is there") {
                let path = entry.expect("it can be listed").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&root).expect("it is below").to_str().expect("a plain name");
                    files.insert(name.to_owned(), std::fs::read(&path).expect("it can be read"));
                }
            }
        }
        files
    }))
}

fuzz_target!(|data: &[u8]| {
    let Some((&which, bytes)) = data.split_first() else { return };
    let mut files = tiny()[usize::from(which >> 7)].clone();
    let Some(name) = files.keys().nth(usize::from(which & 127) % files.len()).cloned() else { return };
    files.insert(name, bytes.to_vec());
    let Ok(pipeline) = Pipeline::from_files(files) else { return };
    let text = "Ada didn't sail to Malta, she said.  The 300 ships sold (12km) went to Oslo at 9 a.m.\n";
    copydesk_fuzz::check(&pipeline.parse(text), text);
});
