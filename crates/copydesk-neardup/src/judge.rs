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
pub(crate) const SHARED: f64 = 0.4;
/// Share of a lead that must be found in the other article.
const LEAD: f64 = 0.4;
/// Containment that a copy must have when its title is that of a form.
const WHOLE: f64 = 0.8;
/// Hours within which an article is updated.
const UPDATE: f64 = 36.0;
/// Hours after which only a reprint is a copy.
const LATE: f64 = 168.0;
/// Numbers decide only over texts of at most so many shingles: a long text has room for both.
const BRIEF: u32 = 200;

/// Why it is a copy, or why not. `of_form`: other clusters have this title, too, as columns and lists do each day.
pub(crate) fn judge(c: &Comparison, of_form: bool) -> Result<Rule, Rule> {
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
    let retitled = c.title >= 0.7 && !of_form && soon && c.same_names >= 0.75;
    let grown =
        soon && c.contained >= 0.7 && c.containment < 0.6 && c.same_names >= 0.75 && leads >= 0.6;
    let again = !c.other_day && (c.same_url || retitled || grown);
    if of_form && !c.same_url && c.containment.max(c.contained) < WHOLE {
        return Err(Rule::Common);
    }
    if c.other_day && c.same_numbers < 0.75 {
        return Err(Rule::Day);
    }
    let other_numbers = c.numbers >= 2 && c.same_numbers < 0.5 && c.size <= BRIEF;
    if other_numbers && !again {
        return Err(Rule::Numbers);
    }
    let other_names = c.same_lead_names < 0.4 && c.same_names < 0.6 && c.weighted < 0.85;
    let other_actors = c.size <= BRIEF && c.same_lead_names < 0.2 && c.same_names < 0.5;
    let one_account = c.numbers >= 4 && c.same_numbers >= 0.75;
    if (other_names || other_actors) && !near_whole && !one_account {
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
    // Half of either text: a copy with many edits says so by its title, a short one also by its start or its numbers.
    let by_numbers = c.numbers >= 2 && c.same_numbers >= 0.5;
    let told = c.title >= 0.3 && (c.size > BRIEF || by_numbers || leads >= 0.6);
    if c.containment.max(c.contained) < 0.6 && !told && !c.same_url {
        return Err(Rule::Common);
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
    let of_that = c.containment >= 0.55 && c.lead >= 0.75;
    // Several whole articles in one are a round-up; a page with much around one article has its title.
    let enough = c.containment >= SHARED || c.title >= 0.6;
    let of_this = c.contained >= 0.55 && c.lead_contained >= 0.6 && enough;
    c.weighted >= 0.6 && (of_that || of_this)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two long texts that share three fifths, with one start and the same facts.
    const EDITED: Comparison = Comparison {
        containment: 0.62,
        contained: 0.62,
        jaccard: 0.45,
        weighted: 0.62,
        lead: 0.7,
        lead_contained: 0.7,
        size: 300,
        numbers: 6,
        same_numbers: 0.9,
        same_names: 0.9,
        same_lead_names: 0.9,
        title: 0.9,
        other_day: false,
        same_source: false,
        same_url: false,
        hours: Some(3.0),
    };

    fn check(c: Comparison, expected: Result<Rule, Rule>) {
        assert_eq!(judge(&c, false), expected, "{c:?}");
    }

    #[test]
    fn facts_that_differ() {
        check(EDITED, Ok(Rule::Edited));
        check(Comparison { other_day: true, same_numbers: 0.5, ..EDITED }, Err(Rule::Day));
        let brief = Comparison { size: 90, title: 0.5, same_numbers: 0.2, ..EDITED };
        check(brief, Err(Rule::Numbers));
        let others = Comparison { same_names: 0.4, same_lead_names: 0.1, ..EDITED };
        check(Comparison { same_numbers: 0.6, ..others }, Err(Rule::Names));
        // Names may be hidden in a part that was cut, when the numbers are the same ones.
        check(others, Ok(Rule::Edited));
        check(Comparison { numbers: 2, ..others }, Err(Rule::Names));
    }

    #[test]
    fn a_title_of_a_form_is_no_evidence() {
        assert_eq!(judge(&EDITED, true), Err(Rule::Common));
        let whole = Comparison { containment: 0.85, contained: 0.85, jaccard: 0.74, ..EDITED };
        assert_eq!(judge(&whole, true), Ok(Rule::Copy));
    }

    #[test]
    fn parts_without_their_beginning() {
        // From the middle of that, with text of its own behind it.
        let part = Comparison { lead: 1.0, lead_contained: 0.0, ..EDITED };
        check(part, Ok(Rule::Edited));
        check(Comparison { lead: 0.5, ..part }, Err(Rule::Background));
        // That, under a new beginning.
        let grown = Comparison { lead: 0.0, lead_contained: 1.0, ..EDITED };
        check(grown, Ok(Rule::Edited));
        // A short article as a whole in a long page: one of several, unless the page has its title.
        let page =
            Comparison { containment: 0.3, contained: 1.0, weighted: 1.0, jaccard: 0.3, ..grown };
        check(page, Ok(Rule::Expanded));
        check(Comparison { title: 0.1, ..page }, Err(Rule::Background));
        // Background that both have at their end.
        check(Comparison { lead: 0.1, lead_contained: 0.1, ..EDITED }, Err(Rule::Background));
    }

    #[test]
    fn half_of_either_needs_more_to_go_by() {
        let half =
            Comparison { containment: 0.5, contained: 0.5, jaccard: 0.33, weighted: 0.5, ..EDITED };
        check(half, Ok(Rule::Edited));
        check(Comparison { title: 0.0, ..half }, Err(Rule::Common));
        let brief = Comparison { size: 90, numbers: 0, same_numbers: 1.0, lead: 0.5, ..half };
        check(brief, Err(Rule::Common));
        check(Comparison { lead: 0.8, ..brief }, Ok(Rule::Edited));
        check(Comparison { numbers: 3, ..brief }, Ok(Rule::Edited));
    }
}
