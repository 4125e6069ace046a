//! `config.cfg`: which components a pipeline has, and whether this runtime computes them.
//!
//! Source: confection's format: sections in brackets, values in JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::encoder::Attribute;
use crate::error::ModelError;
use crate::lemma::Language;

const FILE: &str = "config.cfg";

/// The place of a component in the order of work. Entities need no more than what stands before the rules.
fn rank(component: &str) -> u8 {
    match component {
        "tok2vec" => 0,
        "tagger" | "morphologizer" => 1,
        "parser" => 2,
        "attribute_ruler" | "ner" => 3,
        _ => 4,
    }
}

/// Sections with their keys.
#[derive(Debug)]
pub(crate) struct Config {
    sections: BTreeMap<String, BTreeMap<String, Value>>,
}

/// What a `Tok2Vec` asks for.
#[derive(Debug)]
pub(crate) struct EncoderConfig {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) width: usize,
    pub(crate) depth: usize,
    pub(crate) static_vectors: bool,
}

impl Config {
    pub(crate) fn read(data: &[u8]) -> Result<Self, ModelError> {
        let text =
            std::str::from_utf8(data).map_err(|_| ModelError::malformed(FILE, "it is no text"))?;
        let mut sections: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                name.clone_into(&mut current);
                sections.entry(current.clone()).or_default();
            } else if let Some((key, value)) = line.split_once('=') {
                // What is no JSON is a reference such as ${paths.train}, which inference does not need.
                let value = serde_json::from_str(value.trim()).unwrap_or(Value::Null);
                sections.entry(current.clone()).or_default().insert(key.trim().into(), value);
            }
        }
        Ok(Self { sections })
    }

    fn get(&self, section: &str, key: &str) -> Option<&Value> {
        self.sections.get(section)?.get(key)
    }

    fn str(&self, section: &str, key: &str) -> &str {
        self.get(section, key).and_then(Value::as_str).unwrap_or_default()
    }

    fn list(&self, section: &str, key: &str) -> Vec<&str> {
        let items = self.get(section, key).and_then(Value::as_array).map(Vec::as_slice);
        items.unwrap_or_default().iter().filter_map(Value::as_str).collect()
    }

    /// Language code.
    pub(crate) fn lang(&self) -> &str {
        self.str("nlp", "lang")
    }

    /// The enabled components that are `wanted`, each checked to be one that this runtime computes, and computes in
    /// this order.
    pub(crate) fn components(
        &self,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<&str>, ModelError> {
        let tokenizer = self.get("nlp", "tokenizer").and_then(|t| t.get("@tokenizers"));
        if let Some(other) = tokenizer.filter(|t| *t != "spacy.Tokenizer.v1") {
            return Err(ModelError::unsupported("the tokenizer", other.to_string()));
        }
        let disabled = self.list("nlp", "disabled");
        let all = self.list("nlp", "pipeline").into_iter();
        let all: Vec<&str> = all.filter(|c| !disabled.contains(c) && wanted(c)).collect();
        for component in &all {
            self.check(component)?;
        }
        for (at, component) in all.iter().enumerate() {
            let mut later = all.iter().skip(at + 1).filter(|c| **c != "ner");
            if let Some(other) = later.find(|c| rank(c) < rank(component)) {
                return Err(ModelError::unsupported(
                    component,
                    format!("to be run before {other}"),
                ));
            }
        }
        Ok(all)
    }

    fn check(&self, component: &str) -> Result<(), ModelError> {
        let factory = self.str(&format!("components.{component}"), "factory");
        let model = format!("components.{component}.model");
        let architecture = self.str(&model, "@architectures");
        let refuse = |what: String| Err(ModelError::unsupported(component, what));
        if factory != component {
            return refuse(format!("the factory {factory:?}"));
        }
        let known: &[&str] = match factory {
            "tok2vec" => &["spacy.Tok2Vec.v1", "spacy.Tok2Vec.v2"],
            "tagger" | "morphologizer" => {
                if self.get(&format!("components.{component}"), "extend")
                    == Some(&Value::Bool(true))
                {
                    return refuse("extend = true".into());
                }
                &["spacy.Tagger.v1", "spacy.Tagger.v2"]
            }
            "parser" | "ner" => &["spacy.TransitionBasedParser.v2"],
            "attribute_ruler" => return Ok(()),
            "lemmatizer" => {
                let mode = self.str("components.lemmatizer", "mode");
                if mode == "rule" && Language::of(self.lang()).is_some() {
                    return Ok(());
                }
                return refuse(format!("mode {mode:?} for language {:?}", self.lang()));
            }
            _ => return refuse(format!("the factory {factory:?}")),
        };
        if !known.contains(&architecture) {
            return refuse(format!("the architecture {architecture:?}"));
        }
        if matches!(factory, "parser" | "ner") {
            for (key, wanted) in [("use_upper", true), ("extra_state_tokens", false)] {
                if self.get(&model, key).and_then(Value::as_bool).is_some_and(|v| v != wanted) {
                    return refuse(format!("{key} = {}", !wanted));
                }
            }
            if self.get(&format!("components.{component}"), "learn_tokens")
                == Some(&Value::Bool(true))
            {
                return refuse("learn_tokens = true".into());
            }
        }
        Ok(())
    }

    /// The encoder that `component` has of its own, or `None` when it listens to the shared one.
    pub(crate) fn encoder(&self, component: &str) -> Result<Option<EncoderConfig>, ModelError> {
        let base = if component == "tok2vec" {
            "components.tok2vec.model".to_owned()
        } else {
            format!("components.{component}.model.tok2vec")
        };
        let refuse = |what: String| ModelError::unsupported(component, what);
        match self.str(&base, "@architectures") {
            "spacy.Tok2VecListener.v1" => return Ok(None),
            "spacy.Tok2Vec.v1" | "spacy.Tok2Vec.v2" => {}
            other => return Err(refuse(format!("the architecture {other:?}"))),
        }
        let (embed, encode) = (format!("{base}.embed"), format!("{base}.encode"));
        let (embed_kind, encode_kind) =
            (self.str(&embed, "@architectures"), self.str(&encode, "@architectures"));
        if embed_kind != "spacy.MultiHashEmbed.v2" {
            return Err(refuse(format!("the architecture {embed_kind:?}")));
        }
        if encode_kind != "spacy.MaxoutWindowEncoder.v2" {
            return Err(refuse(format!("the architecture {encode_kind:?}")));
        }
        let number = |key: &str| {
            let n = self
                .get(&encode, key)
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok());
            n.filter(|n| (1..=4096).contains(n)).ok_or_else(|| refuse(format!("{key} as a number")))
        };
        for (key, wanted) in [("window_size", 1), ("maxout_pieces", 3), ("depth", 4)] {
            if number(key)? != wanted {
                return Err(refuse(format!("{key} other than {wanted}")));
            }
        }
        let attributes = self
            .list(&embed, "attrs")
            .into_iter()
            .map(|name| attribute(name).ok_or_else(|| refuse(format!("the attribute {name}"))));
        let static_vectors = self.get(&embed, "include_static_vectors") == Some(&Value::Bool(true));
        Ok(Some(EncoderConfig {
            attributes: attributes.collect::<Result<_, _>>()?,
            width: number("width")?,
            depth: number("depth")?,
            static_vectors,
        }))
    }
}

fn attribute(name: &str) -> Option<Attribute> {
    Some(match name {
        "NORM" => Attribute::Norm,
        "PREFIX" => Attribute::Prefix,
        "SUFFIX" => Attribute::Suffix,
        "SHAPE" => Attribute::Shape,
        "SPACY" => Attribute::Spacy,
        "IS_SPACE" => Attribute::IsSpace,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[&str], &str>) {
        let config = Config::read(text.as_bytes()).unwrap();
        let found = config.components(&|_| true).map_err(|e| e.to_string());
        assert_eq!(found.as_deref(), expected.map_err(str::to_owned).as_deref(), "{text}");
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        let ruler = "[nlp]\nlang = \"en\"\npipeline = [\"attribute_ruler\",\"senter\"]\ndisabled = [\"senter\"]\n\
                     [components.attribute_ruler]\nfactory = \"attribute_ruler\"\n";
        check(ruler, Ok(&["attribute_ruler"]));
        check(
            &ruler
                .replace("en\"", "ja\"")
                .replace("[nlp]", "[nlp]\ntokenizer = {\"@tokenizers\":\"spacy.ja\"}"),
            Err("the tokenizer needs \"spacy.ja\", which this runtime does not support"),
        );
        check(
            "[nlp]\npipeline = [\"ner\"]\n[components.ner]\nfactory = \"ner\"\n[components.ner.model]\n\
             @architectures = \"spacy-transformers.X.v1\"\n",
            Err(
                "ner needs the architecture \"spacy-transformers.X.v1\", which this runtime does not support",
            ),
        );
        check(
            "[nlp]\nlang = \"it\"\npipeline = [\"lemmatizer\"]\n[components.lemmatizer]\nfactory = \"lemmatizer\"\n\
             mode = \"rule\"\n",
            Err(
                "lemmatizer needs mode \"rule\" for language \"it\", which this runtime does not support",
            ),
        );
        check(
            &ruler.replace("[\"attribute_ruler\"", "[\"lemmatizer\",\"attribute_ruler\"").replace(
                "[components",
                "[components.lemmatizer]\nfactory = \"lemmatizer\"\nmode = \"rule\"\n[components",
            ),
            Err(
                "lemmatizer needs to be run before attribute_ruler, which this runtime does not support",
            ),
        );
        check(
            "[nlp]\npipeline = [\"entity_linker\"]\n[components.entity_linker]\nfactory = \"entity_linker\"\n",
            Err(
                "entity_linker needs the factory \"entity_linker\", which this runtime does not support",
            ),
        );
    }
}
