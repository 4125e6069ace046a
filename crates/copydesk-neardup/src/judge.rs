//! From what two articles share to what one is to the other.
//!
//! Containment finds truncated, expanded and edited copies with one threshold, but on news it also joins texts of one
//! mould: market reports, earnings briefs, weather forecasts. Three things tell these apart. Shingles count by how few
//! clusters have them, so that a mould weighs nothing once it is known. Facts (numbers, names of the lead, weekdays)
//! that differ speak against a copy. And a copy starts as its original does, while shared background comes later.

use crate::compare::Comparison;

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An original.
    New,
    /// The same folded body.
    Exact,
    /// A copy with edits.
    Near,
    /// A later version of the same article.
    Revision,
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing earlier shares enough.
    None,
    /// No words.
    Empty,
    /// The same folded body.
    Body,
    /// Most of either is in the other.
    Copy,
    /// Most of this is in that, which is longer.
    Truncated,
    /// Most of that is in this, which is longer.
    Expanded,
    /// Parts of either are in the other.
    Edited,
    /// Nearly all of it came more than a week before.
    Republished,
    /// The same article with other facts or more of them.
    Update,
    /// New: what is shared is a mould or background of several articles.
    Common,
    /// New: other numbers.
    Numbers,
    /// New: other names.
    Names,
    /// New: another weekday.
    Day,
    /// New: it starts otherwise and shares background only.
    Background,
    /// New: too like an article of more than a week before to be an update, not enough for a reprint.
    Late,
    /// New: it quotes several articles.
    Roundup,
    /// New: like a version, not like the first article of its cluster.
    Drift,
}

impl Rule {
    /// Every rule; the place in this list is its number in snapshots, so new ones go to the end.
    pub const ALL: [Self; 17] = [
        Self::None,
        Self::Empty,
        Self::Body,
        Self::Copy,
        Self::Truncated,
        Self::Expanded,
        Self::Edited,
        Self::Republished,
        Self::Update,
        Self::Common,
        Self::Numbers,
        Self::Names,
        Self::Day,
        Self::Background,
        Self::Late,
        Self::Roundup,
        Self::Drift,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Empty => "empty",
            Self::Body => "body",
            Self::Copy => "copy",
            Self::Truncated => "truncated",
            Self::Expanded => "expanded",
            Self::Edited => "edited",
            Self::Republished => "republished",
            Self::Update => "update",
            Self::Common => "common",
            Self::Numbers => "numbers",
            Self::Names => "names",
            Self::Day => "day",
            Self::Background => "background",
            Self::Late => "late",
            Self::Roundup => "roundup",
            Self::Drift => "drift",
        }
    }
}

/// Weighted containment that makes a copy when no fact speaks against it.
const SHARED: f64 = 0.4;
/// Share of a lead that must be found in the other article.
const LEAD: f64 = 0.4;
/// Hours within which an article is updated.
const UPDATE: f64 = 36.0;
/// Hours after which only a reprint is a copy.
const LATE: f64 = 168.0;
/// Numbers decide only over texts of at most so many shingles: a long text has room for both.
const BRIEF: u32 = 200;

/// Why it is a copy, or why not.
pub(crate) fn judge(c: &Comparison) -> Result<Rule, Rule> {
    let leads = c.lead.min(c.lead_contained);
    let near_whole = c.containment.min(c.contained) >= 0.85;
    if c.jaccard < 0.25 && c.weighted < SHARED {
        return Err(if c.containment.max(c.contained) >= SHARED {
            Rule::Common
        } else {
            Rule::None
        });
    }
    let soon = c.hours.is_some_and(|h| h <= UPDATE);
    let retitled = c.title >= 0.7 && soon && c.same_names >= 0.75;
    let grown =
        soon && c.contained >= 0.7 && c.containment < 0.6 && c.same_names >= 0.75 && leads >= 0.6;
    let again = !c.other_day && (c.same_url || retitled || grown);
    if c.other_day && c.same_numbers < 0.75 {
        return Err(Rule::Day);
    }
    let other_numbers = c.numbers >= 2 && c.same_numbers < 0.5 && c.size <= BRIEF;
    if other_numbers && !again {
        return Err(Rule::Numbers);
    }
    let other_names = c.same_lead_names < 0.4 && c.same_names < 0.6 && c.weighted < 0.85;
    let other_actors = c.size <= BRIEF && c.same_lead_names < 0.2 && c.same_names < 0.5;
    if (other_names || other_actors) && !near_whole {
        return Err(Rule::Names);
    }
    if c.hours.is_some_and(|h| h > LATE) {
        let reprint =
            c.containment.max(c.contained) >= 0.9 && c.jaccard >= 0.6 && c.same_names >= 0.6;
        return if reprint { Ok(Rule::Republished) } else { Err(Rule::Late) };
    }
    if c.weighted < SHARED {
        let update = c.same_url || (again && c.same_source && c.weighted >= SHARED / 2.0);
        return if update { Ok(Rule::Update) } else { Err(Rule::Common) };
    }
    let starts_alike = leads >= LEAD || (leads >= LEAD / 2.0 && c.weighted >= 0.85);
    if !starts_alike && !is_excerpt(c) && !c.same_url {
        return Err(Rule::Background);
    }
    if c.containment.max(c.contained) < 0.6 && c.same_names < 0.45 {
        return Err(Rule::Background);
    }
    Ok(match (c.containment >= 0.7, c.contained >= 0.7) {
        (true, true) => Rule::Copy,
        (true, false) => Rule::Truncated,
        (false, true) => Rule::Expanded,
        (false, false) => Rule::Edited,
    })
}

/// Whether one of them has hardly any text of its own, from its start on: a part of the other without its beginning.
fn is_excerpt(c: &Comparison) -> bool {
    let of_that = c.containment >= 0.8 && c.lead >= 0.75;
    let of_this = c.contained >= 0.8 && c.lead_contained >= 0.75 && c.containment >= SHARED;
    c.weighted >= 0.7 && (of_that || of_this)
}

/// Whether a copy is a later version: the same article (address, or source and title, or title soon after) with
/// other numbers or with more text.
pub(crate) fn is_revision(c: &Comparison, new_words: u32) -> bool {
    let within = c.hours.is_none_or(|h| h <= LATE);
    let one_title = c.title >= 0.6;
    let other_numbers = c.numbers >= 1 && c.same_numbers < 0.75;
    let more = c.contained >= 0.6 && new_words >= 40;
    if c.same_url || c.same_source {
        return within && (other_numbers || more);
    }
    within && other_numbers && (one_title || more) && c.hours.is_some_and(|h| h <= UPDATE)
}
