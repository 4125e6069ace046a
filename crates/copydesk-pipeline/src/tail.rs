//! Records as they pass by.

use std::fmt::Write as _;

use copydesk_bus::{DUPLICATE_SUBJECTS, ENRICHED_SUBJECTS, outlet_token};
use copydesk_types::{Claim, Record, Verdict};

use crate::config::Config;
use crate::connect::connect_to_running;

/// Longest title in a line, in characters.
const TITLE: usize = 60;
/// Longest claim in a line, in characters.
const CLAIM: usize = 120;

/// Which records, and how.
#[derive(Debug, Clone, Default)]
pub struct TailOptions {
    /// The record itself, as JSON, instead of a line for people.
    pub json: bool,
    /// Only records with a claim of this speaker (a part of the name is enough); the claims are shown below.
    pub speaker: Option<String>,
    /// Only records of this outlet, by its name or domain.
    pub outlet: Option<String>,
}

/// Gives each record that is published from now on to `print`, until that says `false` or the server goes for good.
pub async fn tail(
    config: &Config,
    options: &TailOptions,
    mut print: impl FnMut(&str) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let connection = connect_to_running(config).await?;
    let mut enriched = connection.bus.subscribe(ENRICHED_SUBJECTS).await?;
    let mut duplicates = connection.bus.subscribe(DUPLICATE_SUBJECTS).await?;
    connection.bus.flush().await?;
    loop {
        let message = tokio::select! {
            message = enriched.next() => message,
            message = duplicates.next() => message,
        };
        let Some(message) = message else { return Ok(()) };
        // What is no record of this version is somebody else's matter.
        let Ok(record) = Record::from_json(&message.payload) else { continue };
        if !wanted(&record, options) {
            continue;
        }
        let text = if options.json {
            String::from_utf8_lossy(&message.payload).into_owned()
        } else {
            lines(&record, options.speaker.as_deref())
        };
        if !print(&text)? {
            return Ok(());
        }
    }
}

fn wanted(record: &Record, options: &TailOptions) -> bool {
    let outlet = options.outlet.as_deref().map(copydesk_types::slug);
    let outlet_fits = outlet.is_none_or(|outlet| outlet_token(record).contains(&outlet));
    let speaker_fits = options
        .speaker
        .as_deref()
        .is_none_or(|speaker| record.claims.iter().any(|claim| is_by(claim, speaker)));
    outlet_fits && speaker_fits
}

fn is_by(claim: &Claim, name: &str) -> bool {
    let name = name.to_lowercase();
    claim.speaker.as_ref().is_some_and(|speaker| speaker.name.to_lowercase().contains(&name))
}

fn lines(record: &Record, speaker: Option<&str>) -> String {
    let time = record.source.received_at.as_deref().and_then(|at| at.get(11..19)).unwrap_or("");
    let verdict = match record.dedup.as_ref().map(|dedup| dedup.verdict) {
        Some(Verdict::New) => "new",
        Some(Verdict::Exact) => "exact",
        Some(Verdict::Near) => "near",
        Some(Verdict::Revision) => "revision",
        None => "-",
    };
    let title = record.article.title.as_deref().unwrap_or(&record.text.body);
    let mut text = format!(
        "{time:8}  {verdict:8}  {:20}  {:TITLE$}  {:3} entities  {:3} claims",
        short(&outlet_token(record), 20),
        short(title, TITLE),
        record.entities.len(),
        record.claims.len(),
    );
    for claim in record.claims.iter().filter(|claim| speaker.is_some_and(|name| is_by(claim, name)))
    {
        let name = claim.speaker.as_ref().map_or("", |speaker| speaker.name.as_str());
        let (name, said) = (short(name, 40), short(&claim.text, CLAIM));
        write!(text, "\n{:8}  {name}: {said}", "").expect("a string takes everything");
    }
    text
}

/// The first characters on one line, without control characters: article text is hostile to terminals.
fn short(text: &str, limit: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let mut words = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > limit {
        words = words.chars().take(limit - 1).collect();
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use copydesk_testkit::article;

    use super::*;

    fn record() -> Record {
        let mut record = article("Two\u{1b}[31m ferries stay\nin port. The operator gave no date.");
        record.article.outlet.domain = Some("daily-lantern.example".into());
        record.source.received_at = Some("2026-11-23T06:18:04Z".into());
        record
    }

    #[test]
    fn a_line_has_no_control_characters_and_a_bounded_title() {
        let line = lines(&record(), None);
        assert_eq!(
            line,
            "06:18:04  -         daily-lantern-examp…  Two [31m ferries stay in port. The operator gave no date.       0 entities    0 claims"
        );
        assert_eq!(short(&"word ".repeat(30), 12), "word word w…");
        assert_eq!(short("", 12), "");
    }

    #[test]
    fn filters_take_part_of_a_name() {
        let check = |outlet: Option<&str>, speaker: Option<&str>, expected: bool| {
            let options = TailOptions {
                json: false,
                speaker: speaker.map(Into::into),
                outlet: outlet.map(Into::into),
            };
            assert_eq!(wanted(&record(), &options), expected, "{outlet:?} {speaker:?}");
        };
        check(None, None, true);
        check(Some("Daily-Lantern.example"), None, true);
        check(Some("lantern"), None, true);
        check(Some("herald"), None, false);
        check(None, Some("Novak"), false);
    }
}
