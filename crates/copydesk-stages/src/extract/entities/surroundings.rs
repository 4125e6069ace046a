//! Where an article is: what the names of places in it say of countries and regions.

use std::collections::BTreeMap;

use copydesk_kb::{AliasKind, Base, Fact, Flags};
use copydesk_types::EntityType;

use super::mentions::Candidate;

/// What all names of places say together, and each by itself.
pub(super) struct Votes<'a> {
    each: BTreeMap<String, Vote<'a>>,
    all: Vote<'a>,
}

/// What a name says: shares of countries and of regions among those who have the name, times its weight.
#[derive(Default)]
struct Vote<'a> {
    weight: f64,
    countries: BTreeMap<&'a str, f64>,
    regions: BTreeMap<u32, f64>,
}

impl<'a> Votes<'a> {
    /// Counts the places among the candidates, and those that bodies and houses are named after.
    pub(super) fn of(base: &'a Base, candidates: &[Candidate]) -> Self {
        let mut surfaces: BTreeMap<String, f64> = BTreeMap::new();
        for c in candidates {
            match c.kind {
                EntityType::Place | EntityType::Group => {
                    *surfaces.entry(c.folded.clone()).or_default() += 1.0;
                }
                EntityType::Organization | EntityType::Facility => {
                    if let Some(place) = place_within(base, &c.folded) {
                        *surfaces.entry(place).or_default() += 0.5;
                    }
                }
                EntityType::Person
                | EntityType::Event
                | EntityType::Work
                | EntityType::Law
                | EntityType::Product
                | EntityType::Language => {}
            }
        }
        let vote = |(surface, n): (String, f64)| {
            let vote = Vote::of(base, &surface, 1.0 + f64::ln(n.max(0.5)))?;
            Some((surface, vote))
        };
        let each: BTreeMap<String, Vote> = surfaces.into_iter().filter_map(vote).collect();
        let mut all = Vote::default();
        for vote in each.values() {
            all.weight += vote.weight;
            for (country, share) in &vote.countries {
                *all.countries.entry(country).or_default() += share;
            }
            for (region, share) in &vote.regions {
                *all.regions.entry(*region).or_default() += share;
            }
        }
        Self { each, all }
    }

    /// What all names but these say. No name speaks for itself.
    pub(super) fn without(&self, own: &[&str]) -> Surroundings<'_> {
        let own: Vec<&Vote> = own.iter().filter_map(|surface| self.each.get(*surface)).collect();
        let others = self.each.len() > own.len();
        let weight = self.all.weight - own.iter().map(|v| v.weight).sum::<f64>();
        Surroundings { all: &self.all, own, weight: others.then_some(weight) }
    }
}

impl<'a> Vote<'a> {
    fn of(base: &'a Base, surface: &str, weight: f64) -> Option<Self> {
        let hits = base.lookup_folded(surface).filter(|h| h.alias != AliasKind::Short);
        let facts: Vec<Fact> = hits
            .filter_map(|h| base.fact(h.entity))
            .filter(|f| f.kind == EntityType::Place)
            .collect();
        // Known twice as well counts twice as much.
        let known = |f: &Fact| f.prior.exp2();
        let total: f64 = facts.iter().map(known).sum();
        let mut vote = Self { weight, ..Self::default() };
        for fact in &facts {
            let share = weight * known(fact) / total;
            if let Some(country) = fact.country {
                *vote.countries.entry(country).or_default() += share;
            }
            if fact.region != 0 {
                *vote.regions.entry(fact.region).or_default() += share;
            }
        }
        (!vote.countries.is_empty()).then_some(vote)
    }
}

/// The place that a longer name starts or ends with: "Kentucky State Police", "University of Malta".
fn place_within(base: &Base, folded: &str) -> Option<String> {
    let words: Vec<&str> = folded.split(' ').collect();
    let first = (1..words.len().min(4)).rev().map(|n| words[..n].join(" "));
    let last =
        words.iter().rposition(|w| matches!(*w, "of" | "in")).map(|at| words[at + 1..].join(" "));
    first.chain(last).find(|part| {
        base.lookup_folded(part)
            .filter(|h| h.alias == AliasKind::Label)
            .filter_map(|h| base.fact(h.entity))
            .any(|f| f.kind == EntityType::Place && f.prior > 14.0)
    })
}

/// The share of a country from which an article speaks of it; a namesake of one of its villages has less.
const MENTIONED: f64 = 0.05;

/// Where the article is, by all names but those of the cluster in question.
pub(super) struct Surroundings<'a> {
    all: &'a Vote<'a>,
    own: Vec<&'a Vote<'a>>,
    /// Of the other names; `None` when there are none.
    weight: Option<f64>,
}

impl<'a> Surroundings<'a> {
    /// Whether another name is of the candidate's country, or may be of a place in it.
    pub(super) fn name_country_of(&self, fact: &Fact) -> bool {
        fact.country.is_some_and(|country| self.share(|v| v.countries.get(country)) > MENTIONED)
    }

    /// What it says for a candidate.
    pub(super) fn of(&self, fact: &Fact) -> f64 {
        let (Some(country), Some(_)) = (fact.country, self.weight) else { return 0.0 };
        let share = self.share(|v| v.countries.get(country));
        let region = if fact.flags.has(Flags::COUNTRY) {
            0.0
        } else {
            self.share(|v| v.regions.get(&fact.region))
        };
        2.0 * share - 0.3 + 1.5 * region
    }

    /// The share of the other names that a country or region has.
    fn share(&self, of: impl Fn(&'a Vote<'a>) -> Option<&'a f64>) -> f64 {
        let Some(weight) = self.weight else { return 0.0 };
        let own: f64 = self.own.iter().filter_map(|v| of(v)).sum();
        ((of(self.all).copied().unwrap_or(0.0) - own) / weight).max(0.0)
    }
}
