//! The pipeline: tokenizer, encoders, tagger, parser, rules, lemmas, entities.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::config::Config;
use crate::doc::{Doc, Ent, Labels, TokenData};
use crate::encoder::{Encoder, EncoderScratch, PART};
use crate::error::ModelError;
use crate::files::Files;
use crate::layers::Layers;
use crate::lemma::{Language, Lemmatizer, Word};
use crate::lexicon::Lexicon;
use crate::ner::{self, Ner};
use crate::parser::{self, Parser};
use crate::ruler::{Attr, Ruler};
use crate::tagger::Tagger;
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

/// A loaded model. It is read-only, and threads share it: what a thread remembers between documents is kept inside.
///
/// ```
/// # fn main() -> Result<(), copydesk_nlp::ModelError> {
/// // A folder or a wheel, such as en_core_web_sm-3.8.0-py3-none-any.whl.
/// let pipeline = copydesk_nlp::Pipeline::load("tests/fixtures/tiny".as_ref())?;
/// let docs = pipeline.parse_all(&["Ada went to Oslo.", "The ships didn't leave."], 2);
/// assert_eq!(docs[0].ent_type(0), "PERSON");
/// assert_eq!(docs[1].norm(3), "not");
/// # Ok(())
/// # }
/// ```
pub struct Pipeline {
    name: String,
    lang: String,
    labels: Arc<Labels>,
    lexicon: Lexicon,
    tokenizer: Tokenizer,
    vectors: Option<Vectors>,
    encoder: Option<Encoder>,
    /// The tagger, the morphologizer, or both.
    taggers: Vec<Tagger>,
    parser: Option<(Parser, Vec<u16>)>,
    ruler: Option<Ruler>,
    lemmatizer: Option<Lemmatizer>,
    ner: Option<(Ner, Option<Encoder>, Vec<u16>)>,
    scratch: Mutex<Vec<Scratch>>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Pipeline").field("name", &self.name).finish_non_exhaustive()
    }
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
    /// By text, part of speech, morphology and whether a sentence starts.
    lemmas: HashMap<(u64, u16, u16, bool), Arc<str>>,
}

impl Pipeline {
    /// Loads a spaCy v3 model: its directory (or one that holds it) or its wheel. A damaged model, and one that asks for
    /// something that is not supported, is an error.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::load_with(path, Components::Full)
    }

    /// Loads only what `components` needs; the rest of the model need not be supported.
    pub fn load_with(path: &Path, components: Components) -> Result<Self, ModelError> {
        Self::read(&Files::open(path)?, components)
    }

    /// Loads a model whose files are in memory, by their path below the folder of `config.cfg`.
    pub fn from_files(files: BTreeMap<String, Vec<u8>>) -> Result<Self, ModelError> {
        Self::read(&files.into(), Components::Full)
    }

    fn read(files: &Files, components: Components) -> Result<Self, ModelError> {
        let config = Config::read(&files.need("config.cfg")?)?;
        let listed = config.components(&|name| match components {
            Components::Full => true,
            Components::ParserNer => matches!(name, "tok2vec" | "parser" | "ner"),
            Components::Ner => name == "ner",
        })?;
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
        let lemmatizer = lemmatizer.as_deref().zip(Language::of(config.lang()));
        let lemmatizer = lemmatizer.map(|(data, lang)| Lemmatizer::read(data, lang)).transpose()?;
        let mut reader =
            Reader { files, config: &config, vectors: vectors.as_ref(), labels: &mut labels };
        let encoder = if has("tok2vec") { reader.encoder("tok2vec")? } else { None };
        let width = encoder.as_ref().map(Encoder::width);
        let taggers = ["tagger", "morphologizer"].into_iter().filter(|c| has(c));
        let taggers = taggers.map(|component| reader.tagger(component, width));
        let taggers = taggers.collect::<Result<_, _>>()?;
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
            taggers,
            parser,
            ruler,
            lemmatizer,
            ner,
            scratch,
        })
    }

    /// Language, name and version of the model and a hash of its weights: `en_core_web_sm-3.8.0+1f2e3d4c5b6a7988`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Language code of the model: `en`.
    pub fn lang(&self) -> &str {
        &self.lang
    }

    /// Parses one text. Any text is fine; it is taken as it stands, with all its white space.
    pub fn parse(&self, text: &str) -> Doc {
        self.parse_parts(text, &[])
    }

    /// Parses one text with a sentence start at the first word at or behind each byte of `starts`, which ascend: where a
    /// paragraph begins, no sentence goes on. All else is as in [`parse`](Self::parse).
    pub fn parse_parts(&self, text: &str, starts: &[usize]) -> Doc {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = lock().pop().unwrap_or_default();
        let doc = self.run(text, starts, &mut scratch);
        lock().push(scratch);
        doc
    }

    /// Parses texts on `threads` threads, the caller's among them; the documents come in the order of the texts.
    pub fn parse_all(&self, texts: &[&str], threads: usize) -> Vec<Doc> {
        let next = AtomicUsize::new(0);
        let docs: Vec<OnceLock<Doc>> = texts.iter().map(|_| OnceLock::new()).collect();
        let work = || {
            let mine = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            for at in mine.take_while(|at| *at < texts.len()) {
                docs[at].get_or_init(|| self.parse(texts[at]));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(texts.len()) {
                scope.spawn(work);
            }
            work();
        });
        docs.into_iter().map(|d| d.into_inner().expect("every text was parsed")).collect()
    }

    /// Splits one text into tokens and nothing more: no tags, no heads, one sentence.
    pub fn tokenize(&self, text: &str) -> Doc {
        let tokens = self.tokenizer.tokens(text, &self.lexicon, &mut ChunkCache::default());
        Doc::new(text.to_owned(), self.labels.clone(), unlabelled(&tokens), None)
    }

    fn run(&self, text: &str, starts: &[usize], scratch: &mut Scratch) -> Doc {
        let tokens = self.tokenizer.tokens(text, &self.lexicon, &mut scratch.chunks);
        let spaces: Vec<bool> = tokens.iter().map(|t| t.lexeme.is_space).collect();
        let mut data = unlabelled(&tokens);
        let starts = words_at(&data, &spaces, starts);
        self.tag_and_parse(&tokens, &spaces, &starts, &mut data, scratch);
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
        starts: &[usize],
        data: &mut [TokenData],
        scratch: &mut Scratch,
    ) {
        let Some(encoder) = &self.encoder else { return };
        let Scratch { encoder: room, scorer, rows, scores, .. } = scratch;
        let mut tagged = 0;
        let mut encode = |part: Range<usize>, data: &mut [TokenData], out: &mut Vec<f32>| {
            encoder.encode(tokens, part.clone(), self.vectors.as_ref(), room, out);
            if part.start == tagged {
                tagged = part.end;
                for tagger in &self.taggers {
                    tagger.apply(out, &mut data[part.clone()], scores);
                }
            }
        };
        let Some((parser, numbers)) = &self.parser else {
            for start in (0..tokens.len()).step_by(PART) {
                encode(start..(start + PART).min(tokens.len()), data, rows);
            }
            return;
        };
        let tree = parser.parse(&mut |part, out| encode(part, data, out), spaces, starts, scorer);
        for (i, token) in data.iter_mut().enumerate() {
            token.head = tree.heads[i];
            token.dep = numbers[usize::from(tree.labels[i])];
            token.sent_start = tree.sent_starts[i];
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
            let key = (token.lexeme.orth, token.pos, token.morph, token.sent_start);
            let make = || {
                let word = Word {
                    text: &token.lexeme.text,
                    lower: &token.lexeme.lower,
                    pos: self.labels.get(token.pos),
                    morph: self.labels.get(token.morph),
                    sent_start: token.sent_start,
                };
                lemmatizer.lemma(word).into()
            };
            token.lemma = scratch.lemmas.entry(key).or_insert_with(make).clone();
        }
    }

    fn entities(
        &self,
        tokens: &[Token],
        data: &[TokenData],
        spaces: &[bool],
        scratch: &mut Scratch,
    ) -> Option<Vec<Ent>> {
        let (ner, own, numbers) = self.ner.as_ref()?;
        let Scratch { encoder: room, ner_encoder, scorer, .. } = scratch;
        let (encoder, room) = match own {
            Some(own) => (own, ner_encoder),
            None => (self.encoder.as_ref()?, room),
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
        Some(found.into_iter().map(ent).collect())
    }
}

/// The first token that is no white space at or behind each of the bytes.
fn words_at(data: &[TokenData], spaces: &[bool], bytes: &[usize]) -> Vec<usize> {
    let word = |byte: &usize| {
        let first = data.partition_point(|t| t.start < *byte);
        (first..data.len()).find(|&t| !spaces[t])
    };
    bytes.iter().filter_map(word).collect()
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
        Tagger::read(self.files, component, shared(component, width)?, self.labels)
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
