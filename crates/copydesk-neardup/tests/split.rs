//! An index that is split into parts.

mod common;

use common::{Random, story};
use copydesk_neardup::{Article, Finding, Index, Options};

/// A stream of stories, copies of parts and edited copies, of three outlets with a notice each.
fn stream(count: u64) -> Vec<(String, String)> {
    let mut random = Random(7);
    let mut out: Vec<(String, String)> = Vec::new();
    for n in 0..count {
        let outlet = random.below(3);
        let back = if random.below(2) == 0 { random.below(30) } else { 0 };
        let seed = n.saturating_sub(back as u64);
        let mut text = story(seed, 6 + random.below(30));
        let from = random.below(4);
        text.drain(..from);
        text.extend(story(1000 + u64::from(outlet == 1), 3));
        let text = text.join(" ").replacen("river", "stream", random.below(5));
        out.push((text, format!("outlet {outlet}")));
    }
    out
}

/// What an index whose postings are split over so many parts decides.
fn findings(stream: &[(String, String)], of: u32) -> Vec<Finding> {
    let options = Options { window: 60 };
    let mut parts: Vec<Index> = (0..of).map(|number| Index::part(options, number, of)).collect();
    let mut findings = Vec::new();
    for (text, outlet) in stream {
        let all: Vec<&Index> = parts.iter().collect();
        let article = Article { text, source: Some(outlet), ..Article::default() };
        // Any part may decide: here the one whose turn it is.
        let home = all[findings.len() % all.len()];
        let sketch = home.sketch_over(&all, &article);
        let finding = home.decide_over(&all, &sketch);
        findings.push(finding);
        for part in &mut parts {
            part.insert(&sketch, finding).expect("a decision of this index fits it");
        }
    }
    findings
}

#[test]
fn a_split_index_decides_as_a_whole_one() {
    let stream = stream(400);
    let whole = findings(&stream, 1);
    assert!(whole.iter().filter(|f| f.parent.is_some()).count() > 100);
    for of in [2, 3, 7] {
        assert_eq!(findings(&stream, of), whole, "{of} parts");
    }
}
