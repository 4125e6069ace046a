//! Entities of small articles, through the small English model.

use std::sync::{Arc, OnceLock};

use copydesk_nlp::Pipeline;
use copydesk_stages::{Extract, Stage};
use copydesk_types::{
    Article, Block, BlockKind, Entity, EntityType, Provenance, Record, Source, Text, TextMethod,
    article_id,
};

fn pipeline() -> Arc<Pipeline> {
    static PIPELINE: OnceLock<Arc<Pipeline>> = OnceLock::new();
    let load = || Arc::new(Pipeline::load(&copydesk_testkit::model()).expect("the model loads"));
    Arc::clone(PIPELINE.get_or_init(load))
}

fn entities(body: &str) -> Vec<Entity> {
    let source = Source {
        path: "test.txt".into(),
        member: None,
        bytes: 0,
        sha256: String::new(),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: None,
    };
    let blocks = vec![Block { kind: BlockKind::Paragraph, start: 0, end: body.len() }];
    let text = Text::new(body.to_owned(), TextMethod::Plain, blocks);
    let mut record = Record::new(
        article_id("test", body),
        source,
        Article::default(),
        text,
        Provenance::default(),
    );
    Extract::new(pipeline(), false).run(&mut record).expect("the stage runs");
    record.entities
}

/// The surfaces of the entity with this name, and its type.
fn surfaces(found: &[Entity], name: &str) -> Option<(EntityType, Vec<String>)> {
    let entity = found.iter().find(|e| e.name == name)?;
    Some((entity.kind, entity.mentions.iter().map(|m| m.text.clone()).collect()))
}

#[track_caller]
fn check(body: &str, name: &str, kind: EntityType, mentions: &[&str]) {
    let found = entities(body);
    let mentions = mentions.iter().map(|&m| m.to_owned()).collect();
    assert_eq!(surfaces(&found, name), Some((kind, mentions)), "in {found:#?}");
}

#[test]
fn family_name_stands_for_the_full_name() {
    check(
        "The minister Dorothy Haverbrook spoke in the town hall. Haverbrook’s plan was popular. \
         Later Haverbrook left.",
        "Dorothy Haverbrook",
        EntityType::Person,
        &["Dorothy Haverbrook", "Haverbrook", "Haverbrook"],
    );
}

#[test]
fn particles_belong_to_the_name() {
    check(
        "The meeting with Johanna von der Heide lasted an hour. Aides of von der Heide were pleased.",
        "Johanna von der Heide",
        EntityType::Person,
        &["Johanna von der Heide", "von der Heide"],
    );
}

#[test]
fn credits_name_the_photographer() {
    let body = "A tram passes the old harbour in Oslo, Norway, May 3, 2021.\n\nREUTERS/Marta Lindqvist/File Photo\n\n\
                The tram company said it would add more trams.";
    check(body, "Marta Lindqvist", EntityType::Person, &["Marta Lindqvist"]);
    check(body, "REUTERS", EntityType::Organization, &["REUTERS"]);
}

#[test]
fn letters_in_brackets_are_the_name_before_them() {
    check(
        "The International Maritime Bureau (IMB) warned of pirates on Monday. The IMB said two ships were boarded.",
        "International Maritime Bureau",
        EntityType::Organization,
        &["International Maritime Bureau", "IMB", "IMB"],
    );
}

#[test]
fn every_mention_is_the_text_at_its_offsets() {
    let body = "“Déjà vu,” said José Ibáñez of the Añil Group in São Paulo.\n\nSAO PAULO STAYS CALM, IBAÑEZ SAYS\n";
    for entity in entities(body) {
        for mention in entity.mentions {
            assert_eq!(body.get(mention.start..mention.end), Some(mention.text.as_str()));
        }
    }
}
