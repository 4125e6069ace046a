//! From annotated documents to cases: which candidate of a cue, and which noun beside it, the annotators mean.

use std::collections::BTreeSet;
use std::ops::Range;

use copydesk_nlp::{Doc, Pipeline};
use copydesk_stages::claims_training::{Example, examples};
use copydesk_types::{Block, BlockKind, OffsetMap, clean};

use crate::learner::Case;

/// The candidates of a cue for the ranker, with what is needed to say how well it chooses.
pub(crate) struct Content {
    pub(crate) case: Case,
    pub(crate) spans: Vec<Vec<Range<usize>>>,
    /// Word F1 of each candidate with the gold content; none when the cue attributes nothing.
    pub(crate) agreement: Option<Vec<f64>>,
    pub(crate) by_rule: Option<usize>,
}

/// What a document trains.
#[derive(Default)]
pub(crate) struct Cases {
    pub(crate) contents: Vec<Content>,
    pub(crate) sources: Vec<Case>,
}

struct Gold {
    source: BTreeSet<usize>,
    cue: BTreeSet<usize>,
    content: BTreeSet<usize>,
}

/// The cases of the document number `number`, parsed by `pipeline`.
pub(crate) fn cases(
    pipeline: &Pipeline,
    number: usize,
    document: &serde_json::Value,
    out: &mut Cases,
) {
    let text = clean(document["text"].as_str().unwrap_or_default());
    let blocks = blocks(&text);
    let starts: Vec<usize> = blocks.iter().map(|b| b.start).collect();
    let doc = pipeline.parse_parts(&text, &starts);
    collect(&doc, &blocks, &golds(&doc, document), number, out);
}

/// The lines of the text as paragraphs.
fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            let end = start + line.trim_end().len();
            out.push(Block { kind: BlockKind::Paragraph, start, end });
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

/// Word F1 of the candidates with the gold content. A quote apart that later steps attach counts for nobody.
fn agreement(
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

/// The gold that a verb serves best: its number, the agreement of each candidate, the best of them.
type Served = (usize, Vec<f64>, f64);

fn collect(doc: &Doc, blocks: &[Block], golds: &[Gold], number: usize, out: &mut Cases) {
    let right = |head: usize, spans: &[Vec<Range<usize>>], quotes: &[Range<usize>]| {
        let (_, scores, top) = served(doc, golds, head, spans, quotes)?;
        (top >= 0.5).then(|| scores.iter().position(|s| *s >= top))?
    };
    let found = examples(doc, blocks, &right);
    let table: Vec<Option<Served>> =
        found.iter().map(|e| served(doc, golds, e.head, &e.spans, &e.quotes)).collect();
    // Each gold belongs to the verb of its cue that serves it best.
    let mut owner: Vec<Option<(usize, f64)>> = vec![None; golds.len()];
    for (number, (at, _, top)) in
        table.iter().enumerate().filter_map(|(n, s)| Some((n, s.as_ref()?)))
    {
        if owner[*at].is_none_or(|(_, t)| *top > t + 1e-9) {
            owner[*at] = Some((number, *top));
        }
    }
    for (verb, (example, served)) in found.into_iter().zip(table).enumerate() {
        let served = served.filter(|(at, ..)| owner[*at].is_some_and(|(n, _)| n == verb));
        let right = match &served {
            Some((at, scores, top)) if *top >= 0.5 => {
                out.sources.extend(source(doc, &example, &golds[*at], number));
                (0..scores.len()).filter(|&c| scores[c] >= top - 0.005).collect()
            }
            _ => Vec::new(),
        };
        out.contents.push(Content {
            case: Case { document: number, features: example.features, right },
            spans: example.spans,
            agreement: served.map(|(_, scores, _)| scores),
            by_rule: example.by_rule,
        });
    }
}

fn served(
    doc: &Doc,
    golds: &[Gold],
    head: usize,
    spans: &[Vec<Range<usize>>],
    quotes: &[Range<usize>],
) -> Option<Served> {
    let mut best: Option<Served> = None;
    for (at, gold) in golds.iter().enumerate().filter(|(_, g)| g.cue.contains(&head)) {
        let scores = agreement(doc, head, spans, quotes, gold);
        let top = scores.iter().copied().fold(0.0, f64::max);
        if best.as_ref().is_none_or(|(_, _, t)| top > *t) {
            best = Some((at, scores, top));
        }
    }
    best
}

/// Who says it: right is the noun that carries the gold source in the tree; none when there is no source.
fn source(doc: &Doc, example: &Example, gold: &Gold, document: usize) -> Option<Case> {
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
    Some(Case { document, features, right })
}
