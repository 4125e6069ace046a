//! Stable ids: functions of the input, equal on every run and every machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An id that does not have the form of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind} id")]
pub struct IdError {
    kind: &'static str,
    text: String,
}

macro_rules! hashed_id {
    ($name:ident, $prefix:literal, $kind:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                let hex = text.strip_prefix($prefix).unwrap_or_default();
                let fits = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if fits { Ok(Self(text)) } else { Err(IdError { kind: $kind, text }) }
            }
        }
    };
}

hashed_id!(ArticleId, "a_", "article", "Id of an article: `a_` and 128 bits of BLAKE3 in hex.");
hashed_id!(ClaimId, "c_", "claim", "Id of a claim: `c_` and 128 bits of BLAKE3 in hex.");
hashed_id!(
    StoryId,
    "s_",
    "story",
    "Id of a story, named after its first article: `s_` and that article's hash."
);
hashed_id!(
    GroupId,
    "g_",
    "claim group",
    "Id of a claim group, named after its first claim: `g_` and that claim's hash."
);

/// Id of an entity: a Wikidata id (`Q58217`), a GeoNames id (`geonames:2013348`) or a minted one (`e_…`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct EntityId(String);

impl EntityId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id was minted here, so that no knowledge base stands behind it.
    pub fn is_minted(&self) -> bool {
        self.0.starts_with("e_")
    }
}

impl std::fmt::Display for EntityId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<EntityId> for String {
    fn from(id: EntityId) -> Self {
        id.0
    }
}

impl TryFrom<String> for EntityId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let fits = text.strip_prefix('Q').is_some_and(digits)
            || text.strip_prefix("geonames:").is_some_and(digits)
            || text
                .strip_prefix("e_")
                .is_some_and(|h| h.len() == 32 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        if fits { Ok(Self(text)) } else { Err(IdError { kind: "entity", text }) }
    }
}

/// 128 bits of BLAKE3 over the parts, each preceded by its length (so that parts cannot run together), in hex.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// The id of an article: its source identity (canonical URL, the `id` it came with, or path and member) and its text.
pub fn article_id(identity: &str, body: &str) -> ArticleId {
    ArticleId(format!("a_{}", digest(&[identity.as_bytes(), body.as_bytes()])))
}

/// The id of the claim number `ordinal` (from 0) of an article.
pub fn claim_id(article: &ArticleId, ordinal: usize) -> ClaimId {
    ClaimId(format!(
        "c_{}",
        digest(&[article.as_str().as_bytes(), &(ordinal as u64).to_le_bytes()])
    ))
}

/// The id of an entity that no knowledge base knows, from its type and normalised full name (the caller normalises).
pub fn minted_entity_id(kind: crate::EntityType, normalised_name: &str) -> EntityId {
    EntityId(format!("e_{}", digest(&[kind.as_str().as_bytes(), normalised_name.as_bytes()])))
}

impl StoryId {
    /// The story that starts with `article`.
    pub fn named_after(article: &ArticleId) -> Self {
        Self(format!("s_{}", article.0.trim_start_matches("a_")))
    }
}

impl GroupId {
    /// The claim group that starts with `claim`.
    pub fn named_after(claim: &ClaimId) -> Self {
        Self(format!("g_{}", claim.0.trim_start_matches("c_")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_functions_of_their_input() {
        let id = article_id("wire/1.txt", "A text.");
        assert_eq!(id.as_str(), "a_acb4efe30a3e3ea5523fdfcfe79ee563");
        assert_eq!(id, article_id("wire/1.txt", "A text."));
        assert_ne!(id, article_id("wire/1.txtA", " text."), "parts must not run together");
        assert_ne!(claim_id(&id, 0), claim_id(&id, 1));
        assert_eq!(StoryId::named_after(&id).as_str().len(), 34);
    }

    #[test]
    fn forms() {
        let entity = |text: &str, ok: bool| {
            assert_eq!(EntityId::try_from(text.to_owned()).is_ok(), ok, "{text:?}");
        };
        entity("Q58217", true);
        entity("geonames:2013348", true);
        entity("e_00112233445566778899aabbccddeeff", true);
        for bad in ["", "Q", "58217", "q1", "geonames:", "e_12", "Q1x"] {
            entity(bad, false);
        }
        let error = ArticleId::try_from("a_xyz".to_owned()).unwrap_err();
        assert_eq!(error.to_string(), r#""a_xyz" is no article id"#);
    }
}
