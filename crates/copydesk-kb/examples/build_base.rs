//! Builds a base from JSON Lines lists: `build_base OUT LIST.jsonl…`; a first line `# licence: …` of a list is kept.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use copydesk_kb::{BuildOptions, Builder, read_json_lines};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [out, lists @ ..] = args.as_slice() else {
        return Err("usage: build_base OUT LIST.jsonl...".into());
    };
    let options = BuildOptions::in_directory(&std::env::temp_dir());
    let mut builder = Builder::new(options, Box::new(|_| {}))?;
    for list in lists {
        for line in BufReader::new(File::open(list)?).lines() {
            match line?.strip_prefix("# licence: ") {
                Some(licence) => builder.licence(licence),
                None => break,
            }
        }
        read_json_lines(&mut builder, &mut BufReader::new(File::open(list)?))?;
    }
    let summary = builder.finish(Path::new(out))?;
    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{summary:?}\n"))?;
    Ok(())
}
