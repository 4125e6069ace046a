//! Dead letters: listed, shown, put back.

use copydesk_bus::{BusError, DeadLetter};
use serde::Serialize;

use crate::config::Config;
use crate::connect::connect_to_running;

/// Most letters that are put back at once.
const MOST: usize = 100_000;

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadInfo {
    /// Its number.
    pub seq: u64,
    /// When it was written, RFC 3339.
    pub time: String,
    /// Who gave it up.
    pub stage: String,
    /// Why, as a token.
    pub reason: String,
    /// Why, for people.
    pub cause: String,
    /// The attempt that failed.
    pub attempt: u64,
    /// The stream that it came from; `None` for input that never stood in one.
    pub stream: Option<String>,
    /// The sequence there.
    pub stream_seq: Option<u64>,
    /// Size of the input that it carries.
    pub bytes: usize,
}

/// A dead letter with its headers and input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadShown {
    /// What the list says.
    pub letter: DeadInfo,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// The input, as text; bytes that are none are replaced.
    pub payload: String,
}

/// Which letters to put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// These.
    Seqs(Vec<u64>),
    /// All of a stage, or all.
    All(Option<String>),
}

/// The newest letters, at most `limit`, oldest first.
pub async fn dead_list(
    config: &Config,
    stage: Option<&str>,
    limit: usize,
) -> anyhow::Result<Vec<DeadInfo>> {
    let connection = connect_to_running(config).await?;
    let letters = connection.bus.dead_letters(stage, limit).await?;
    connection.close().await?;
    Ok(letters.iter().map(info).collect())
}

/// One letter.
pub async fn dead_show(config: &Config, seq: u64) -> anyhow::Result<DeadShown> {
    let connection = connect_to_running(config).await?;
    let letter = connection.bus.dead_letter(seq).await?;
    connection.close().await?;
    let letter = letter.ok_or_else(|| BusError::NotFound { what: format!("dead letter {seq}") })?;
    let headers = letter.headers.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let payload = String::from_utf8_lossy(&letter.payload).into_owned();
    Ok(DeadShown { letter: info(&letter), headers, payload })
}

/// Puts letters back where they came from and says which. A letter of a file that ingest gave up did not come from a
/// stream: its file lies in quarantine, and is moved back into the inbox by hand.
pub async fn dead_replay(config: &Config, which: &Replay) -> anyhow::Result<Vec<u64>> {
    let connection = connect_to_running(config).await?;
    let seqs = match which {
        Replay::Seqs(seqs) => seqs.clone(),
        Replay::All(stage) => {
            let letters = connection.bus.dead_letters(stage.as_deref(), MOST).await?;
            let from_streams = letters.iter().filter(|letter| letter.origin.is_some());
            from_streams.map(|letter| letter.seq).collect()
        }
    };
    for seq in &seqs {
        connection.bus.replay(*seq).await?;
    }
    connection.close().await?;
    Ok(seqs)
}

fn info(letter: &DeadLetter) -> DeadInfo {
    let nanos = i128::try_from(letter.time_unix_ns).unwrap_or_default();
    let time = jiff::Timestamp::from_nanosecond(nanos).map(|time| format!("{time:.0}"));
    DeadInfo {
        seq: letter.seq,
        time: time.unwrap_or_default(),
        stage: letter.stage.clone(),
        reason: letter.reason.clone(),
        cause: letter.cause.clone(),
        attempt: letter.attempt,
        stream: letter.origin.map(|(stream, _)| stream.to_string()),
        stream_seq: letter.origin.map(|(_, seq)| seq),
        bytes: letter.payload.len(),
    }
}
