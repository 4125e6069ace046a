//! `tagger` and `morphologizer`: one linear layer over the shared rows, and what its best class sets.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use crate::doc::{Labels, TokenData};
use crate::error::ModelError;
use crate::files::Files;
use crate::layers::Layers;
use crate::linalg::{Affine, first_max};
use crate::symbols::SYMBOLS;

/// Ids of the parts of speech (`spacy/parts_of_speech.pxd`).
const PARTS_OF_SPEECH: std::ops::RangeInclusive<u64> = 84..=103;

/// Labels that a class sets, by number.
#[derive(Debug)]
enum Class {
    Tag(u16),
    Morphology { pos: u16, morph: u16 },
}

#[derive(Debug)]
pub(crate) struct Tagger {
    affine: Affine,
    classes: Vec<Class>,
}

/// The component's `cfg`.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    labels_morph: Pairs<String>,
    #[serde(default)]
    labels_pos: Pairs<u64>,
}

/// A JSON object in the order of the file, which is the order of the classes.
struct Pairs<T>(Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

struct PairsVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
    type Value = Pairs<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

impl Tagger {
    /// Reads the `tagger` or `morphologizer`, which takes rows of `width` floats.
    pub(crate) fn read(
        files: &Files,
        component: &str,
        width: usize,
        labels: &mut Labels,
    ) -> Result<Self, ModelError> {
        let file = format!("{component}/cfg");
        let bad = |what: &str| ModelError::malformed(&file, what);
        let settings: Settings =
            serde_json::from_slice(&files.need(&file)?).map_err(|e| bad(&e.to_string()))?;
        let affine = Layers::read(files, component)?.affine("softmax", 0)?;
        let count = settings.labels.len() + settings.labels_morph.0.len();
        if count == 0 || affine.rows() != count || affine.columns() != width {
            return Err(bad("there is not one class for each label"));
        }
        let classes: Vec<Class> = if component == "tagger" {
            settings.labels.iter().map(|tag| Class::Tag(labels.add(tag))).collect()
        } else {
            morphology(&settings, labels)
                .ok_or_else(|| bad("labels_morph and labels_pos differ"))?
        };
        if classes.len() != count {
            return Err(bad("it has the labels of another component"));
        }
        Ok(Self { affine, classes })
    }

    /// Sets the best class of each token, whose rows of floats are `rows`. `scores` is room to work in.
    pub(crate) fn apply(&self, rows: &[f32], tokens: &mut [TokenData], scores: &mut Vec<f32>) {
        self.affine.apply(rows, tokens.len(), scores);
        for (token, scores) in tokens.iter_mut().zip(scores.chunks_exact(self.affine.rows())) {
            match self.classes[first_max(scores)] {
                Class::Tag(tag) => token.tag = tag,
                Class::Morphology { pos, morph } => (token.pos, token.morph) = (pos, morph),
            }
        }
    }
}

/// The classes of a morphologizer; `None` when its two tables do not agree.
fn morphology(settings: &Settings, labels: &mut Labels) -> Option<Vec<Class>> {
    let parts: HashMap<&String, u64> =
        settings.labels_pos.0.iter().map(|(label, id)| (label, *id)).collect();
    let mut classes = Vec::new();
    for (label, morph) in &settings.labels_morph.0 {
        let id = parts.get(label)?;
        let pos = if *id == 0 { "" } else { part_of_speech(*id)? };
        let morph = if morph == "_" { "" } else { morph };
        classes.push(Class::Morphology { pos: labels.add(pos), morph: labels.add(morph) });
    }
    Some(classes)
}

fn part_of_speech(id: u64) -> Option<&'static str> {
    let found = SYMBOLS.iter().find(|(_, known)| *known == id)?;
    PARTS_OF_SPEECH.contains(&id).then_some(found.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_of_a_morphologizer_have_the_order_of_the_file() {
        let settings = r#"{"labels_morph": {"POS=VERB": "", "Number=Sing|POS=NOUN": "Number=Sing", "A=b": "A=b"},
            "labels_pos": {"Number=Sing|POS=NOUN": 92, "A=b": 0, "POS=VERB": 100}, "overwrite": true}"#;
        let mut labels = Labels::default();
        labels.add("");
        let classes = morphology(&serde_json::from_str(settings).unwrap(), &mut labels).unwrap();
        let named = classes.iter().map(|class| match class {
            Class::Morphology { pos, morph } => (labels.get(*pos), labels.get(*morph)),
            Class::Tag(_) => panic!("it sets no tag"),
        });
        let expected = [("VERB", ""), ("NOUN", "Number=Sing"), ("", "A=b")];
        assert_eq!(named.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_morphologizer_without_a_part_of_speech_for_each_class_is_refused() {
        let check = |settings: &str| {
            let settings = serde_json::from_str(settings).unwrap();
            assert!(morphology(&settings, &mut Labels::default()).is_none());
        };
        check(r#"{"labels_morph": {"POS=VERB": ""}, "labels_pos": {}}"#);
        check(r#"{"labels_morph": {"POS=VERB": ""}, "labels_pos": {"POS=VERB": 65}}"#);
    }
}
