//! Entities, looked up from outside.

use copydesk_bus::BusError;
use copydesk_stages::RegistryEntry;

use crate::config::Config;
use crate::connect::connect_to_running;

/// The entity with this id, and the one that it turned out to be; else all entities that went under this name, those with
/// most articles first. Errors when there is none.
pub async fn entity_show(config: &Config, id_or_name: &str) -> anyhow::Result<Vec<RegistryEntry>> {
    let connection = connect_to_running(config).await?;
    let bucket = connection.bus.entity_bucket().await?;
    let mut found = Vec::new();
    let mut next = is_id(id_or_name).then(|| id_or_name.to_owned());
    while let Some(id) = next.take() {
        if let Some(json) = bucket.get(&id).await? {
            let entry: RegistryEntry = serde_json::from_slice(&json)?;
            next = entry.merged_into.as_ref().map(ToString::to_string);
            found.push(entry);
        }
    }
    if found.is_empty() {
        bucket
            .read_all(|json| {
                // What another version wrote is not ours to read.
                let entry = serde_json::from_slice::<RegistryEntry>(json).ok();
                found.extend(entry.filter(|entry| entry.is_named(id_or_name)));
            })
            .await?;
        found.sort_by(|a, b| b.articles.cmp(&a.articles).then_with(|| a.id.cmp(&b.id)));
    }
    connection.close().await?;
    if found.is_empty() {
        return Err(BusError::NotFound { what: format!("an entity {id_or_name:?}") }.into());
    }
    Ok(found)
}

/// Whether it can be a key of the bucket; names with letters beyond ASCII or spaces cannot.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-'))
}
