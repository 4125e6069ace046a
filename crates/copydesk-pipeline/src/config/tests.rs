use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

fn sources(file: Option<&str>, environment: &[(&str, &str)]) -> (tempfile::TempDir, Sources) {
    let dir = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        std::fs::write(dir.path().join("copydesk.toml"), text).unwrap();
    }
    let environment =
        environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let directory = Some(dir.path().into());
    (dir, Sources { file: None, directory, environment })
}

fn load(
    file: Option<&str>,
    environment: &[(&str, &str)],
    flags: &Overrides,
) -> Result<Loaded, String> {
    let (dir, sources) = sources(file, environment);
    let dir = format!("{}/", dir.path().display());
    let loaded = Config::load(&sources, flags);
    loaded
        .map(|mut loaded| {
            loaded.settings.iter_mut().for_each(|s| s.origin = s.origin.replace(&dir, ""));
            loaded
        })
        .map_err(|error| error.to_string().replace(&dir, ""))
}

#[test]
fn the_shipped_file_is_the_default_and_loads() {
    let loaded = load(None, &[], &Overrides::default()).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.settings.iter().all(|s| s.origin == "default"), "{:?}", loaded.settings);
    assert_eq!(loaded.config.sink.batch, 256);
    assert_eq!(loaded.config.nats.url.get(), None);
}

#[test]
fn every_key_is_commented_and_reads_back() {
    let mut comments = 0;
    for line in DEFAULTS.lines() {
        if line.starts_with('#') {
            comments += 1;
        } else if line.contains(" = ") {
            // A comment may stand over several keys that belong together.
            assert!(comments > 0, "{line}");
        } else {
            comments = 0;
        }
    }
    let written = toml::to_string(&Config::default()).unwrap();
    assert_eq!(toml::from_str::<Config>(&written).unwrap(), Config::default());
}

#[test]
fn each_key_has_a_variable_of_its_own() {
    let variables = layers::variables();
    let keys: BTreeSet<_> = variables.values().collect();
    assert_eq!(variables.len(), keys.len());
    assert!(keys.len() > 30, "{}", keys.len());
    let expected = [
        ("COPYDESK_INBOX", "inbox"),
        ("COPYDESK_DATA_DIR", "data_dir"),
        ("COPYDESK_NATS_URL", "nats.url"),
        ("COPYDESK_NATS_SERVER", "nats.server"),
        ("COPYDESK_STAGES", "stages"),
        ("COPYDESK_MODEL", "model"),
        ("COPYDESK_INGEST_LIMITS_HTML_DEPTH_HARD", "ingest.limits.html_depth_hard"),
    ];
    for (variable, key) in expected {
        assert_eq!(variables.get(variable).map(String::as_str), Some(key));
    }
}

#[test]
fn the_last_layer_counts_and_is_named() {
    let file =
        "inbox = \"a\"\noutput = \"b\"\nmodel = \"md\"\n[nats]\nurl = \"nats://me:pw@f:1\"\n";
    let environment = [
        ("COPYDESK_OUTPUT", "c"),
        ("COPYDESK_MODEL", "lg"),
        ("COPYDESK_STAGES", "sink,ingest"),
        ("COPYDESK_EXTRACT_WORKERS", "3"),
        ("COPYDESK_CLAIMS_PUBLISH", "false"),
        ("COPYDESK_PORT_9464_TCP", "x"),
        ("COPYDESK_INBX", "x"),
        ("OTHER", "x"),
    ];
    let flags = Overrides { model: Some("sm".into()), ..Overrides::default() };
    let loaded = load(Some(file), &environment, &flags).unwrap();
    let mut shown = String::new();
    for setting in loaded.settings.iter().filter(|s| s.origin != "default") {
        writeln!(shown, "{} = {}  # {}", setting.key, setting.value, setting.origin).unwrap();
    }
    insta::assert_snapshot!(shown, @r##"
    inbox = "a"  # copydesk.toml:1:1
    output = "c"  # variable COPYDESK_OUTPUT
    stages = ["sink", "ingest"]  # variable COPYDESK_STAGES
    model = "sm"  # flag --model
    nats.url = "nats://me:***@f:1"  # copydesk.toml:5:1
    extract.workers = 3  # variable COPYDESK_EXTRACT_WORKERS
    claims.publish = false  # variable COPYDESK_CLAIMS_PUBLISH
    "##);
    insta::assert_snapshot!(loaded.warnings.join("\n"), @r"
    the variable COPYDESK_PORT_9464_TCP is no setting of copydesk
    the variable COPYDESK_INBX is no setting of copydesk (is it COPYDESK_INBOX?)
    ");
}

#[test]
fn mistakes_are_named_with_their_place_and_the_way_out() {
    let mut said = String::new();
    let mut file = |text: &str| {
        let error = load(Some(text), &[], &Overrides::default()).unwrap_err();
        writeln!(said, "{error}").unwrap();
    };
    file("inbox = \"a\"\nmodel = sm\n");
    file("# mine\ninbx = \"a\"\n");
    file("[ingest]\nsettle = \"2s\"\nsetle = \"2s\"\n");
    file("[ingest]\nsettle = \"soon\"\n");
    file("[ingest]\nsettle = 2\n");
    file("[ingest]\nwatch = \"never\"\n");
    file("[ingest.limits]\nhtml_depth = 5000\n");
    file("[extract]\nworkers = -1\n");
    file("stages = [\"ingest\", \"relay\"]\n");
    file("http = \"localhost\"\n");
    file("[colour]\nred = 1\n");
    file("[sink]\nroll_bytes = \"many\"\n");
    file("inbox = \"in\"\noutput = \"in/../in/out\"\n");
    file("output = \"x\"\ndata_dir = \"./x\"\n");
    file("[nats]\nurl = \"localhost:4222\"\n");
    file("[log]\nlevel = \"chatty\"\n");
    let mut variable = |name: &str, value: &str| {
        let error = load(None, &[(name, value)], &Overrides::default()).unwrap_err();
        writeln!(said, "{error}").unwrap();
    };
    variable("COPYDESK_EXTRACT_WORKERS", "many");
    variable("COPYDESK_SINK_FLUSH", "0s");
    variable("COPYDESK_STAGES", "");
    let flags = Overrides { http: Some("9464".into()), ..Overrides::default() };
    writeln!(said, "{}", load(None, &[], &flags).unwrap_err()).unwrap();
    insta::assert_snapshot!(said, @r##"
    parse copydesk.toml:2:9: string values must be quoted, expected literal string
    use "inbx" (copydesk.toml:2:1): there is no such setting, is it "inbox"?
    use "ingest.setle" (copydesk.toml:3:1): there is no such setting, is it "ingest.settle"?
    use ingest.settle (copydesk.toml:2:1): invalid value string "soon", expected a time with its unit, such as "200ms", "2s" or "1h"
    use ingest.settle (copydesk.toml:2:1): invalid type: found signed int `2`, expected a time with its unit, such as "200ms", "2s" or "1h"
    use ingest.watch (copydesk.toml:2:1): "never" is none of auto, native, poll
    use ingest.limits.html_depth (copydesk.toml:2:1): it is above html_depth_hard, 4096
    use extract.workers (copydesk.toml:2:1): invalid value signed int `-1`, expected a whole number, 0 or more
    use stages (copydesk.toml:1:1): no stage is called "relay": pick some of ingest,dedup,extract,relate,sink
    use http (copydesk.toml:1:1): "localhost" is no address and port; write 127.0.0.1:9464
    use "colour" (copydesk.toml:1:2): there is no such setting; `copydesk config show` lists all
    use sink.roll_bytes (copydesk.toml:2:1): invalid value string "many", expected a size such as "64KiB", "128MiB", "1GiB" or a number of bytes
    use output (copydesk.toml:2:1): in/../in/out lies in the inbox in, so that copydesk would read what it wrote; name a directory outside of it
    use data_dir (copydesk.toml:2:1): it is the output directory too; name another
    use nats.url (copydesk.toml:2:1): "localhost:4222" does not start with nats://; write nats://host:4222
    use log.level (copydesk.toml:2:1): "chatty" is no level; write info, or info,copydesk_bus=debug
    use extract.workers (variable COPYDESK_EXTRACT_WORKERS): "many" is not a whole number
    use sink.flush (variable COPYDESK_SINK_FLUSH): it must be longer than nothing
    use stages (variable COPYDESK_STAGES): no stage at all: pick some of ingest,dedup,extract,relate,sink
    use http (flag --http): "9464" is no address and port; write 127.0.0.1:9464
    "##);
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let (_dir, mut sources) = sources(None, &[]);
    sources.file = Some("/nowhere/copydesk.toml".into());
    let error = Config::load(&sources, &Overrides::default()).unwrap_err();
    assert_eq!(error.to_string(), "read the configuration file /nowhere/copydesk.toml");
}

#[test]
fn the_hash_of_a_record_covers_what_shapes_it() {
    let (one, mut two) = (Config::default(), Config::default());
    two.inbox = "elsewhere".into();
    two.sink.batch = 7;
    assert_eq!(one.provenance(), two.provenance());
    two.ingest.limits.html_depth = 7;
    assert_ne!(one.provenance().config, two.provenance().config);
}
