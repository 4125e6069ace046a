//! What relate knows of entities, for readers: a key-value bucket that follows the state.

use std::collections::BTreeMap;

use copydesk_bus::{Bus, BusError, EntityBucket};
use copydesk_stages::Stage;

/// Writes changes to the bucket. What could not be written waits for the next time.
#[derive(Debug)]
pub(super) struct Mirror {
    bucket: EntityBucket,
    waiting: BTreeMap<String, Vec<u8>>,
}

impl Mirror {
    pub(super) async fn open(bus: &Bus) -> Result<Self, BusError> {
        Ok(Self { bucket: bus.make_entity_bucket().await?, waiting: BTreeMap::new() })
    }

    /// Writes what the stage has changed. Says whether the bucket is as the state is now.
    pub(super) async fn follow(&mut self, stage: &mut dyn Stage) -> bool {
        self.waiting.extend(stage.take_changes());
        let entries: Vec<(String, Vec<u8>)> =
            self.waiting.iter().map(|(id, value)| (id.clone(), value.clone())).collect();
        match self.bucket.put_all(&entries).await {
            Ok(()) => self.waiting.clear(),
            Err(error) => {
                let error = crate::shutdown::chain(&error.into());
                tracing::warn!(stage = %stage.name(), error, "entities not written; again with the next");
            }
        }
        self.waiting.is_empty()
    }
}
