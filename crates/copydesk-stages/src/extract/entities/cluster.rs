//! Grouping the mentions of a document by name: longest first, a short name joins the full one that it fits.

use std::collections::BTreeMap;

use copydesk_types::EntityType;

use super::mentions::Candidate;
use super::{name_match, names, shape};
use crate::extract::lexicon::has;

/// First words that do not make a name out of the rest by themselves.
const GENERIC: &str = "national international united european american central federal royal first new north south east west bank \
    university ministry department party group world general public state city supreme high house";

/// The mentions of one entity.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) kind: EntityType,
    /// The fullest form.
    pub(super) name: String,
    pub(super) words: Vec<String>,
    /// Indices of candidates.
    pub(super) members: Vec<usize>,
    /// Where the first mention stands.
    first: usize,
    /// Clusters that a short name of this one could also mean.
    pub(super) alternatives: Vec<usize>,
    /// A short name that fits several full ones equally well: whom it means is not guessed.
    pub(super) ambiguous: bool,
}

/// Groups candidates; every candidate is in exactly one cluster.
pub(super) fn group(candidates: &[Candidate]) -> Vec<Cluster> {
    let words: Vec<Vec<String>> = candidates.iter().map(|c| words_of(c.kind, &c.text)).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    // Longest first; of equal length the earlier one founds the cluster.
    order.sort_by_key(|&i| (std::cmp::Reverse(words[i].len()), candidates[i].bytes.start));
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut by_words: BTreeMap<(EntityType, Vec<String>), usize> = BTreeMap::new();
    let mut undecided: Vec<(usize, Vec<usize>)> = Vec::new();
    for i in order {
        let c = &candidates[i];
        let key = (c.kind, words[i].clone());
        if let Some(&k) = by_words.get(&key) {
            clusters[k].members.push(i);
            clusters[k].first = clusters[k].first.min(c.bytes.start);
            continue;
        }
        let fitting: Vec<usize> =
            (0..clusters.len()).filter(|&k| fits(&words[i], c.kind, &clusters[k])).collect();
        match fitting.as_slice() {
            [] => {
                by_words.insert(key, clusters.len());
                clusters.push(Cluster {
                    kind: c.kind,
                    name: c.text.split_whitespace().collect::<Vec<_>>().join(" "),
                    words: words[i].clone(),
                    members: vec![i],
                    first: c.bytes.start,
                    alternatives: Vec::new(),
                    ambiguous: false,
                });
            }
            &[one] => {
                clusters[one].members.push(i);
                clusters[one].first = clusters[one].first.min(c.bytes.start);
            }
            _ => undecided.push((i, fitting)),
        }
    }
    decide(&mut clusters, candidates, &words, undecided);
    clusters
}

/// Short names that fit several full ones: the one that the article speaks of most and first is meant, and the others
/// are said; where none stands out, the short name stays by itself.
fn decide(
    clusters: &mut Vec<Cluster>,
    candidates: &[Candidate],
    words: &[Vec<String>],
    undecided: Vec<(usize, Vec<usize>)>,
) {
    let weight: Vec<(usize, std::cmp::Reverse<usize>)> =
        clusters.iter().map(|c| (c.members.len(), std::cmp::Reverse(c.first))).collect();
    let mut alone: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for (i, fitting) in undecided {
        let lead = fitting.iter().copied().min_by_key(|&k| clusters[k].first);
        let most = fitting.iter().copied().max_by_key(|&k| weight[k]);
        let c = &candidates[i];
        if let (Some(lead), Some(most)) = (lead, most)
            && (lead == most || weight[lead].0 >= weight[most].0)
            && clusters[lead].first <= c.bytes.start
        {
            let others = fitting.iter().copied().filter(|&k| k != lead);
            let cluster = &mut clusters[lead];
            cluster.members.push(i);
            cluster.alternatives.extend(others);
            cluster.alternatives.sort_unstable();
            cluster.alternatives.dedup();
            continue;
        }
        let number = *alone.entry(words[i].clone()).or_insert_with(|| {
            clusters.push(Cluster {
                kind: c.kind,
                name: c.text.clone(),
                words: words[i].clone(),
                members: Vec::new(),
                first: c.bytes.start,
                alternatives: fitting.clone(),
                ambiguous: true,
            });
            clusters.len() - 1
        });
        clusters[number].members.push(i);
    }
}

/// The words that are compared.
pub(super) fn words_of(kind: EntityType, text: &str) -> Vec<String> {
    if kind == EntityType::Person {
        return names::person_words(text);
    }
    let words: Vec<String> =
        names::fold(text).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    if kind == EntityType::Organization {
        return shape::without_legal_form(&words).to_vec();
    }
    words
}

fn fits(words: &[String], kind: EntityType, cluster: &Cluster) -> bool {
    if kind != cluster.kind {
        return false;
    }
    if kind == EntityType::Person {
        let spelled = || {
            name_match::name_similarity(&words.join(" "), &cluster.words.join(" "))
                >= name_match::SAME
        };
        return names::names_person(words, &cluster.words) || (words.len() >= 2 && spelled());
    }
    kind == EntityType::Organization
        && (is_acronym(words, &cluster.words) || is_beginning(words, &cluster.words))
}

/// "UN" for "United Nations": the initials of at least two words, small words left out.
fn is_acronym(short: &[String], full: &[String]) -> bool {
    let [short] = short else { return false };
    let initials: String = full
        .iter()
        .filter(|w| !matches!(w.as_str(), "of" | "the" | "and" | "for" | "&"))
        .filter_map(|w| w.chars().next())
        .collect();
    short.len() >= 2 && full.len() >= 2 && *short == initials
}

/// "Robin" for "Robin Markets": the first word or words, when they say more than what kind of body it is.
fn is_beginning(short: &[String], full: &[String]) -> bool {
    let telling = short.iter().any(|w| w.len() >= 4 && !has(GENERIC, w));
    short.len() < full.len()
        && telling
        && full.starts_with(short)
        && !matches!(full[short.len()].as_str(), "of" | "and" | "in")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(s: &str) -> Vec<String> {
        s.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn acronyms() {
        let check = |short: &str, full: &str, expected: bool| {
            assert_eq!(is_acronym(&words(short), &words(full)), expected, "{short} / {full}");
        };
        check("un", "united nations", true);
        check("osce", "organization for security and co operation in europe", false);
        check("who", "world health organization", true);
        check("us", "us", false);
    }

    #[test]
    fn beginnings() {
        let check = |short: &str, full: &str, expected: bool| {
            assert_eq!(is_beginning(&words(short), &words(full)), expected, "{short} / {full}");
        };
        check("robin", "robin markets", true);
        check("national", "national widget council", false);
        check("bank", "bank of widgets", false);
        check("oxford", "oxford", false);
    }
}
