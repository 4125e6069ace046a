//! How far the sink is, as it tells those before it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::headers::{CONTENT_TYPE, STAGE};
use crate::subjects::decision_subject;
use crate::{Bus, BusError, Outgoing, StreamName};

const SINK: &str = "sink";

/// Everything up to `seq` of `COPYDESK_ENRICHED` is safe in the output files, or was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkFloor {
    /// When the stream was made: sequences of another stream under the same name say nothing.
    pub stream_created: String,
    /// Which output it is; another one starts at the beginning.
    pub output: String,
    /// The sequence.
    pub seq: u64,
}

impl Outgoing {
    /// The note of the sink after a commit.
    pub fn sink_floor(floor: &SinkFloor) -> Self {
        let SinkFloor { stream_created, output, seq } = floor;
        let payload = serde_json::to_vec(floor).expect("text and a number are always JSON");
        Self {
            stream: StreamName::Decisions,
            subject: decision_subject(SINK),
            id: format!("{SINK}:{stream_created}:{output}:{seq}"),
            headers: vec![
                (CONTENT_TYPE.to_owned(), "application/json".to_owned()),
                (STAGE.to_owned(), SINK.to_owned()),
            ],
            payload: Bytes::from(payload),
            expected_last_seq: None,
        }
    }
}

impl Bus {
    /// How far the sink is in the enriched stream of now; 0 when it has said nothing of this stream.
    pub async fn sink_floor(&self) -> Result<u64, BusError> {
        let Some(last) = self.last_decision(SINK).await? else { return Ok(0) };
        let Ok(floor) = serde_json::from_slice::<SinkFloor>(&last.payload) else { return Ok(0) };
        let state = self.stream_state(StreamName::Enriched).await?;
        Ok(if floor.stream_created == state.created { floor.seq } else { 0 })
    }
}
