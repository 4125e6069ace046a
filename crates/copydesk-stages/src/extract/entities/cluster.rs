//! Grouping the mentions of a document by name: longest first, a short name joins the full one that it fits.

use std::collections::BTreeMap;

use copydesk_types::EntityType;

use super::mentions::Candidate;
use super::names;

/// The mentions of one entity.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) kind: EntityType,
    /// The fullest form.
    pub(super) name: String,
    words: Vec<String>,
    /// Indices of candidates.
    pub(super) members: Vec<usize>,
    /// Where the first mention stands.
    first: usize,
    /// Number of the cluster as it was made, for `alternatives`.
    number: usize,
    /// Clusters that a short name of this one could also mean.
    pub(super) alternatives: Vec<usize>,
}

impl Cluster {
    /// The cluster with `alternatives` in the new numbering.
    pub(super) fn with_alternatives(&self, order: &BTreeMap<usize, usize>) -> Self {
        let alternatives = self.alternatives.iter().filter_map(|a| order.get(a).copied()).collect();
        Self { alternatives, ..self.clone() }
    }
}

/// From the number at making to the place in `clusters`.
pub(super) fn renumber(clusters: &[Cluster]) -> BTreeMap<usize, usize> {
    clusters.iter().enumerate().map(|(at, c)| (c.number, at)).collect()
}

/// Groups candidates; every candidate is in exactly one cluster.
pub(super) fn group(candidates: &[Candidate]) -> Vec<Cluster> {
    let words: Vec<Vec<String>> = candidates
        .iter()
        .map(|c| {
            if c.kind == EntityType::Person {
                return names::person_words(&c.text);
            }
            names::fold(&c.text).split(' ').map(str::to_owned).collect()
        })
        .collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    // Longest first; of equal length the earlier one founds the cluster.
    order.sort_by_key(|&i| (std::cmp::Reverse(words[i].len()), candidates[i].bytes.start));
    let mut clusters: Vec<Cluster> = Vec::new();
    for i in order {
        let c = &candidates[i];
        let mut fitting: Vec<usize> =
            (0..clusters.len()).filter(|&k| fits(&words[i], c, &clusters[k])).collect();
        // Several full names fit: the one that the article brings in first is meant, and the others are said.
        fitting.sort_by_key(|&k| (clusters[k].words != words[i], clusters[k].first));
        match fitting.first() {
            Some(&k) => {
                let cluster = &mut clusters[k];
                cluster.members.push(i);
                cluster.first = cluster.first.min(c.bytes.start);
                if words[i].len() < cluster.words.len() {
                    let others = fitting.iter().skip(1).copied();
                    cluster.alternatives.extend(others);
                    cluster.alternatives.sort_unstable();
                    cluster.alternatives.dedup();
                }
            }
            None => clusters.push(Cluster {
                kind: c.kind,
                name: display(c),
                words: words[i].clone(),
                members: vec![i],
                first: c.bytes.start,
                number: clusters.len(),
                alternatives: Vec::new(),
            }),
        }
    }
    clusters
}

fn fits(words: &[String], c: &Candidate, cluster: &Cluster) -> bool {
    match (c.kind, cluster.kind) {
        (EntityType::Person, EntityType::Person) => {
            words == cluster.words || names::names_person(words, &cluster.words)
        }
        (EntityType::Organization, EntityType::Organization) => {
            words == cluster.words || is_acronym(words, &cluster.words)
        }
        (a, b) => a == b && words == cluster.words,
    }
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

/// The name as it is shown: as written, on one line.
fn display(c: &Candidate) -> String {
    c.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::is_acronym;

    #[test]
    fn acronyms() {
        let words = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let check = |short: &str, full: &str, expected: bool| {
            assert_eq!(is_acronym(&words(short), &words(full)), expected, "{short} / {full}");
        };
        check("un", "united nations", true);
        check("osce", "organization for security and co operation in europe", false);
        check("who", "world health organization", true);
        check("us", "us", false);
    }
}
