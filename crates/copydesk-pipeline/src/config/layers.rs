//! The layers of settings, lowest first, and where each value came from.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Config, ConfigError, DEFAULTS, check, locate};

/// The file that is read when none is named.
const FILE: &str = "copydesk.toml";
const PREFIX: &str = "COPYDESK_";
/// Variables with our prefix that are no settings.
const OTHER_VARIABLES: [&str; 1] = ["COPYDESK_CONFIG"];

/// Where settings are looked for.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file that was named.
    pub file: Option<PathBuf>,
    /// Where `copydesk.toml` is looked for when none was named; `None` looks nowhere.
    pub directory: Option<PathBuf>,
    /// Variables, those without our prefix too.
    pub environment: Vec<(String, String)>,
}

impl Sources {
    /// What a process sees: the file that was named (or `COPYDESK_CONFIG`, or `./copydesk.toml`) and its environment.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = environment.iter().find(|(name, _)| name == "COPYDESK_CONFIG");
        let file = file.or_else(|| named.map(|(_, path)| path.into()));
        Self { file, directory: Some(".".into()), environment }
    }
}

/// What was given on the command line.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the flag and the key of the same name")]
pub struct Overrides {
    pub inbox: Option<PathBuf>,
    pub output: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    pub http: Option<String>,
    pub nats_url: Option<String>,
    pub stages: Option<String>,
    pub model: Option<String>,
    pub log_level: Option<String>,
    pub log_format: Option<String>,
}

/// Settings with the story of each.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Them.
    pub config: Config,
    /// Each with its value as text and where it came from, in the order of the defaults.
    pub settings: Vec<Setting>,
    /// What looks like a mistake and is none for sure.
    pub warnings: Vec<String>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Setting {
    /// Dotted key.
    pub key: String,
    /// Value as in TOML; a password in a URL is left out.
    pub value: String,
    /// `default`, file with line and column, variable or flag.
    pub origin: String,
}

/// One layer: values that came from the same place.
struct Layer {
    name: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

struct File {
    path: PathBuf,
    text: String,
}

pub(super) fn load(sources: &Sources, overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let defaults = parse(DEFAULTS).expect("the compiled-in defaults are tested");
    let keys = keys(DEFAULTS);
    let file = find_file(sources)?;
    let mut figment = Figment::from(layer("default", &defaults));
    if let Some(file) = &file {
        let values = parse(&file.text).map_err(|error| syntax(file, &error))?;
        figment = figment.merge(layer(&file.path.display().to_string(), &values));
    }
    let mut warnings = Vec::new();
    for (name, value) in &sources.environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = keys.iter().find(|key| variable(key) == *rest);
        let Some(key) = key else {
            if !OTHER_VARIABLES.contains(&name.as_str()) {
                let near = nearest(rest, keys.iter().map(|key| variable(key)));
                let near = near.map(|n| format!(" (is it {PREFIX}{n}?)")).unwrap_or_default();
                warnings.push(format!("the variable {name} is no setting of copydesk{near}"));
            }
            continue;
        };
        let value = from_text(key, value, &defaults, &format!("variable {name}"))?;
        figment = figment.merge(single(&format!("variable {name}"), key, value));
    }
    for (flag, key, value) in given(overrides) {
        let origin = format!("flag --{flag}");
        let value = from_text(key, &value, &defaults, &origin)?;
        figment = figment.merge(single(&origin, key, value));
    }
    let origins = |key: &str| origin(&figment, file.as_ref(), key);
    let config: Config =
        figment.extract().map_err(|error| explain(&error, file.as_ref(), &keys))?;
    check::check(&config, &origins)?;
    let settings = keys
        .iter()
        .map(|key| Setting {
            key: key.clone(),
            value: printed(&figment, key),
            origin: origins(key),
        })
        .collect();
    Ok(Loaded { config, settings, warnings })
}

fn parse(text: &str) -> Result<toml::Table, toml::de::Error> {
    toml::from_str(text)
}

fn find_file(sources: &Sources) -> Result<Option<File>, ConfigError> {
    let (path, must) = match (&sources.file, &sources.directory) {
        (Some(path), _) => (path.clone(), true),
        (None, Some(directory)) => (directory.join(FILE), false),
        (None, None) => return Ok(None),
    };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(File { path: tidy(&path), text })),
        Err(error) if !must && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path, source }),
    }
}

/// `./copydesk.toml` is `copydesk.toml`.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_path_buf()
}

fn syntax(file: &File, error: &toml::de::Error) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let (line, column) = locate::line_column(&file.text, offset);
    let at = format!("{}:{line}:{column}", file.path.display());
    ConfigError::Syntax { at, message: error.message().trim().replace('\n', " ") }
}

fn layer(name: &str, table: &toml::Table) -> Layer {
    let value = Value::serialize(table).expect("TOML values are figment values");
    Layer { name: name.to_owned(), values: value.into_dict().unwrap_or_default() }
}

fn single(name: &str, key: &str, value: Value) -> Layer {
    let nested = figment::util::nest(key, value);
    Layer { name: name.to_owned(), values: nested.into_dict().unwrap_or_default() }
}

/// All dotted keys of a TOML text, in the order in which they stand there.
fn keys(text: &str) -> Vec<String> {
    fn walk(prefix: &str, table: &toml::Table, into: &mut Vec<String>) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Some(inside) = value.as_table() {
                walk(&key, inside, into);
            } else {
                into.push(key);
            }
        }
    }
    let mut keys = Vec::new();
    walk("", &parse(text).unwrap_or_default(), &mut keys);
    keys.sort_by_cached_key(|key| locate::position(text, key));
    keys
}

/// The variable of a key, without the prefix.
fn variable(key: &str) -> String {
    key.replace('.', "_").to_ascii_uppercase()
}

/// A value given as text becomes what its default is.
fn from_text(
    key: &str,
    text: &str,
    defaults: &toml::Table,
    at: &str,
) -> Result<Value, ConfigError> {
    let bad = |why: &str| ConfigError::Value {
        key: key.to_owned(),
        at: at.to_owned(),
        why: format!("{text:?} is not {why}"),
    };
    let mut default = None;
    for (depth, part) in key.split('.').enumerate() {
        default = if depth == 0 { defaults.get(part) } else { default.and_then(|d| d.get(part)) };
    }
    Ok(match default {
        Some(toml::Value::Boolean(_)) => {
            Value::from(text.trim().parse::<bool>().map_err(|_| bad("true or false"))?)
        }
        Some(toml::Value::Integer(_)) => {
            Value::from(text.trim().parse::<u64>().map_err(|_| bad("a whole number"))?)
        }
        Some(toml::Value::Array(_)) => Value::from(
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>(),
        ),
        _ => Value::from(text),
    })
}

/// Flags that were given, with their keys.
fn given(overrides: &Overrides) -> Vec<(&'static str, &'static str, String)> {
    let Overrides { inbox, output, data_dir, http, nats_url, stages, model, log_level, log_format } =
        overrides;
    let path = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
    [
        ("inbox", "inbox", path(inbox)),
        ("output", "output", path(output)),
        ("data-dir", "data_dir", path(data_dir)),
        ("http", "http", http.clone()),
        ("nats-url", "nats.url", nats_url.clone()),
        ("stages", "stages", stages.clone()),
        ("model", "model", model.clone()),
        ("log-level", "log.level", log_level.clone()),
        ("log-format", "log.format", log_format.clone()),
    ]
    .into_iter()
    .filter_map(|(flag, key, value)| Some((flag, key, value?)))
    .collect()
}

fn origin(figment: &Figment, file: Option<&File>, key: &str) -> String {
    let name = figment.find_metadata(key).map_or("default", |metadata| metadata.name.as_ref());
    place(name, file, key)
}

/// The name of a layer, with line and column when it is the file.
fn place(name: &str, file: Option<&File>, key: &str) -> String {
    let Some(file) = file.filter(|file| file.path.display().to_string() == name) else {
        return name.to_owned();
    };
    match locate::position(&file.text, key) {
        Some((line, column)) => format!("{name}:{line}:{column}"),
        None => name.to_owned(),
    }
}

fn explain(error: &figment::Error, file: Option<&File>, keys: &[String]) -> ConfigError {
    use figment::error::Kind;
    let name = error.metadata.as_ref().map_or("default", |metadata| metadata.name.as_ref());
    let path = error.path.join(".");
    if let Kind::UnknownField(field, _) = &error.kind {
        let key = if path.is_empty() || path == *field || path.ends_with(&format!(".{field}")) {
            if path.is_empty() { field.clone() } else { path }
        } else {
            format!("{path}.{field}")
        };
        // The table that it stands in may come from several layers; only a file can have unknown keys.
        let name = file.map_or(name.to_owned(), |file| file.path.display().to_string());
        let hint = match nearest(&key, keys.iter().cloned()) {
            Some(near) => format!(", is it {near:?}?"),
            None => "; `copydesk config show` lists all".into(),
        };
        return ConfigError::Unknown { at: place(&name, file, &key), key, hint };
    }
    let why = if let Kind::UnknownVariant(found, known) = &error.kind {
        format!("{found:?} is none of {}", known.join(", "))
    } else {
        error.kind.to_string().replace("usize", "a whole number, 0 or more")
    };
    ConfigError::Value { at: place(name, file, &path), key: path, why }
}

/// The known name that differs in the fewest letters, when they are few.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let near = known.map(|known| (distance(name, &known), known)).min()?;
    (near.0 <= 2.max(name.len() / 4)).then_some(near.1)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

fn printed(figment: &Figment, key: &str) -> String {
    let value = figment.find_value(key).ok();
    let value: Option<toml::Value> = value.and_then(|value| value.deserialize().ok());
    match value {
        Some(toml::Value::String(text)) if key == "nats.url" => {
            toml::Value::String(without_password(&text)).to_string()
        }
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// `nats://ada:***@host` of `nats://ada:secret@host`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        None => url.to_owned(),
    }
}

/// The variables of all settings, by key.
#[cfg(test)]
pub(super) fn variables() -> std::collections::BTreeMap<String, String> {
    keys(DEFAULTS).into_iter().map(|key| (format!("{PREFIX}{}", variable(&key)), key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let check = |url: &str, shown: &str| assert_eq!(without_password(url), shown);
        check("nats://ada:se@cret@host:4222", "nats://ada:***@host:4222");
        check("nats://token@host", "nats://token:***@host");
        check("nats://host:4222", "nats://host:4222");
        check("", "");
    }

    #[test]
    fn near_names_are_proposed() {
        let check = |name: &str, near: Option<&str>| {
            let known = ["inbox", "ingest.settle", "nats.url"].map(str::to_owned);
            assert_eq!(nearest(name, known.into_iter()).as_deref(), near, "{name}");
        };
        check("inbx", Some("inbox"));
        check("ingest.setle", Some("ingest.settle"));
        check("nats.uri", Some("nats.url"));
        check("colour", None);
    }
}
