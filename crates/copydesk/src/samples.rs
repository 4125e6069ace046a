//! The articles of the demo. They are made up, people and all.

use copydesk_pipeline::Sample;

macro_rules! sample {
    ($name:literal) => {
        Sample { name: $name, content: include_str!(concat!("../samples/", $name)) }
    };
}

/// A wire story, its copy in another paper, its revision of the same evening, a page, a story through two mouths, a brief.
pub(crate) const SAMPLES: [Sample; 6] = [
    sample!("1-wire.txt"),
    sample!("2-copy.txt"),
    sample!("3-revision.json"),
    sample!("4-page.html"),
    sample!("5-nested.md"),
    sample!("6-brief.txt"),
];
