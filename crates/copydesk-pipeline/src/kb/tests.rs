use std::io::Write as _;

use super::*;

#[test]
fn formats_by_ending() {
    let check = |name: &str, expected: Option<KbFormat>| {
        assert_eq!(KbFormat::of(Path::new(name)).ok(), expected, "{name}");
    };
    check("latest-all.json.gz", Some(KbFormat::Wikidata));
    check("allCountries.txt", Some(KbFormat::Geonames));
    check("desk.CSV", Some(KbFormat::Csv));
    check("desk.jsonl", Some(KbFormat::JsonLines));
    check("desk", None);
    check("desk.gz", None);
}

#[test]
fn a_base_of_lists_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("desk.csv.gz");
    let mut gz =
        flate2::write::GzEncoder::new(File::create(&list).unwrap(), flate2::Compression::fast());
    gz.write_all(b"name,type,aliases,wikidata,weight\nHarbour Bank,organization,HB,Q900001,5000\nHB Radio,organization,HB,,9000\n").unwrap();
    gz.finish().unwrap();
    let names = dir.path().join("names.toml");
    std::fs::write(
        &names,
        "[[alias]]\nname = \"Ada Quill\"\naliases = [\"AQ\"]\n[[block]]\nname = \"Slideshow\"\n",
    )
    .unwrap();
    let out = dir.path().join("desk.kb");
    let build = |bare| KbBuild {
        out: out.clone(),
        sources: vec![list.clone()],
        format: None,
        bare,
        sitelinks: 3,
        inhabitants: 500,
    };
    let summary = build_kb(&build(true), |_| {}).unwrap();
    assert_eq!((summary.entities, summary.aliases), (2, 4));
    let path = |p: &Path| crate::config::Optional::from(p.to_str().unwrap());
    let settings = Entities { base: path(&out), names: path(&names) };
    let ask = |names: &[&str]| {
        lookup_kb(&settings, &names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>()).unwrap()
    };
    let answers = ask(&["the hb", "AQ", "slideshow", "Nobody"]);
    let ids: Vec<&str> = answers[0].entities.iter().map(|e| e.name.as_str()).collect();
    assert_eq!((answers[0].folded.as_str(), ids), ("hb", vec!["HB Radio", "Harbour Bank"]));
    assert_eq!(answers[0].entities[1].id, "Q900001");
    assert_eq!(answers[1].user, Some(KbUserWord::Alias { name: "Ada Quill".into(), id: None }));
    assert_eq!(answers[2].user, Some(KbUserWord::Blocked));
    assert_eq!((answers[3].user.is_none(), answers[3].entities.len()), (true, 0));

    build_kb(&build(false), |_| {}).unwrap();
    let answers = ask(&["Norway", "HB"]);
    assert_eq!((answers[0].entities[0].id.as_str(), answers[1].entities.len()), ("Q20", 2));
}

#[test]
fn a_source_that_is_none_leaves_the_base_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (list, out) = (dir.path().join("a.jsonl"), dir.path().join("a.kb"));
    std::fs::write(&list, "{\"name\":\"A\",\"type\":\"person\"}\n{\"name\":1}\n").unwrap();
    std::fs::write(&out, "old").unwrap();
    let options = KbBuild {
        out: out.clone(),
        sources: vec![list],
        format: None,
        bare: true,
        sitelinks: 0,
        inhabitants: 0,
    };
    let error = build_kb(&options, |_| {}).unwrap_err();
    assert_eq!(crate::classify(&error), crate::Failure::Data);
    assert!(format!("{error:#}").contains("line 2"), "{error:#}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
}
