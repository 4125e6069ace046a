//! What a user says of names: aliases and blocked names, from TOML or CSV. They come before everything else.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_types::{EntityId, EntityType};
use serde::Deserialize;

use crate::fold;

/// Aliases and blocked names.
#[derive(Debug, Clone, Default)]
pub struct UserLists {
    aliases: BTreeMap<String, UserAlias>,
    blocked: BTreeSet<String>,
    blocked_ids: BTreeSet<String>,
    digest: [u8; 32],
}

/// An entity that the user gives a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserAlias {
    /// Wikidata or GeoNames id (`Q58217`, `geonames:2013348`); without one the id is minted from type and name.
    #[serde(default)]
    pub id: Option<EntityId>,
    /// Canonical name.
    pub name: String,
    /// What it is; the model's word stands without it.
    #[serde(default, rename = "type")]
    pub kind: Option<EntityType>,
    /// ISO 3166 code.
    #[serde(default)]
    pub country: Option<String>,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    alias: Vec<UserAlias>,
    #[serde(default)]
    block: Vec<Block>,
}

/// A name that is no entity, or an id that no name links to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    id: Option<EntityId>,
}

#[derive(Debug, Deserialize)]
struct Row {
    action: String,
    name: String,
    #[serde(default)]
    id: String,
    #[serde(default, rename = "type")]
    kind: Option<EntityType>,
    #[serde(default)]
    country: String,
    #[serde(default)]
    aliases: String,
}

/// A list of the user's that is not in its format.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// TOML, with line and column.
    #[error("read the list of names as TOML")]
    Toml(#[source] toml::de::Error),
    /// CSV, with the line.
    #[error("read the list of names as CSV")]
    Csv(#[source] csv::Error),
    /// A row or table that says nothing.
    #[error(
        "read entry {0} of the list of names: it has neither a name nor an id, or its action is not alias or block"
    )]
    Entry(usize),
    /// An id of no known form.
    #[error("read entry {0} of the list of names")]
    Id(usize, #[source] copydesk_types::IdError),
}

impl UserLists {
    /// `[[alias]]` with `name`, `aliases`, `id`, `type`, `country`; `[[block]]` with `name` or `id`.
    pub fn from_toml(text: &str) -> Result<Self, ListError> {
        let file: File = toml::from_str(text).map_err(ListError::Toml)?;
        let mut lists = Self { digest: blake3::hash(text.as_bytes()).into(), ..Self::default() };
        for alias in file.alias {
            lists.alias(&alias);
        }
        for (number, block) in file.block.into_iter().enumerate() {
            if block.name.is_none() && block.id.is_none() {
                return Err(ListError::Entry(number + 1));
            }
            lists.blocked.extend(block.name.map(|n| fold(&n)));
            lists.blocked_ids.extend(block.id.map(String::from));
        }
        Ok(lists)
    }

    /// Columns `action` (`alias` or `block`), `name`, `id`, `type`, `country`, `aliases` (parted by `;`).
    pub fn from_csv(text: &str) -> Result<Self, ListError> {
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut lists = Self { digest: blake3::hash(text.as_bytes()).into(), ..Self::default() };
        for (number, row) in reader.deserialize::<Row>().enumerate() {
            let row = row.map_err(ListError::Csv)?;
            let id = Some(row.id).filter(|id| !id.is_empty()).map(EntityId::try_from).transpose();
            let id = id.map_err(|e| ListError::Id(number + 1, e))?;
            let named = !row.name.is_empty();
            match row.action.as_str() {
                "alias" if named => lists.alias(&UserAlias {
                    id,
                    name: row.name,
                    kind: row.kind,
                    country: Some(row.country).filter(|c| !c.is_empty()),
                    aliases: row
                        .aliases
                        .split(';')
                        .map(|a| a.trim().to_owned())
                        .filter(|a| !a.is_empty())
                        .collect(),
                }),
                "block" if named || id.is_some() => {
                    lists.blocked.extend(Some(fold(&row.name)).filter(|n| !n.is_empty()));
                    lists.blocked_ids.extend(id.map(String::from));
                }
                _ => return Err(ListError::Entry(number + 1)),
            }
        }
        Ok(lists)
    }

    fn alias(&mut self, alias: &UserAlias) {
        for name in alias.aliases.iter().chain([&alias.name]) {
            self.aliases.insert(fold(name), alias.clone());
        }
    }

    /// What the user says of the folded name.
    pub fn find(&self, folded: &str) -> Option<&UserAlias> {
        self.aliases.get(folded)
    }

    /// Whether the folded name is no entity.
    pub fn blocks(&self, folded: &str) -> bool {
        self.blocked.contains(folded)
    }

    /// BLAKE3 of the text that the lists were read from; zeros for lists that nobody wrote.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether any id is blocked.
    pub fn blocks_ids(&self) -> bool {
        !self.blocked_ids.is_empty()
    }

    /// Whether nothing may link to the id.
    pub fn blocks_id(&self, id: &EntityId) -> bool {
        self.blocked_ids.contains(id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let toml = UserLists::from_toml(
            "[[alias]]\nname = \"Ada Quill\"\naliases = [\"the Quill\"]\nid = \"Q900002\"\ntype = \"person\"\n\
             [[block]]\nname = \"Slideshow\"\n[[block]]\nid = \"Q900003\"\n",
        );
        let csv = UserLists::from_csv(
            "action,name,id,type,country,aliases\nalias,Ada Quill,Q900002,person,,the Quill\nblock,Slideshow,,,,\nblock,,Q900003,,,\n",
        );
        for lists in [toml, csv] {
            let lists = lists.expect("well formed");
            assert_eq!(lists.find("quill").map(|a| a.name.as_str()), Some("Ada Quill"));
            assert!(lists.blocks("slideshow") && !lists.blocks("ada quill"));
            assert!(lists.blocks_id(&EntityId::try_from("Q900003".to_owned()).expect("an id")));
        }
    }

    #[test]
    fn bad_lists_are_refused() {
        let check = |result: Result<UserLists, ListError>, expected: &str| {
            assert_eq!(result.err().map(|e| e.to_string()).as_deref(), Some(expected));
        };
        check(UserLists::from_toml("[[alias]]\nnames = 1\n"), "read the list of names as TOML");
        check(
            UserLists::from_csv("action,name\nalias,\n"),
            "read entry 1 of the list of names: it has neither a name nor an id, or its action is not alias or block",
        );
        check(
            UserLists::from_csv("action,name,id\nalias,A,x\n"),
            "read entry 1 of the list of names",
        );
    }
}
