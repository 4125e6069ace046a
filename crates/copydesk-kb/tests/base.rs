//! Building a base and looking names up in it.

#![expect(clippy::unwrap_used, reason = "a test says by panicking what went wrong")]

use std::path::PathBuf;
use std::sync::Arc;

use copydesk_kb::{
    AliasKind, Base, BuildError, BuildOptions, Builder, Flags, OpenError, Summary, read_base,
    read_csv, read_geonames, read_json_lines, read_wikidata,
};
use copydesk_types::EntityType;

const LIST: &str = r#"# licence: own work
{"name":"Freedonia","type":"place","aliases":["Republic of Freedonia"],"demonyms":["Freedonian"],"wikidata":"Q900001","geonames":77,"country":"FD","lat":10.5,"lon":-20.25,"weight":5000000,"flags":["country"]}
{"name":"Rufus Firefly","type":"person","short":["Firefly"],"country":"FD","details":["president","head of state"],"weight":90000}

{"name":"Freedonia Gazette","type":"organization","domains":["gazette.example"],"flags":["outlet"]}
"#;

fn build(fill: impl FnOnce(&mut Builder) -> Result<(), BuildError>) -> (Base, Summary, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    let options = BuildOptions { sort_memory: 300, ..BuildOptions::in_directory(directory.path()) };
    let mut builder = Builder::new(options, Box::new(|_| {})).unwrap();
    fill(&mut builder).unwrap();
    let out: PathBuf = directory.path().join("test.kb");
    let summary = builder.finish(&out).unwrap();
    let bytes = std::fs::read(out).unwrap();
    let base = Base::open(Arc::new(bytes.clone())).unwrap();
    base.verify().unwrap();
    (base, summary, bytes)
}

#[test]
fn lists_are_found_by_every_name() {
    let (base, summary, _) = build(|b| {
        b.licence("own work");
        read_json_lines(b, &mut LIST.as_bytes())
    });
    assert_eq!((summary.entities, summary.aliases, base.licences()), (3, 7, "own work\n"));
    let check = |name: &str, expected: Option<(&str, AliasKind)>| {
        let found = base.lookup(name).next().map(|h| (base.fact(h.entity).unwrap().name, h.alias));
        assert_eq!(found, expected, "{name}");
    };
    check("FREEDONIA", Some(("Freedonia", AliasKind::Label)));
    check("the Republic of Freedonia", Some(("Freedonia", AliasKind::Alias)));
    check("Freedonian", Some(("Freedonia", AliasKind::Demonym)));
    check("Firefly", Some(("Rufus Firefly", AliasKind::Short)));
    check("gazette.example", Some(("Freedonia Gazette", AliasKind::Domain)));
    check("Sylvania", None);
    let country = base.fact(0).unwrap();
    assert_eq!(
        (country.wikidata, country.geonames, country.country),
        (Some(900_001), Some(77), Some("FD"))
    );
    assert_eq!(country.id().unwrap().as_str(), "Q900001");
    assert_eq!(country.coordinates.map(|c| (c.lat, c.lon)), Some((10.5, -20.25)));
    assert!(country.flags.has(Flags::COUNTRY));
    assert_eq!(base.details(1), "president\nhead of state");
    assert_eq!(base.details(2), "");
    assert_eq!(base.fact(3), None);
}

#[test]
fn a_base_starts_from_another() {
    let (first, ..) = build(|b| read_json_lines(b, &mut LIST.as_bytes()));
    let (base, summary, _) = build(|b| {
        read_csv(b, &mut "name,type,wikidata\nSylvania,place,Q900005\n".as_bytes())?;
        read_base(b, &first)?;
        let more = "name,type,aliases,wikidata\nFreedonia,place,Fredonia,Q900001\n";
        read_csv(b, &mut more.as_bytes())
    });
    assert_eq!((summary.entities, summary.merged, base.licences()), (4, 1, "own work\n"));
    let facts = |base: &Base, name: &str| {
        let hit = base.lookup(name).next().unwrap();
        let mut fact = base.fact(hit.entity).map(|f| format!("{f:?}")).unwrap();
        // Its number is another one.
        fact = fact.replace(&format!("entity: {}", hit.entity), "");
        (fact, hit.alias)
    };
    for name in ["Freedonian", "Firefly", "gazette.example", "Republic of Freedonia"] {
        assert_eq!(facts(&base, name), facts(&first, name), "{name}");
    }
    assert_eq!(facts(&base, "Fredonia").0, facts(&first, "Freedonia").0);
}

#[test]
fn csv_and_geonames_join_by_id() {
    let (base, summary, _) = build(|b| {
        read_csv(
            b,
            &mut "name,type,aliases,geonames,country\nFreedonia,place,Freedony;FD,77,FD\n"
                .as_bytes(),
        )?;
        let dump = "77\tFreedonia Land\tFreedonia Land\tFridonya\t1\t2\tA\tPCLI\tFD\t\t\t\t\t\t900\t\t\t\t\n\
                    78\tSmallville\tSmallville\t\t1\t2\tP\tPPL\tFD\t\t07\t\t\t\t90\t\t\t\t\n\
                    79\tBigville\tBigville\tGrossdorf\t1.5\t2\tP\tPPLC\tFD\t\t07\t\t\t\t90000\t\t\t\t\n";
        read_geonames(b, &mut dump.as_bytes(), 500)
    });
    assert_eq!((summary.entities, summary.merged, summary.skipped), (2, 1, 1));
    assert_eq!(base.lookup("Fridonya").next().map(|h| h.entity), Some(0));
    let city = base.fact(base.lookup("Grossdorf").next().unwrap().entity).unwrap();
    assert_eq!(
        (city.name, city.flags.has(Flags::CAPITAL), city.region != 0),
        ("Bigville", true, true)
    );
}

#[test]
fn wikidata_items_are_told_apart_by_their_claims() {
    let item = |id: &str, name: &str, claims: &str, links: &str| {
        format!(
            r#"{{"id":"{id}","type":"item","labels":{{"en":{{"language":"en","value":"{name}"}},"de":{{"language":"de","value":"x"}}}},"aliases":[],"claims":{claims},"sitelinks":{links}}},"#
        )
    };
    let snak = |value: &str| {
        format!(r#"[{{"mainsnak":{{"snaktype":"value","datavalue":{{"value":{value}}}}}}}]"#)
    };
    let claims = |list: &[(&str, &str)]| {
        let rows: Vec<String> = list.iter().map(|(p, v)| format!(r#""{p}":{}"#, snak(v))).collect();
        format!("{{{}}}", rows.join(","))
    };
    let human = claims(&[("P31", r#"{"numeric-id":5}"#), ("P27", r#"{"numeric-id":900001}"#)]);
    let place = claims(&[
        ("P625", r#"{"latitude":1.5,"longitude":2.5}"#),
        ("P17", r#"{"numeric-id":900001}"#),
    ]);
    let company = claims(&[("P452", r#"{"numeric-id":1}"#)]);
    let dump = [
        "[".to_owned(),
        item("Q900002", "Ada Quill", &human, r#"{"enwiki":{},"dewiki":{}}"#),
        item("Q900003", "Port Quill", &place, r#"{"enwiki":{}}"#),
        item("Q900004", "Quill Works", &company, r#"{"enwiki":{}}"#),
        item("Q900005", "Quillness", "[]", r#"{"enwiki":{}}"#),
        item("Q900006", "Nobody", &human, "[]"),
        "]".to_owned(),
    ]
    .join("\n");
    let (base, summary, _) = build(|b| {
        read_json_lines(b, &mut LIST.as_bytes())?;
        read_wikidata(b, &mut dump.as_bytes(), 1)
    });
    assert_eq!((summary.entities, summary.skipped), (6, 2));
    let fact = |name: &str| base.fact(base.lookup(name).next().unwrap().entity).unwrap();
    assert_eq!(
        (fact("Ada Quill").kind, fact("Ada Quill").country),
        (EntityType::Person, Some("FD"))
    );
    assert_eq!(fact("Port Quill").coordinates.map(|c| c.lat), Some(1.5));
    assert_eq!(fact("Quill Works").kind, EntityType::Organization);
    assert!(fact("Ada Quill").prior > fact("Port Quill").prior);
    assert!(base.lookup("Nobody").next().is_none(), "too few sitelinks");
}

#[test]
fn bad_lists_are_refused_with_their_line() {
    let directory = tempfile::tempdir().unwrap();
    let mut builder =
        Builder::new(BuildOptions::in_directory(directory.path()), Box::new(|_| {})).unwrap();
    let bad = "# a list\n{\"name\":\"A\",\"type\":\"place\"}\n{\"name\":1}\n";
    let error = read_json_lines(&mut builder, &mut bad.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("read line 3 of the JSON Lines list: invalid type"), "{error}");
    let error =
        read_csv(&mut builder, &mut "name,type\nA,planet\n".as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("read line 2 of the CSV list"), "{error}");
    let error =
        read_geonames(&mut builder, &mut "no dump\n".as_bytes(), 0).unwrap_err().to_string();
    assert_eq!(error, "read line 1 of the GeoNames list: fewer than 15 columns");
}

#[test]
fn damaged_bases_are_refused() {
    let (_, _, bytes) = build(|b| read_json_lines(b, &mut LIST.as_bytes()));
    let open = |bytes: Vec<u8>| Base::open(Arc::new(bytes)).and_then(|base| base.verify());
    assert!(matches!(open(Vec::new()), Err(OpenError::NoBase)));
    assert!(matches!(open(vec![0; 1000]), Err(OpenError::NoBase)));
    for cut in [bytes.len() - 1, bytes.len() / 2, 170] {
        assert!(open(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    let mut version = bytes.clone();
    version[8] = 9;
    assert!(matches!(open(version), Err(OpenError::Version { found: 9, expected: 2 })));
    for at in (190..bytes.len()).step_by(37) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        assert!(open(damaged).is_err(), "a flipped byte at {at}");
    }
}

#[test]
fn the_embedded_base_is_whole() {
    let base = Base::embedded();
    base.verify().unwrap();
    assert!(base.len() > 1000 && base.licences().contains("GeoNames"), "{base:?}");
}
