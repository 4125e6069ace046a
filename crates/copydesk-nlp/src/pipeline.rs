//! The pipeline: tokenizer, encoders, tagger, parser, rules, lemmas, entities.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Config;
use crate::doc::{Doc, Ent, Labels, TokenData};
use crate::encoder::{Encoder, EncoderScratch, PART};
use crate::error::ModelError;
use crate::files::Files;
use crate::layers::Layers;
use crate::lemma::Lemmatizer;
use crate::lexicon::Lexicon;
use crate::linalg::{Affine, first_max};
use crate::ner::{self, Ner};
use crate::parser::{self, Parser};
use crate::ruler::{Attr, Ruler};
use crate::tokenizer::{ChunkCache, Token, Tokenizer};
use crate::transition::{Scorer, ScorerScratch, read_moves};
use crate::vectors::Vectors;

/// Lemmas that are remembered.
const REMEMBERED: usize = 20_000;

/// Which components run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Components {
    /// All that the model has.
    #[default]
    Full,
    /// Heads, sentences and entities.
    ParserNer,
    /// Entities alone.
    Ner,
}

#[derive(Debug)]
struct Tagger {
    affine: Affine,
    tags: Vec<u16>,
}

/// A loaded model. It is read-only: threads share it.
///
/// ```no_run
/// # fn main() -> Result<(), copydesk_nlp::ModelError> {
/// let pipeline = copydesk_nlp::Pipeline::load("en_core_web_sm-3.8.0.whl".as_ref())?;
/// let doc = pipeline.parse("Ada Lovelace wrote to Babbage.");
/// assert_eq!(doc.dep(0), "compound");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Pipeline {
    name: String,
    lang: String,
    labels: Arc<Labels>,
    lexicon: Lexicon,
    tokenizer: Tokenizer,
    vectors: Option<Vectors>,
    encoder: Option<Encoder>,
    tagger: Option<Tagger>,
    parser: Option<(Parser, Vec<u16>)>,
    ruler: Option<Ruler>,
    lemmatizer: Option<Lemmatizer>,
    ner: Option<(Ner, Option<Encoder>, Vec<u16>)>,
    scratch: Mutex<Vec<Scratch>>,
}

/// What one thread keeps between documents.
#[derive(Debug, Default)]
struct Scratch {
    chunks: ChunkCache,
    encoder: EncoderScratch,
    ner_encoder: EncoderScratch,
    scorer: ScorerScratch,
    rows: Vec<f32>,
    scores: Vec<f32>,
    lemmas: HashMap<(u64, u16, u16), Arc<str>>,
}

impl Pipeline {
    /// Loads a spaCy v3 model: its directory (or one that holds it) or its wheel.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::load_with(path, Components::Full)
    }

    /// Loads only what `components` needs.
    pub fn load_with(path: &Path, components: Components) -> Result<Self, ModelError> {
        Self::read(&Files::open(path)?, components)
    }

    /// Loads a model whose files are in memory, by their path below the folder of `config.cfg`.
    pub fn from_files(files: BTreeMap<String, Vec<u8>>) -> Result<Self, ModelError> {
        Self::read(&files.into(), Components::Full)
    }

    fn read(files: &Files, components: Components) -> Result<Self, ModelError> {
        let config = Config::read(&files.need("config.cfg")?)?;
        let mut listed = config.components()?;
        listed.retain(|name| match components {
            Components::Full => true,
            Components::ParserNer => matches!(*name, "tok2vec" | "parser" | "ner"),
            Components::Ner => *name == "ner",
        });
        let has = |name: &str| listed.contains(&name);
        let mut labels = Labels::default();
        labels.add("");
        let lexicon = Lexicon::read(files.get("vocab/lookups.bin")?.as_deref())?;
        let tokenizer = Tokenizer::read(&files.need("tokenizer")?, &lexicon)?;
        let vectors = Vectors::read(files)?;
        let optional =
            |name: &str, file: &str| if has(name) { files.need(file).map(Some) } else { Ok(None) };
        let ruler = optional("attribute_ruler", "attribute_ruler/patterns")?;
        let ruler = ruler.as_deref().map(|data| Ruler::read(data, &mut labels)).transpose()?;
        let lemmatizer = optional("lemmatizer", "lemmatizer/lookups/lookups.bin")?;
        let lemmatizer = lemmatizer.as_deref().map(Lemmatizer::read).transpose()?;
        let mut reader =
            Reader { files, config: &config, vectors: vectors.as_ref(), labels: &mut labels };
        let encoder = if has("tok2vec") { reader.encoder("tok2vec")? } else { None };
        let width = encoder.as_ref().map(Encoder::width);
        let tagger = ["tagger", "morphologizer"].into_iter().find(|c| has(c));
        let tagger = tagger.map(|component| reader.tagger(component, width)).transpose()?;
        let parser = if has("parser") { Some(reader.parser(width)?) } else { None };
        let ner = if has("ner") { Some(reader.ner(width)?) } else { None };
        let (name, lang) = (model_name(files)?, config.lang().to_owned());
        let (labels, scratch) = (Arc::new(labels), Mutex::default());
        Ok(Self {
            name,
            lang,
            labels,
            lexicon,
            tokenizer,
            vectors,
            encoder,
            tagger,
            parser,
            ruler,
            lemmatizer,
            ner,
            scratch,
        })
    }

    /// Language, name and version of the model: `en_core_web_sm-3.8.0`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Language code of the model.
    pub fn lang(&self) -> &str {
        &self.lang
    }

    /// Parses one text. Any text is fine; it is taken as it stands.
    pub fn parse(&self, text: &str) -> Doc {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = lock().pop().unwrap_or_default();
        let doc = self.run(text, &mut scratch);
        lock().push(scratch);
        doc
    }

    /// Parses texts on `threads` threads; the documents come in the order of the texts.
    pub fn parse_all(&self, texts: &[&str], threads: usize) -> Vec<Doc> {
        let next = AtomicUsize::new(0);
        let docs: Vec<Mutex<Option<Doc>>> = texts.iter().map(|_| Mutex::new(None)).collect();
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, texts.len().max(1)) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(text) = texts.get(at) else { return };
                        let doc = self.parse(text);
                        *docs[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(doc);
                    }
                });
            }
        });
        let taken =
            docs.into_iter().map(|d| d.into_inner().unwrap_or_else(PoisonError::into_inner));
        taken.map(|d| d.expect("every text was parsed")).collect()
    }

    /// Splits one text into tokens and nothing more: no tags, no heads, one sentence.
    pub fn tokenize(&self, text: &str) -> Doc {
        let tokens = self.tokenizer.tokens(text, &self.lexicon, &mut ChunkCache::default());
        Doc::new(text.to_owned(), self.labels.clone(), unlabelled(&tokens), Vec::new())
    }

    fn run(&self, text: &str, scratch: &mut Scratch) -> Doc {
        let tokens = self.tokenizer.tokens(text, &self.lexicon, &mut scratch.chunks);
        let spaces: Vec<bool> = tokens.iter().map(|t| t.lexeme.is_space).collect();
        let mut data = unlabelled(&tokens);
        self.tag_and_parse(&tokens, &spaces, &mut data, scratch);
        self.apply_rules(&mut data);
        self.lemmatize(&mut data, scratch);
        let ents = self.entities(&tokens, &data, &spaces, scratch);
        Doc::new(text.to_owned(), self.labels.clone(), data, ents)
    }

    /// Encodes part by part as the parser comes to it; a part is tagged when it is encoded for the first time. So no
    /// more is kept than some parts, however long the document.
    fn tag_and_parse(
        &self,
        tokens: &[Token],
        spaces: &[bool],
        data: &mut [TokenData],
        scratch: &mut Scratch,
    ) {
        let Some(encoder) = &self.encoder else { return };
        let Scratch { encoder: room, scorer, rows, scores, .. } = scratch;
        let mut tags: Vec<u16> = Vec::with_capacity(tokens.len());
        let mut encode = |part: Range<usize>, out: &mut Vec<f32>| {
            encoder.encode(tokens, part.clone(), self.vectors.as_ref(), room, out);
            if let Some(tagger) = self.tagger.as_ref().filter(|_| part.start == tags.len()) {
                tagger.affine.apply(out, part.len(), scores);
                let scores = scores.chunks_exact(tagger.affine.rows());
                tags.extend(scores.map(|scores| tagger.tags[first_max(scores)]));
            }
        };
        if let Some((parser, numbers)) = &self.parser {
            let tree = parser.parse(&mut encode, spaces, scorer);
            for (i, token) in data.iter_mut().enumerate() {
                token.head = tree.heads[i];
                token.dep = numbers[usize::from(tree.labels[i])];
                token.sent_start = tree.sent_starts[i];
            }
        } else if self.tagger.is_some() {
            for start in (0..tokens.len()).step_by(PART) {
                encode(start..(start + PART).min(tokens.len()), rows);
            }
        }
        for (token, tag) in data.iter_mut().zip(tags) {
            token.tag = tag;
        }
    }

    fn apply_rules(&self, data: &mut [TokenData]) {
        let Some(ruler) = &self.ruler else { return };
        for (i, change) in ruler.apply(data, &self.labels) {
            let token = &mut data[i];
            match change.attr {
                Attr::Tag => token.tag = change.label,
                Attr::Pos => token.pos = change.label,
                Attr::Morph => token.morph = change.label,
                Attr::Dep => token.dep = change.label,
                Attr::Lemma => token.lemma = change.text.clone(),
            }
        }
    }

    fn lemmatize(&self, data: &mut [TokenData], scratch: &mut Scratch) {
        let Some(lemmatizer) = &self.lemmatizer else { return };
        if scratch.lemmas.len() >= REMEMBERED {
            scratch.lemmas.clear();
        }
        for token in data.iter_mut().filter(|t| t.lemma.is_empty()) {
            // As spaCy does, the text is told by its 64-bit id.
            let key = (token.lexeme.orth, token.pos, token.morph);
            let (pos, morph) = (self.labels.get(token.pos), self.labels.get(token.morph));
            let make =
                || lemmatizer.lemma(&token.lexeme.text, &token.lexeme.lower, pos, morph).into();
            token.lemma = scratch.lemmas.entry(key).or_insert_with(make).clone();
        }
    }

    fn entities(
        &self,
        tokens: &[Token],
        data: &[TokenData],
        spaces: &[bool],
        scratch: &mut Scratch,
    ) -> Vec<Ent> {
        let Some((ner, own, numbers)) = &self.ner else { return Vec::new() };
        let Scratch { encoder: room, ner_encoder, scorer, .. } = scratch;
        let (encoder, room) = match own {
            Some(own) => (own, ner_encoder),
            None => match &self.encoder {
                Some(shared) => (shared, room),
                None => return Vec::new(),
            },
        };
        let mut encode = |part: Range<usize>, out: &mut Vec<f32>| {
            encoder.encode(tokens, part, self.vectors.as_ref(), room, out);
        };
        // Without a parser no sentence starts are known but the first.
        let starts: Vec<bool> = data.iter().map(|t| t.sent_start).collect();
        let found = ner.find(&mut encode, &starts, spaces, scorer);
        let ent = |(start, end, label): ner::Found| Ent {
            start,
            end,
            label: numbers[usize::from(label)],
        };
        found.into_iter().map(ent).collect()
    }
}

/// Tokens of which nothing is known yet.
fn unlabelled(tokens: &[Token]) -> Vec<TokenData> {
    let nothing: Arc<str> = "".into();
    let mut at = 0;
    let each = tokens.iter().enumerate().map(|(i, token)| {
        let start = at;
        at += token.lexeme.text.len() + usize::from(token.space);
        TokenData {
            lexeme: token.lexeme.clone(),
            start,
            space: token.space,
            tag: 0,
            pos: 0,
            morph: 0,
            dep: 0,
            head: i,
            sent_start: i == 0,
            lemma: nothing.clone(),
        }
    });
    each.collect()
}

/// Reads the components of one model.
struct Reader<'a> {
    files: &'a Files,
    config: &'a Config,
    vectors: Option<&'a Vectors>,
    labels: &'a mut Labels,
}

impl Reader<'_> {
    /// The encoder that the component has of its own.
    fn encoder(&self, component: &str) -> Result<Option<Encoder>, ModelError> {
        let Some(wanted) = self.config.encoder(component)? else { return Ok(None) };
        let layers = Layers::read(self.files, component)?;
        let encoder = Encoder::read(&layers, &wanted)?;
        if encoder.vector_width().is_some_and(|w| self.vectors.is_none_or(|v| v.width() != w)) {
            return Err(layers.bad("the model needs static vectors of another width"));
        }
        Ok(Some(encoder))
    }

    fn tagger(&mut self, component: &str, width: Option<usize>) -> Result<Tagger, ModelError> {
        let file = format!("{component}/cfg");
        let bad = |what: &str| ModelError::malformed(&file, what);
        let cfg = serde_json::from_slice(&self.files.need(&file)?);
        let cfg: serde_json::Value = cfg.map_err(|e| bad(&e.to_string()))?;
        let names =
            cfg.get("labels").and_then(|l| l.as_array()).ok_or_else(|| bad("it has no labels"))?;
        let tags: Vec<u16> =
            names.iter().filter_map(|l| l.as_str()).map(|l| self.labels.add(l)).collect();
        let affine = Layers::read(self.files, component)?.affine("softmax", 0)?;
        if affine.rows() != tags.len() || affine.columns() != shared(component, width)? {
            return Err(bad("there is not one class for each label"));
        }
        Ok(Tagger { affine, tags })
    }

    fn parser(&mut self, width: Option<usize>) -> Result<(Parser, Vec<u16>), ModelError> {
        let moves = read_moves(self.files, "parser")?;
        let layers = Layers::read(self.files, "parser")?;
        let scorer =
            Scorer::read(&layers, parser::FEATURES, moves.len(), shared("parser", width)?)?;
        let parser = Parser::new(scorer, moves)?;
        let numbers = parser.labels.iter().map(|l| self.labels.add(l)).collect();
        Ok((parser, numbers))
    }

    fn ner(
        &mut self,
        width: Option<usize>,
    ) -> Result<(Ner, Option<Encoder>, Vec<u16>), ModelError> {
        let own = self.encoder("ner")?;
        let mut moves = read_moves(self.files, "ner")?;
        // Action 0 is MISSING, which only training uses.
        moves.retain(|m| m.action != 0);
        let layers = Layers::read(self.files, "ner")?;
        let width = own.as_ref().map(Encoder::width).or(width);
        let scorer = Scorer::read(&layers, ner::FEATURES, moves.len(), shared("ner", width)?)?;
        let ner = Ner::new(scorer, moves)?;
        let numbers = ner.labels.iter().map(|l| self.labels.add(l)).collect();
        Ok((ner, own, numbers))
    }
}

/// The width of the encoder that `component` listens to.
fn shared(component: &str, width: Option<usize>) -> Result<usize, ModelError> {
    width.ok_or_else(|| {
        ModelError::unsupported(component, "a tok2vec that the pipeline does not have")
    })
}

/// `<lang>_<name>-<version>+<hash of the weights>`. Packagers rename models (`core_web_sm_x`): what they add is cut, and
/// the hash tells whether the weights are the same.
fn model_name(files: &Files) -> Result<String, ModelError> {
    let meta = files.get("meta.json")?.unwrap_or_default();
    let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap_or_default();
    let field = |name: &str| meta.get(name).and_then(|v| v.as_str()).unwrap_or("unknown");
    let mut name = String::new();
    for part in field("name").split('_') {
        name.push('_');
        name.push_str(part);
        if matches!(part, "sm" | "md" | "lg") {
            break;
        }
    }
    let mut hash = 0;
    for component in ["tok2vec", "tagger", "morphologizer", "parser", "ner"] {
        if let Some(weights) = files.get(&format!("{component}/model"))? {
            hash = crate::hash::murmur64a(&weights, hash);
        }
    }
    Ok(format!("{}{name}-{}+{hash:016x}", field("lang"), field("version")))
}
