//! Entities of one document: the model's mentions after span conventions and document rules, grouped by name, longest
//! first.

mod cluster;
mod document;
mod lines;
mod mentions;
mod names;
mod roles;
mod shape;

use copydesk_nlp::Doc;
use copydesk_types::{
    Alternative, Block, Entity, EntityId, EntityType, Kb, Link, LinkMethod, Mention, MentionKind,
    minted_entity_id,
};

use self::cluster::Cluster;
use self::mentions::Candidate;

/// Entities in order of their first mention.
pub(super) fn find(doc: &Doc, blocks: &[Block]) -> Vec<Entity> {
    let candidates = mentions::find(doc, blocks);
    let mut clusters = cluster::group(&candidates);
    clusters.sort_by_key(|c| c.members.iter().map(|&m| candidates[m].bytes.start).min());
    let length = doc.text().len().max(1);
    let total = candidates.len().max(1);
    let ids: Vec<EntityId> = clusters.iter().map(id_of).collect();
    let names: Vec<String> = clusters.iter().map(|c| c.name.clone()).collect();
    let build = |(at, cluster): (usize, &Cluster)| {
        let mut mentions: Vec<Mention> =
            cluster.members.iter().map(|&m| mention(doc, &candidates[m], cluster)).collect();
        mentions.sort_by_key(|m| m.start);
        let roles = cluster.members.iter().filter(|_| cluster.kind == EntityType::Person);
        let mut roles: Vec<_> =
            roles.filter_map(|&m| roles::of(doc, &candidates[m], &candidates)).collect();
        roles.sort_by_key(|r| r.start);
        roles.dedup();
        let first = mentions.first().map_or(0, |m| m.start);
        // Share of the mentions, and how early the first one stands: half each.
        let share = mentions.len() as f64 / total as f64;
        let salience = (0.5 * share + 0.5 * (1.0 - first as f64 / length as f64)).clamp(0.0, 1.0);
        let alternatives = cluster
            .alternatives
            .iter()
            .filter(|&&a| a != at)
            .map(|&a| Alternative { id: ids[a].clone(), name: names[a].clone(), score: 0.4 });
        Entity {
            id: ids[at].clone(),
            kind: cluster.kind,
            name: names[at].clone(),
            kb: Kb::default(),
            country: None,
            coordinates: None,
            roles,
            salience: (salience * 1000.0).round() / 1000.0,
            link: Link {
                method: if mentions.len() > 1 { LinkMethod::InDocument } else { LinkMethod::None },
                confidence: if cluster.alternatives.is_empty() { 0.9 } else { 0.6 },
                alternatives: alternatives.collect(),
            },
            mentions,
        }
    };
    let order = cluster::renumber(&clusters);
    let clusters: Vec<Cluster> = clusters.iter().map(|c| c.with_alternatives(&order)).collect();
    clusters.iter().enumerate().map(build).collect()
}

fn id_of(cluster: &Cluster) -> EntityId {
    minted_entity_id(cluster.kind, &names::fold(&cluster.name))
}

fn mention(doc: &Doc, candidate: &Candidate, cluster: &Cluster) -> Mention {
    let text = doc.text().get(candidate.bytes.clone()).unwrap_or_default();
    let kind = if candidate.demonym {
        MentionKind::Demonym
    } else if names::fold(text).split(' ').count() < names::fold(&cluster.name).split(' ').count() {
        MentionKind::Short
    } else {
        MentionKind::Name
    };
    Mention {
        start: candidate.bytes.start,
        end: candidate.bytes.end,
        text: text.to_owned(),
        label: candidate.label.clone(),
        kind,
    }
}
