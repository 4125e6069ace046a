//! The entity registry for readers: a key-value bucket with a value an entity. It mirrors what relate knows; the
//! decisions log stays the truth.

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::kv::{self, Store};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::reader::consumer_error;
use crate::{Bus, BusError};

/// Name of the bucket.
pub const ENTITY_BUCKET: &str = "COPYDESK_ENTITIES";
/// Values on their way at once.
const IN_FLIGHT: usize = 128;

/// The bucket.
#[derive(Debug, Clone)]
pub struct EntityBucket {
    store: Store,
}

impl Bus {
    /// The bucket of entities; makes it when it is not there.
    pub async fn make_entity_bucket(&self) -> Result<EntityBucket, BusError> {
        let what = || format!("set up the bucket {ENTITY_BUCKET}");
        let options = &self.inner.options;
        let config = kv::Config {
            bucket: ENTITY_BUCKET.into(),
            description: "entities by id, as relate knows them".into(),
            history: 1,
            max_bytes: options.stream_bytes,
            num_replicas: options.replicas,
            ..kv::Config::default()
        };
        let made = self.inner.js.create_or_update_key_value(config).await;
        let store = made.map_err(|e| BusError::Unavailable { what: what(), source: e.into() })?;
        Ok(EntityBucket { store })
    }

    /// The bucket of entities, for a reader. Errors when no relate has made it.
    pub async fn entity_bucket(&self) -> Result<EntityBucket, BusError> {
        let found = self.inner.js.get_key_value(ENTITY_BUCKET).await;
        let what = format!("the bucket {ENTITY_BUCKET}: relate has not run here");
        Ok(EntityBucket { store: found.map_err(|_| BusError::NotFound { what })? })
    }
}

impl EntityBucket {
    /// Puts values in place of those before; answers once all are stored.
    pub async fn put_all(&self, entries: &[(String, Vec<u8>)]) -> Result<(), BusError> {
        let puts = entries.iter().map(|(id, value)| async move {
            let put = self.store.put(key(id), Bytes::copy_from_slice(value)).await;
            let failed = |e: kv::PutError| BusError::Unavailable {
                what: format!("store the entity {id}"),
                source: e.into(),
            };
            put.map(drop).map_err(failed)
        });
        let puts = futures_util::stream::iter(puts.collect::<Vec<_>>());
        puts.buffer_unordered(IN_FLIGHT).try_collect().await
    }

    /// The value of one entity.
    pub async fn get(&self, id: &str) -> Result<Option<Bytes>, BusError> {
        let value = self.store.get(key(id)).await;
        let what = || format!("read the entity {id}");
        value.map_err(|e| BusError::Unavailable { what: what(), source: e.into() })
    }

    /// Gives every value to `each`, in the order in which they were put.
    pub async fn read_all(&self, mut each: impl FnMut(&[u8])) -> Result<(), BusError> {
        let what = "read the entities";
        let config = pull::Config {
            deliver_policy: DeliverPolicy::LastPerSubject,
            filter_subject: format!("$KV.{ENTITY_BUCKET}.>"),
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let made = self.store.stream.create_consumer(config).await;
        let consumer = made.map_err(|e| consumer_error(what, e))?;
        let lost = |source: crate::Cause| BusError::Unavailable { what: what.into(), source };
        let mut left = consumer.cached_info().num_pending;
        let mut messages = consumer.messages().await.map_err(|e| lost(e.into()))?;
        while left > 0 {
            let Some(message) = messages.next().await else { break };
            each(&message.map_err(|e| lost(e.into()))?.payload);
            left -= 1;
        }
        Ok(())
    }
}

/// Ids have a colon before foreign numbers, which a key must not have.
fn key(id: &str) -> String {
    id.replace(':', ".")
}
