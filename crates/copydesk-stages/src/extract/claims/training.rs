//! What the trainer of the ranker and the bench see: the same proposals and features as at run time.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Block, Claim, Record};

use super::attribution;
use super::features::Bag;
use super::model::{self, Choice, Model};
use super::scope::Scope;

/// From the verb, its candidates and the quotes of the paragraph to the right candidate.
pub type Right<'a> = dyn Fn(usize, &[Vec<Range<usize>>], &[Range<usize>]) -> Option<usize> + 'a;

/// A verb that may attribute, and its candidates.
#[derive(Debug)]
pub struct Example {
    /// Token of the verb.
    pub head: usize,
    /// Tokens of the cue.
    pub cue: Range<usize>,
    /// Token ranges of each candidate.
    pub spans: Vec<Vec<Range<usize>>>,
    /// Hashed features of each candidate.
    pub features: Vec<Vec<u32>>,
    /// For each candidate whose number `wanted` returned: the tokens that may name its source, with their features.
    pub sources: Vec<(usize, Vec<u32>)>,
    /// What the rules would take.
    pub by_rule: Option<usize>,
    /// Token ranges of the quotes of the paragraph.
    pub quotes: Vec<Range<usize>>,
}

/// Every example of a document; `right` says which of the candidates of the verb is right, given all of them and the quotes.
pub fn examples(doc: &Doc, blocks: &[Block], right: &Right) -> Vec<Example> {
    let mut out = Vec::new();
    let mut bag = Bag::default();
    for paragraph in super::paragraphs(doc, blocks) {
        let scope = Scope { doc, paragraph: &paragraph };
        for p in attribution::proposals(&scope) {
            let features = (0..p.candidates.len()).map(|at| {
                p.features(&scope, at, &mut bag);
                bag.0.clone()
            });
            let features: Vec<Vec<u32>> = features.collect();
            let spans: Vec<Vec<Range<usize>>> =
                p.candidates.iter().map(|c| c.spans.clone()).collect();
            let quotes: Vec<Range<usize>> =
                paragraph.quotes.iter().map(|q| paragraph.quote_tokens(doc, q)).collect();
            let mut sources = Vec::new();
            if let Some(at) = right(p.head, &spans, &quotes) {
                for s in p.sources(&scope, at, &[]) {
                    p.source_features(&scope, at, &s, &mut bag);
                    sources.push((s.token, bag.0.clone()));
                }
            }
            out.push(Example {
                sources,
                head: p.head,
                cue: p.cue.clone(),
                spans,
                features,
                by_rule: p.by_rule.map(|(at, _)| at),
                quotes,
            });
        }
    }
    out
}

/// The claims of a record that has its entities and times already, over a parse of its body: what the bench times.
pub fn claims(doc: &Doc, record: &Record) -> Vec<Claim> {
    super::find(doc, record, true)
}

/// Number of weights.
pub const WEIGHTS: usize = 1 << super::features::BITS;

/// The model file for the weights.
pub fn model_file(weights: &[f32]) -> Vec<u8> {
    Model::write(weights)
}

/// The candidate to take by its scores and those of the others, as at run time.
pub fn choose(scores: &[f32], spans: &[Vec<Range<usize>>]) -> Option<usize> {
    model::agreed(scores, |at| &spans[at]).filter(Choice::is_likely).map(|c| c.at)
}
