//! A parsed document.

use std::ops::Range;
use std::sync::Arc;

use crate::lexicon::Lexeme;
use crate::parser::edges;

/// The labels of a pipeline: a document refers to them by number.
#[derive(Debug, Default)]
pub(crate) struct Labels(Vec<Box<str>>);

impl Labels {
    /// The number of `label`, which is added if it is new.
    pub(crate) fn add(&mut self, label: &str) -> u16 {
        let at = self.0.iter().position(|l| &**l == label).unwrap_or_else(|| {
            self.0.push(label.into());
            self.0.len() - 1
        });
        u16::try_from(at).unwrap_or(0)
    }

    pub(crate) fn get(&self, number: u16) -> &str {
        self.0.get(usize::from(number)).map_or("", |l| l)
    }
}

/// What the pipeline says of one token; labels as numbers.
#[derive(Debug, Clone)]
pub(crate) struct TokenData {
    pub(crate) lexeme: Arc<Lexeme>,
    /// Byte offset in the text.
    pub(crate) start: usize,
    pub(crate) space: bool,
    pub(crate) tag: u16,
    pub(crate) pos: u16,
    pub(crate) morph: u16,
    pub(crate) dep: u16,
    pub(crate) head: usize,
    pub(crate) sent_start: bool,
    pub(crate) lemma: Arc<str>,
}

/// An entity: tokens `[start, end)`. Its type and text are the document's to tell: [`Doc::ent_label`],
/// [`Doc::span_text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ent {
    /// First token.
    pub start: usize,
    /// Token behind the last.
    pub end: usize,
    pub(crate) label: u16,
}

impl Ent {
    /// Its tokens.
    pub fn tokens(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A text with its tokens, tree and entities.
///
/// A token is named by its index, a span or sentence by a range of indices; offsets in the text are bytes. What no
/// component of the pipeline sets is empty; without a parser, each token is its own head and the text one sentence.
///
/// Every method that takes a token index panics when the document has no such token.
///
/// ```
/// # fn main() -> Result<(), copydesk_nlp::ModelError> {
/// // A model of a few kilobytes that knows its own training sentences.
/// let pipeline = copydesk_nlp::Pipeline::load("tests/fixtures/tiny".as_ref())?;
/// let doc = pipeline.parse("Bo Lindqvist sold 300 ships to Malta");
///
/// let entities: Vec<_> =
///     doc.ents().iter().map(|e| (doc.ent_label(*e), doc.span_text(e.tokens()))).collect();
/// assert_eq!(entities, [("PERSON", "Bo Lindqvist"), ("CARDINAL", "300"), ("GPE", "Malta")]);
///
/// let root = doc.sents().iter().flat_map(Clone::clone).find(|t| doc.head(*t) == *t).unwrap();
/// assert_eq!((doc.token_text(root), doc.tag(root)), ("sold", "VBD"));
/// let subject = doc.child(root, "nsubj").unwrap();
/// let words = |tokens: Vec<usize>| tokens.into_iter().map(|t| doc.token_text(t)).collect::<Vec<_>>();
/// assert_eq!(words(doc.subtree(subject).collect()), ["Bo", "Lindqvist"]);
/// assert_eq!(words(doc.children(root).collect()), ["Lindqvist", "ships", "to"]);
/// assert_eq!(words(doc.ancestors(doc.len() - 1).collect()), ["to", "sold"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Doc {
    text: String,
    labels: Arc<Labels>,
    tokens: Vec<TokenData>,
    ents: Vec<Ent>,
    /// Whether entities were looked for.
    recognised: bool,
    /// For each token its entity's number + 1, 0 for none.
    ent_of: Vec<u32>,
    left_edge: Vec<usize>,
    right_edge: Vec<usize>,
    sents: Vec<Range<usize>>,
    sent_of: Vec<u32>,
}

impl Doc {
    pub(crate) fn new(
        text: String,
        labels: Arc<Labels>,
        tokens: Vec<TokenData>,
        ents: Option<Vec<Ent>>,
    ) -> Self {
        let (recognised, ents) = (ents.is_some(), ents.unwrap_or_default());
        let heads: Vec<usize> = tokens.iter().map(|t| t.head).collect();
        let (left_edge, right_edge) = edges(&heads);
        let mut sents: Vec<Range<usize>> = Vec::new();
        let mut sent_of = Vec::with_capacity(tokens.len());
        for (i, token) in tokens.iter().enumerate() {
            if token.sent_start || i == 0 {
                sents.push(i..i);
            }
            let number = sents.len() - 1;
            sents[number].end = i + 1;
            sent_of.push(u32::try_from(number).unwrap_or(u32::MAX));
        }
        let mut ent_of = vec![0; tokens.len()];
        for (number, ent) in ents.iter().enumerate() {
            ent_of[ent.start..ent.end].fill(u32::try_from(number + 1).unwrap_or(0));
        }
        Self {
            text,
            labels,
            tokens,
            ents,
            recognised,
            ent_of,
            left_edge,
            right_edge,
            sents,
            sent_of,
        }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The token as it stands in the text.
    pub fn token_text(&self, token: usize) -> &str {
        &self.tokens[token].lexeme.text
    }

    /// The token in lower case.
    pub fn lower(&self, token: usize) -> &str {
        &self.tokens[token].lexeme.lower
    }

    /// First byte of the token.
    pub fn start(&self, token: usize) -> usize {
        self.tokens[token].start
    }

    /// Byte behind the token.
    pub fn end(&self, token: usize) -> usize {
        self.tokens[token].start + self.tokens[token].lexeme.text.len()
    }

    /// Whether one space follows.
    pub fn space_after(&self, token: usize) -> bool {
        self.tokens[token].space
    }

    /// Whether the token is white space.
    pub fn is_space(&self, token: usize) -> bool {
        self.tokens[token].lexeme.is_space
    }

    /// Normal form: `n't` is `not`.
    pub fn norm(&self, token: usize) -> &str {
        &self.tokens[token].lexeme.norm
    }

    /// Lemma: `go` of `went`.
    pub fn lemma(&self, token: usize) -> &str {
        &self.tokens[token].lemma
    }

    /// Fine-grained part of speech, as the model's treebank has it (`NNS`; English: Penn Treebank).
    pub fn tag(&self, token: usize) -> &str {
        self.labels.get(self.tokens[token].tag)
    }

    /// Part of speech in Universal Dependencies (`NOUN`).
    pub fn pos(&self, token: usize) -> &str {
        self.labels.get(self.tokens[token].pos)
    }

    /// Morphology, `Number=Sing|Person=3`.
    pub fn morph(&self, token: usize) -> &str {
        self.labels.get(self.tokens[token].morph)
    }

    /// Dependency label of the arc from the head.
    pub fn dep(&self, token: usize) -> &str {
        self.labels.get(self.tokens[token].dep)
    }

    /// The head; a root is its own.
    pub fn head(&self, token: usize) -> usize {
        self.tokens[token].head
    }

    /// Whether a sentence starts here.
    pub fn is_sent_start(&self, token: usize) -> bool {
        self.tokens[token].sent_start
    }

    /// The entities, in order, without overlap.
    pub fn ents(&self) -> &[Ent] {
        &self.ents
    }

    /// The type of an entity of this document (`PERSON`, `GPE` …).
    pub fn ent_label(&self, ent: Ent) -> &str {
        self.labels.get(ent.label)
    }

    /// The entity that the token is part of.
    pub fn ent_of(&self, token: usize) -> Option<Ent> {
        self.ents.get((self.ent_of[token] as usize).checked_sub(1)?).copied()
    }

    /// `B` where an entity begins, `I` inside one, `O` elsewhere; empty when no component looked for entities.
    pub fn ent_iob(&self, token: usize) -> &'static str {
        let outside = if self.recognised { "O" } else { "" };
        self.ent_of(token).map_or(outside, |e| if e.start == token { "B" } else { "I" })
    }

    /// Type of the token's entity, empty for none.
    pub fn ent_type(&self, token: usize) -> &str {
        self.ent_of(token).map_or("", |e| self.labels.get(e.label))
    }

    /// The sentences as token ranges.
    pub fn sents(&self) -> &[Range<usize>] {
        &self.sents
    }

    /// The sentence that the token is in, as a token range.
    pub fn sent_of(&self, token: usize) -> Range<usize> {
        self.sents[self.sent_of[token] as usize].clone()
    }

    /// First token of the subtree.
    pub fn left_edge(&self, token: usize) -> usize {
        self.left_edge[token]
    }

    /// Last token of the subtree.
    pub fn right_edge(&self, token: usize) -> usize {
        self.right_edge[token]
    }

    /// The tokens whose head this is, in order.
    pub fn children(&self, token: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let range = self.left_edge[token]..=self.right_edge[token];
        range.filter(move |&c| c != token && self.tokens[c].head == token)
    }

    /// Children before the token.
    pub fn lefts(&self, token: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.children(token).filter(move |&c| c < token)
    }

    /// Children behind the token.
    pub fn rights(&self, token: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.children(token).filter(move |&c| c > token)
    }

    /// The first child with this label.
    pub fn child(&self, token: usize, dep: &str) -> Option<usize> {
        self.children(token).find(|&c| self.dep(c) == dep)
    }

    /// The token and all below it, in text order.
    pub fn subtree(&self, token: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let range = self.left_edge[token]..=self.right_edge[token];
        range.filter(move |&t| t == token || self.ancestors(t).any(|above| above == token))
    }

    /// The heads above the token, nearest first.
    pub fn ancestors(&self, token: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = token;
        std::iter::from_fn(move || {
            let head = self.tokens[at].head;
            (head != at).then(|| {
                at = head;
                head
            })
        })
    }

    /// The text from the first to the last of these tokens; empty for an empty range.
    pub fn span_text(&self, tokens: Range<usize>) -> &str {
        self.text.get(self.bytes(tokens)).unwrap_or_default()
    }

    /// The bytes that a token range covers.
    pub fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        match tokens.end.checked_sub(1).filter(|last| tokens.start <= *last && *last < self.len()) {
            Some(last) => self.start(tokens.start)..self.end(last),
            None => 0..0,
        }
    }

    /// The token that covers the byte, or the first one behind it; `len()` when there is none.
    pub fn token_at_byte(&self, byte: usize) -> usize {
        self.tokens.partition_point(|t| t.start + t.lexeme.text.len() <= byte)
    }

    /// The tokens that overlap the bytes.
    pub fn tokens_in_bytes(&self, bytes: Range<usize>) -> Range<usize> {
        let start = self.token_at_byte(bytes.start);
        let end = self.tokens.partition_point(|t| t.start < bytes.end);
        start..end.max(start)
    }

    /// The tokens as a JSON array: an object for each with `text`, `start` and `end` (code points), `space` and the
    /// annotations, by the names of this type's methods.
    pub fn to_json(&self) -> serde_json::Value {
        self.token_values().collect()
    }

    /// Writes what [`to_json`](Self::to_json) gives, without holding it in memory.
    pub fn write_json(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        for (i, token) in self.token_values().enumerate() {
            out.write_all(if i == 0 { b"[" } else { b"," })?;
            serde_json::to_writer(&mut *out, &token)?;
        }
        out.write_all(if self.is_empty() { b"[]" } else { b"]" })
    }

    fn token_values(&self) -> impl Iterator<Item = serde_json::Value> + '_ {
        let (mut chars, mut at) = (0, 0);
        let mut count = move |to: usize| {
            chars += self.text.get(at..to).map_or(0, |s| s.chars().count());
            at = to;
            chars
        };
        (0..self.len()).map(move |i| {
            let (start, end) = (count(self.start(i)), count(self.end(i)));
            serde_json::json!({
                "text": self.token_text(i), "start": start, "end": end, "space": self.space_after(i),
                "norm": self.norm(i), "tag": self.tag(i), "pos": self.pos(i), "morph": self.morph(i),
                "lemma": self.lemma(i), "head": self.head(i), "dep": self.dep(i),
                "sent_start": self.is_sent_start(i), "ent_iob": self.ent_iob(i), "ent_type": self.ent_type(i),
            })
        })
    }
}
