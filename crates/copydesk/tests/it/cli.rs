//! Help, errors and exit codes.

use std::fmt::Write as _;
use std::process::Stdio;

use crate::desk::Desk;

const COMMANDS: [&str; 25] = [
    "",
    "demo",
    "run",
    "enrich",
    "parse",
    "tail",
    "status",
    "top",
    "dead",
    "dead list",
    "dead show",
    "dead replay",
    "entity",
    "entity show",
    "config",
    "config check",
    "config show",
    "doctor",
    "model",
    "model fetch",
    "kb",
    "kb build",
    "kb lookup",
    "kb show",
    "schema",
];

#[test]
fn every_command_has_help_with_an_example() {
    let desk = Desk::new();
    for command in COMMANDS {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let help = desk.output(&args);
        // A list of commands needs no example of its own.
        assert!(
            help.contains("Example")
                || ["model", "dead", "entity", "config", "kb"].contains(&command),
            "{command}: {help}"
        );
        let name = if command.is_empty() { "copydesk" } else { command };
        insta::assert_snapshot!(format!("help_{}", name.replace(' ', "_")), help);
    }
}

#[test]
fn errors_name_the_way_out() {
    let desk = Desk::new();
    desk.write("damaged.whl", "PK\x03\x04 no zip archive");
    desk.write("plain.txt", "no model");
    desk.write("bad.toml", "inbox = \"in\"\noutputt = \"out\"\n");
    desk.write("a.txt", "The bridge is shut.");
    let typed = [
        "enrich --model huge a.txt",
        "enrich --model ./none.whl a.txt",
        "parse --model plain.txt a.txt",
        "parse --model damaged.whl a.txt",
        "enrich --config bad.toml a.txt",
        "enrich --config none.toml a.txt",
        "enrich --stages dedup,sink",
        "enrich --threads 0",
        "model fetch ./none.whl",
        "model fetch sm --sha256 12",
        "kb build desk.kb desk.kb",
        "kb build desk.kb none.csv",
        "kb lookup Norway --base plain.txt",
        "enrch",
    ];
    let mut said = String::new();
    for line in typed {
        let ended = desk.run(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(ended.stdout, "", "{line}");
        let stderr = ended.stderr.replace(&desk.path().display().to_string(), "[dir]");
        writeln!(said, "$ copydesk {line}\n{stderr}exit code {}\n", ended.code).unwrap();
    }
    insta::assert_snapshot!(said);
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = include_str!("../../../../schema/record-1.0.json");
    assert_eq!(Desk::new().output(&["schema"]), committed);
}

#[test]
fn completions_and_manual_know_the_commands() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(desk.output(&["completions", shell]).contains("enrich"), "{shell}");
    }
    assert!(desk.output(&["man"]).contains(".TH copydesk 1"));
    desk.output(&["man", "--dir", "man1"]);
    let page = std::fs::read_to_string(desk.path().join("man1/copydesk-enrich.1")).unwrap();
    assert!(page.contains("reproducible"), "{page}");
    assert!(desk.output(&["--version"]).starts_with("copydesk 0."));
}

#[test]
fn doctor_says_what_is_there_and_how_to_mend_what_is_not() {
    let desk = Desk::new();
    let report: serde_json::Value =
        serde_json::from_str(&desk.output(&["doctor", "--json"])).unwrap();
    let state = |what: &str| {
        let check = report.as_array().unwrap().iter().find(|c| c["what"] == what);
        check.unwrap_or_else(|| panic!("nothing on {what} in {report}"))["state"].clone()
    };
    for what in ["nats-server", "model", "cache", "inbox", "output", "data directory"] {
        assert_eq!(state(what), "ok", "{what} in {report}");
    }

    let mut bare = desk.command(&["doctor"]);
    bare.env_remove("COPYDESK_MODEL").env("COPYDESK_NATS_SERVER", "/none").env("PATH", "");
    let ended = crate::desk::end(&mut bare, b"");
    assert_eq!(ended.code, 78, "{ended:?}");
    for wanted in ["missing  nats-server", "missing  model", "-> copydesk model fetch sm"] {
        assert!(ended.stdout.contains(wanted), "{wanted:?} in {}", ended.stdout);
    }
}

#[test]
fn models_are_listed_from_the_cache_and_by_name() {
    let desk = Desk::new();
    let listed = desk.output(&["model", "list"]);
    assert!(listed.contains("en_core_web_sm  ") && listed.contains("model fetch"), "{listed}");

    let wheel = copydesk_testkit::model();
    let fetched = desk.run(&["model", "fetch", wheel.to_str().unwrap()]);
    assert_eq!(fetched.code, 0, "{fetched:?}");
    assert!(fetched.stdout.trim_end().ends_with("en_core_web_sm-3.8.0.whl"), "{fetched:?}");
    let listed: serde_json::Value =
        serde_json::from_str(&desk.output(&["model", "list", "--json"])).unwrap();
    assert_eq!(listed[0]["name"], "en_core_web_sm-3.8.0");
    assert!(listed[0]["bytes"].as_u64().unwrap() > 10_000_000, "{listed}");
}

#[test]
fn nobody_reading_is_success() {
    let desk = Desk::with_samples();
    let all: [&[&str]; 3] = [&["schema"], &["enrich", "--stages", "dedup", "samples"], &["man"]];
    for args in all {
        let mut command = desk.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_base_is_built_and_asked() {
    let desk = Desk::new();
    desk.write(
        "desk.csv",
        "name,type,aliases,wikidata,weight\nHarbour Bank,organization,HB,Q900001,5000\n",
    );
    let built = desk.run(&["kb", "build", "--bare", "desk.kb", "desk.csv"]);
    assert_eq!((built.code, built.stdout.as_str()), (0, "desk.kb: 1 entities, 2 names, 0.0 MB\n"));
    assert!(built.stderr.contains("reading desk.csv"), "{built:?}");
    let told = desk.output(&["kb", "lookup", "hb", "--base", "desk.kb"]);
    assert_eq!(
        told,
        "hb (looked up as \"hb\"): one entity\n  Q900001  organization  Harbour Bank  alias      5000\n"
    );
    assert!(desk.output(&["kb", "show"]).contains("GeoNames (geonames.org), CC BY 4.0"));
    let asked = desk.run(&["kb", "lookup", "--json", "Norway", "Nobody Quillfeather"]);
    let answers = crate::desk::lines(&asked.stdout);
    assert_eq!((asked.code, &answers[0][0]["entities"][0]["id"]), (1, &"Q20".into()), "{asked:?}");
    assert_eq!(answers[0][1]["entities"], serde_json::json!([]));
}
