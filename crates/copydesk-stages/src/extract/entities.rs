//! Entities of one document: the model's mentions after span conventions and document rules, grouped by name, longest
//! first, and linked to the base.

mod cluster;
mod dateline;
mod document;
mod gazetteer;
mod government;
mod lines;
mod link;
mod mentions;
mod name_match;
mod names;
mod roles;
mod said;
mod shape;
mod surroundings;

use std::collections::BTreeMap;

use copydesk_nlp::Doc;
use copydesk_types::{
    Alternative, Entity, EntityType, Kb, Link, Mention, MentionKind, Record, Role,
};

use self::cluster::Cluster;
pub use self::link::base_id;
use self::link::{Article, Behind, Linked};
use self::mentions::Candidate;
pub use self::name_match::name_similarity;
use super::knowledge::Known;

/// Entities in order of their first mention.
pub(super) fn find(doc: &Doc, record: &Record, known: &Known) -> Vec<Entity> {
    let candidates = mentions::find(doc, &record.text.blocks, known);
    let clusters = cluster::group(&candidates);
    let at = owners(doc, &candidates);
    let article = Article::new(
        &known.base,
        &known.lists,
        &candidates,
        behind(doc, &candidates, &at),
        record.id.as_str(),
    );
    let roles: Vec<Vec<Role>> =
        clusters.iter().map(|c| roles_of(doc, c, &candidates, &at)).collect();
    let mut linked: Vec<Linked> =
        clusters.iter().zip(&roles).map(|(c, r)| article.link(c, r)).collect();
    let people = (0..clusters.len()).filter(|&n| clusters[n].kind == EntityType::Person);
    let lead = people
        .max_by_key(|&n| (clusters[n].members.len(), std::cmp::Reverse(n)))
        .map(|n| linked[n].clone());
    for (n, cluster) in clusters.iter().enumerate() {
        let open = linked[n].id.is_minted() && linked[n].name.is_none();
        if let Some(found) =
            open.then(|| article.link_short(cluster, &linked, lead.as_ref())).flatten()
        {
            linked[n] = found;
        }
    }
    let mut entities = Vec::new();
    for same in by_id(&clusters, &linked, &candidates) {
        entities.push(entity(doc, &same, &clusters, &linked, &roles, &candidates));
    }
    name_owners(&mut entities);
    entities
}

/// For each token the number of its candidate, plus one.
fn owners(doc: &Doc, candidates: &[Candidate]) -> Vec<u32> {
    let mut at = vec![0; doc.len()];
    for (number, c) in candidates.iter().enumerate() {
        at[c.tokens.clone()].fill(u32::try_from(number + 1).unwrap_or(0));
    }
    at
}

/// The name that stands behind a comma right after each candidate: "Springfield, Illinois".
fn behind(doc: &Doc, candidates: &[Candidate], at: &[u32]) -> Vec<Option<Behind>> {
    let next = |c: &Candidate| {
        let comma = c.tokens.end;
        let name = (comma + 1 < doc.len() && doc.token_text(comma) == ",")
            .then(|| at[comma + 1])
            .filter(|&n| n > 0)?;
        let name = candidates
            .get(usize::try_from(name).ok()? - 1)
            .filter(|n| n.kind == EntityType::Place)?;
        let next = |t: usize| if t < doc.len() { doc.lower(t) } else { "" };
        let end = name.tokens.end;
        let place = at.get(end + 1).is_some_and(|&n| n > 0);
        let listed = matches!(next(end), "and" | "or") || (next(end) == "," && place);
        Some(Behind { name: name.folded.clone(), listed })
    };
    candidates.iter().map(next).collect()
}

fn roles_of(doc: &Doc, cluster: &Cluster, candidates: &[Candidate], at: &[u32]) -> Vec<Role> {
    if cluster.kind != EntityType::Person {
        return Vec::new();
    }
    let mut found: Vec<Role> = cluster
        .members
        .iter()
        .filter_map(|&m| roles::of(doc, &candidates[m], candidates, at))
        .collect();
    found.sort_by_key(|r| r.start);
    found.dedup();
    found
}

/// Clusters that are one entity, in order of their first mention.
fn by_id(clusters: &[Cluster], linked: &[Linked], candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let mut same: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, l) in linked.iter().enumerate() {
        same.entry(l.id.as_str()).or_default().push(number);
    }
    let first = |numbers: &Vec<usize>| {
        let starts =
            numbers.iter().flat_map(|&n| &clusters[n].members).map(|&m| candidates[m].bytes.start);
        starts.min().unwrap_or(usize::MAX)
    };
    let mut out: Vec<Vec<usize>> = same.into_values().collect();
    out.sort_by_key(first);
    out
}

fn entity(
    doc: &Doc,
    same: &[usize],
    clusters: &[Cluster],
    linked: &[Linked],
    roles: &[Vec<Role>],
    candidates: &[Candidate],
) -> Entity {
    // The fullest form speaks for all.
    let lead = same
        .iter()
        .copied()
        .max_by_key(|&n| (clusters[n].words.len(), std::cmp::Reverse(n)))
        .unwrap_or(0);
    let link = &linked[lead];
    let name = link.name.clone().unwrap_or_else(|| clusters[lead].name.clone());
    let mut mentions: Vec<Mention> = Vec::new();
    let mut found: Vec<Role> = Vec::new();
    let mut alternatives = link.alternatives.clone();
    for &n in same {
        let cluster = &clusters[n];
        for &m in &cluster.members {
            mentions.push(mention(&candidates[m], cluster));
            if link.capital && candidates[m].kind == EntityType::Place {
                found.extend(government::role(doc, &candidates[m].tokens, link.country.as_deref()));
            }
        }
        found.extend(roles[n].iter().cloned());
        let others = cluster.alternatives.iter().filter(|a| !same.contains(a));
        alternatives.extend(others.map(|&a| Alternative {
            id: linked[a].id.clone(),
            name: linked[a].name.clone().unwrap_or_else(|| clusters[a].name.clone()),
            score: if cluster.ambiguous { 0.5 } else { 0.3 },
        }));
    }
    mentions.sort_by_key(|m| m.start);
    found.sort_by_key(|r| r.start);
    let confidence = if clusters[lead].alternatives.is_empty() {
        link.confidence
    } else {
        link.confidence * 0.7
    };
    Entity {
        id: link.id.clone(),
        kind: link.kind,
        name,
        kb: Kb { wikidata: link.wikidata.clone(), geonames: link.geonames.clone() },
        country: link.country.clone(),
        coordinates: link.coordinates,
        roles: found,
        salience: salience(&mentions, candidates.len(), doc.text().len()),
        link: Link {
            method: link.method,
            confidence: (confidence * 1000.0).round() / 1000.0,
            alternatives,
        },
        mentions,
    }
}

/// Share of the mentions, and how early the first one stands: half each.
fn salience(mentions: &[Mention], total: usize, length: usize) -> f64 {
    let first = mentions.first().map_or(0, |m| m.start);
    let share = mentions.len() as f64 / total.max(1) as f64;
    let early = 1.0 - first as f64 / length.max(1) as f64;
    ((0.5 * share + 0.5 * early).clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

fn mention(candidate: &Candidate, cluster: &Cluster) -> Mention {
    let words = cluster::words_of(cluster.kind, &candidate.text).len();
    let kind = if candidate.demonym {
        MentionKind::Demonym
    } else if words < cluster.words.len() || cluster.ambiguous {
        MentionKind::Short
    } else {
        MentionKind::Name
    };
    Mention {
        start: candidate.bytes.start,
        end: candidate.bytes.end,
        text: candidate.text.clone(),
        label: candidate.label.clone(),
        kind,
    }
}

/// `of` of a role names the entity: "Russia" for the words "Russian foreign minister".
fn name_owners(entities: &mut [Entity]) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for e in entities.iter() {
        for m in &e.mentions {
            names.insert(m.text.clone(), e.name.clone());
        }
    }
    for role in entities.iter_mut().flat_map(|e| &mut e.roles) {
        if let Some(name) = role.of.as_ref().and_then(|of| names.get(of)) {
            role.of = Some(name.clone());
        }
    }
}
