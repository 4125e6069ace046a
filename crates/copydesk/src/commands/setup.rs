//! What has to be there before anything runs, and what other programs want to know of copydesk.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory as _;
use copydesk_pipeline as pipeline;

use super::{load, overrides, settings};
use crate::args::{self, Args};
use crate::exit;
use crate::printing::{put, say, table};

pub(super) fn doctor(args: &args::Doctor) -> anyhow::Result<u8> {
    let checks = pipeline::doctor(&settings(&args.settings)?);
    if args.json {
        put(&serde_json::to_string(&checks)?)?;
    } else {
        for check in &checks {
            put(&format!("{:<8} {}: {}", check.state.as_str(), check.what, check.found))?;
            for mend in &check.mend {
                put(&format!("         -> {mend}"))?;
            }
        }
    }
    let well = checks.iter().all(|c| c.state != pipeline::CheckState::Missing);
    Ok(if well { exit::OK } else { exit::CONFIG })
}

pub(super) fn check_config(args: &args::Run) -> anyhow::Result<u8> {
    load(args.place.config.as_deref(), &overrides(args))?;
    put("the configuration is sound")?;
    Ok(exit::OK)
}

pub(super) fn show_config(args: &args::ShowConfig) -> anyhow::Result<u8> {
    let loaded = load(args.run.place.config.as_deref(), &overrides(&args.run))?;
    if args.json {
        put(&serde_json::to_string(&loaded.settings)?)?;
        return Ok(exit::OK);
    }
    let rows: Vec<Vec<String>> = loaded
        .settings
        .into_iter()
        .map(|s| vec![s.key, format!("= {}", s.value), format!("# {}", s.origin)])
        .collect();
    write!(io::stdout().lock(), "{}", table(&rows))?;
    Ok(exit::OK)
}

pub(super) fn fetch_model(what: &str, sha256: Option<&str>) -> anyhow::Result<u8> {
    let path = pipeline::fetch_model(what, sha256, &say)?;
    put(&path.display().to_string())?;
    Ok(exit::OK)
}

pub(super) fn list_models(json: bool) -> anyhow::Result<u8> {
    let models = pipeline::list_models();
    if json {
        put(&serde_json::to_string(&models)?)?;
        return Ok(exit::OK);
    }
    let mut rows = vec![["model", "size", "where"].map(str::to_owned).to_vec()];
    for model in models {
        let size = model.bytes.map_or_else(String::new, |b| format!("{:.1} MB", b as f64 / 1e6));
        let place = model.path.map_or_else(
            || format!("not here; copydesk model fetch {}", model.name),
            |path| path.display().to_string(),
        );
        rows.push(vec![model.name, size, place]);
    }
    write!(io::stdout().lock(), "{}", table(&rows))?;
    Ok(exit::OK)
}

pub(super) fn schema() -> anyhow::Result<u8> {
    put(&format!("{:#}", pipeline::record_schema()))?;
    Ok(exit::OK)
}

pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    // Written at once, for the generator panics when its output is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "copydesk", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(exit::OK)
}

pub(super) fn manual(dir: Option<PathBuf>) -> anyhow::Result<u8> {
    match dir {
        Some(dir) => {
            let place = || format!("write manual pages to {}", dir.display());
            std::fs::create_dir_all(&dir).with_context(place)?;
            clap_mangen::generate_to(Args::command(), &dir).with_context(place)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page)?;
            io::stdout().lock().write_all(&page)?;
        }
    }
    Ok(exit::OK)
}
