//! Entities of small articles, through the small English model.

use std::sync::{Arc, OnceLock};

use copydesk_kb::{Base, BuildOptions, Builder, UserLists};
use copydesk_nlp::Pipeline;
use copydesk_stages::{Extract, Knowledge, Stage};
use copydesk_types::{
    Article, Block, BlockKind, Entity, EntityType, LinkMethod, Provenance, Record, Source, Text,
    TextMethod, article_id,
};

fn pipeline() -> Arc<Pipeline> {
    static PIPELINE: OnceLock<Arc<Pipeline>> = OnceLock::new();
    let load = || Arc::new(Pipeline::load(&copydesk_testkit::model()).expect("the model loads"));
    Arc::clone(PIPELINE.get_or_init(load))
}

fn entities(body: &str) -> Vec<Entity> {
    run(&mut Extract::new(pipeline(), false), body)
}

fn record(body: &str) -> Record {
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
    let id = article_id("test", body);
    Record::new(id, source, Article::default(), text, Provenance::default())
}

fn run(stage: &mut Extract, body: &str) -> Vec<Entity> {
    let mut record = record(body);
    stage.run(&mut record).expect("the stage runs");
    record.entities
}

/// A base that knows nobody.
fn empty_base() -> Base {
    let directory = tempfile::tempdir().expect("a directory");
    let options = BuildOptions::in_directory(directory.path());
    let builder = Builder::new(options, Box::new(|_| {})).expect("a builder");
    let out = directory.path().join("empty.kb");
    builder.finish(&out).expect("a base");
    Base::open(Arc::new(std::fs::read(out).expect("the base"))).expect("a base")
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
    check(body, "Reuters", EntityType::Organization, &["REUTERS"]);
}

#[test]
fn a_dateline_is_no_part_of_the_name_behind_it() {
    for head in ["Oslo - ", "Oslo – ", "OSLO (AP) — ", "Oslo -- "] {
        let body = format!(
            "{head}Mayor Karin Lindqvist told reporters on Monday that the bridge was safe."
        );
        let found = entities(&body);
        let place = head.split(' ').next().unwrap_or_default();
        let who = surfaces(&found, "Karin Lindqvist");
        assert_eq!(who, Some((EntityType::Person, vec!["Karin Lindqvist".into()])), "{body}");
        assert_eq!(
            surfaces(&found, "Oslo"),
            Some((EntityType::Place, vec![place.into()])),
            "{body}"
        );
    }
}

#[test]
fn the_article_says_what_a_name_is() {
    let check = |body: &str, name: &str, kind: EntityType| {
        let found = entities(body);
        let kinds: Vec<EntityType> =
            found.iter().filter(|e| e.name == name).map(|e| e.kind).collect();
        assert_eq!(kinds, [kind], "{body}: {found:#?}");
    };
    let village = "Clergoux is a village and commune in France. Clergoux was rebuilt in 1920.";
    check(village, "Clergoux", EntityType::Place);
    let town = "Many people left the town of Havant after the war, and Havant never recovered.";
    check(town, "Havant", EntityType::Place);
    let brand =
        "Stone Bay, an Italian clothing brand, was sold on Monday. Stone Bay has forty shops.";
    check(brand, "Stone Bay", EntityType::Organization);
    let miner = "Workers of the miner Quillsk went home. Quillsk did not respond.";
    check(miner, "Quillsk", EntityType::Organization);
    let team = "Oregon (3-1) lost at home on Saturday. Oregon scored twice late.";
    check(team, "Oregon", EntityType::Organization);
    check("He bought a farm in Debden, England, last year.", "Debden", EntityType::Place);
    check("THG shares rose on Monday. Analysts like THG.", "THG", EntityType::Organization);
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
fn a_country_is_one_by_all_its_names() {
    let found = entities(
        "South Korean officials met envoys of the Democratic People's Republic of Korea on Monday. \
         North Korea said the talks went well, and South Korea agreed.",
    );
    let ids: Vec<(&str, usize)> = found
        .iter()
        .filter(|e| e.kind == EntityType::Place)
        .map(|e| (e.id.as_str(), e.mentions.len()))
        .collect();
    assert_eq!(ids, [("Q884", 2), ("Q423", 2)], "in {found:#?}");
}

#[test]
fn a_region_behind_the_comma_decides() {
    let place = |body: &str| {
        let found = entities(body);
        let paris = found.iter().find(|e| e.name == "Paris").map(|e| e.kb.geonames.clone());
        paris.unwrap_or_else(|| panic!("no Paris in {found:#?}"))
    };
    assert_eq!(place("The fair in Paris, Texas, opened on Sunday."), Some("4717560".to_owned()));
    assert_eq!(place("The fair in Paris opened on Sunday."), Some("2988507".to_owned()));
}

#[test]
fn an_acting_capital_stands_for_its_government() {
    let found = entities(
        "Ministers flew to Moscow on Monday. Later Moscow accused the rebels of an attack.",
    );
    let moscow = found.iter().find(|e| e.name == "Moscow").expect("a mention of Moscow");
    assert_eq!(moscow.kb.geonames.as_deref(), Some("524901"));
    let roles: Vec<(&str, usize)> =
        moscow.roles.iter().map(|r| (r.title.as_str(), r.start)).collect();
    assert_eq!(roles, [("government", 42)], "in {found:#?}");
}

#[test]
fn a_family_name_alone_links_by_its_office_only() {
    let id = |body: &str| {
        entities(body).into_iter().find(|e| e.kind == EntityType::Person).map(|e| e.id)
    };
    let trump = id("President Trump spoke in Washington on Friday.").expect("a person");
    assert_eq!(trump.as_str(), "Q22686");
    let nobody = id("Mr. Trump mended the sink on Friday.").expect("a person");
    assert!(nobody.is_minted(), "{nobody}");
}

#[test]
fn spellings_of_an_unknown_name_have_one_id() {
    let id = |body: &str| {
        entities(body).into_iter().find(|e| e.kind == EntityType::Person).map(|e| e.id)
    };
    let one = id("The potter Sergey Haverbrukov opened a shop in Ohio.");
    assert!(one.as_ref().is_some_and(copydesk_types::EntityId::is_minted));
    assert_eq!(one, id("On Tuesday a shop was robbed. Its owner Sergei Haverbrukov was away."));
    let short = id("A shop was robbed on Tuesday, Haverbrukov said.");
    assert!(
        short.is_some() && short != one,
        "a family name alone means nothing outside its article"
    );
}

#[test]
fn ambiguous_family_names_say_so() {
    let found = entities(
        "The brothers Peter Haverbrook and Paul Haverbrook own the mill. \
         Paul Haverbrook bought it; Peter Haverbrook runs it. Haverbrook was not at home on Monday.",
    );
    let short = found
        .iter()
        .find(|e| e.mentions.iter().any(|m| m.text == "Haverbrook"))
        .expect("a mention");
    assert!(!short.link.alternatives.is_empty() && short.link.confidence < 0.7, "in {found:#?}");
}

#[test]
fn lists_and_bases_are_replaced_under_a_running_stage() {
    let knowledge = Knowledge::embedded();
    let mut stage = Extract::with_knowledge(pipeline(), false, knowledge.clone());
    let body = "Aides of Ada Quillfeather met Ada Quillfeather in Oslo, Norway, on Monday.";
    let first = run(&mut stage, body);
    let quill = |found: &[Entity]| {
        found.iter().find(|e| e.name == "Ada Quillfeather").map(|e| e.id.clone())
    };
    assert!(quill(&first).is_some_and(|id| id.is_minted()));
    let lists =
        "[[alias]]\nname = \"Ada Quillfeather\"\nid = \"Q900002\"\n[[block]]\nname = \"Oslo\"\n";
    knowledge.replace_lists(UserLists::from_toml(lists).expect("well formed"));
    let second = run(&mut stage, body);
    assert_eq!(quill(&second).map(String::from), Some("Q900002".to_owned()));
    assert!(!second.iter().any(|e| e.name == "Oslo"), "blocked: {second:#?}");
    knowledge.replace_lists(UserLists::default());
    knowledge.replace_base(Arc::new(Base::embedded()));
    assert_eq!(run(&mut stage, body), first);
}

#[test]
fn the_hash_of_the_settings_covers_base_and_lists() {
    let knowledge = Knowledge::embedded();
    let mut stage = Extract::with_knowledge(pipeline(), false, knowledge.clone());
    let mut config = |settings: &str| {
        let mut record = record("Ada Quillfeather spoke in Oslo.");
        record.provenance.config = Some(settings.to_owned());
        stage.run(&mut record).expect("the stage runs");
        record.provenance.config.expect("a hash")
    };
    let first = config("one");
    assert!(first.starts_with("sha256:") && first.len() == 71, "{first}");
    assert_ne!(config("two"), first);
    let lists = |text| UserLists::from_toml(text).expect("well formed");
    knowledge.replace_lists(lists("[[block]]\nname = \"Oslo\"\n"));
    assert_ne!(config("one"), first);
    knowledge.replace_lists(lists("[[block]]\nname = \"Bergen\"\n"));
    let bergen = config("one");
    knowledge.replace_lists(lists("[[block]]\nname = \"Bergen\"\n"));
    assert_eq!(config("one"), bergen, "the same words from another file");
    knowledge.replace_base(Arc::new(empty_base()));
    assert_ne!(config("one"), bergen);
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

#[test]
fn compounds_are_one_name() {
    let found = entities("The Anglo-Belgian treaty was signed, said the Sino-ABK website.");
    let texts: Vec<&str> =
        found.iter().flat_map(|e| &e.mentions).map(|m| m.text.as_str()).collect();
    assert!(texts.contains(&"Anglo-Belgian") && texts.contains(&"Sino-ABK"), "in {found:#?}");
    assert!(!texts.contains(&"Anglo") && !texts.contains(&"Sino"), "in {found:#?}");
}

#[test]
fn a_direction_belongs_to_a_known_region() {
    check(
        "Traders in south-east Asia sold rice on Monday. The rice went to northern Norway.",
        "Southeast Asia",
        EntityType::Place,
        &["south-east Asia"],
    );
    let found = entities("The rice went to northern Norway.");
    assert_eq!(surfaces(&found, "Norway").map(|s| s.1), Some(vec!["Norway".to_owned()]));
}

#[test]
fn a_town_elsewhere_than_its_region_is_not_guessed() {
    let id = |body: &str, name: &str| {
        let found = entities(body);
        let entity = found.iter().find(|e| e.mentions.iter().any(|m| m.text == name));
        entity.unwrap_or_else(|| panic!("no {name} in {found:#?}")).id.to_string()
    };
    assert!(
        id("The fair in Vladivostok, Texas, opened in Texas on Sunday.", "Vladivostok")
            .starts_with("e_")
    );
    // A list is no address.
    assert_eq!(
        id("Officials in Vladivostok, Canada and Mexico agreed.", "Vladivostok"),
        "geonames:2013348"
    );
}

#[test]
fn another_spelling_is_linked_and_a_namesake_is_not() {
    let person = |body: &str| {
        let found = entities(body);
        let person = found.into_iter().find(|e| e.kind == EntityType::Person).expect("a person");
        (person.id.to_string(), person.link.method)
    };
    let respelled = person("The talks with Emanuel Macron ended on Sunday, officials said.");
    assert_eq!(respelled, ("Q3052772".to_owned(), LinkMethod::Fuzzy));
    let namesake = person("The baker Oskar Macron opened a shop on Sunday.");
    assert!(namesake.0.starts_with("e_"), "{namesake:?}");
}

#[test]
fn four_workers_in_any_order_give_the_ids_of_one() {
    let articles = [
        "The brothers Peter Haverbrook and Paul Haverbrook own the mill in Paris, Texas.",
        "Haverbrook was not at home on Monday, said Sergei Haverbrukov of the IMB.",
        "Sergey Haverbrukov met President Trump in Oslo, Norway, on Friday.",
        "Moscow accused the International Maritime Bureau (IMB) of an attack on Peter Haverbrook.",
    ];
    let alone: Vec<Vec<Entity>> = articles.iter().map(|body| entities(body)).collect();
    let knowledge = Knowledge::embedded();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (knowledge, alone) = (knowledge.clone(), &alone);
            scope.spawn(move || {
                let mut stage = Extract::with_knowledge(pipeline(), false, knowledge);
                // Each begins elsewhere, and every article comes twice.
                for n in (0..2 * articles.len()).map(|n| (3 * n + worker) % articles.len()) {
                    assert_eq!(run(&mut stage, articles[n]), alone[n], "worker {worker}");
                }
            });
        }
    });
    let known: usize = alone.iter().flatten().filter(|e| !e.id.is_minted()).count();
    let minted: usize = alone.iter().flatten().filter(|e| e.id.is_minted()).count();
    assert!(known >= 5 && minted >= 5, "{known} {minted}");
}

#[test]
fn short_forms_that_need_no_office() {
    let check = |body: &str, surface: &str, id: Option<&str>| {
        let found = entities(body);
        let of = |e: &&Entity| e.mentions.iter().any(|m| m.text == surface);
        let linked = found.iter().find(of).and_then(|e| e.kb.wikidata.as_deref());
        assert_eq!(linked, id, "{surface} in {body}: {found:#?}");
    };
    // The best known are meant wherever their family name stands alone and the article speaks of their country.
    check("Aides met Trump in Washington on Monday.", "Trump", Some("Q22686"));
    check("Reporters in Washington asked Trump. Trump said no.", "Trump", Some("Q22686"));
    check("Aides met Trump at a bakery in Oslo on Monday.", "Trump", None);
    check("Aides met Mattis in Washington on Monday.", "Mattis", None);
    let province = "Two schools in Guizhou Province were closed on Monday, China said.";
    check(province, "Guizhou Province", Some("Q47097"));
}

#[test]
fn a_name_that_many_have_needs_its_office_or_country() {
    let check = |body: &str, expected: bool| {
        let found = entities(body);
        let linked = found.iter().any(|e| e.id.as_str() == "Q263166");
        assert_eq!(linked, expected, "{body}: {found:#?}");
    };
    check("Ben Wallace scored twice in Detroit on Monday.", false);
    check("Ben Wallace opened a bakery on Monday and sold four hundred loaves.", false);
    check("Defence Secretary Ben Wallace visited a bakery on Monday.", true);
    check("Ben Wallace told reporters in London that the ships would sail on Monday.", true);
}
