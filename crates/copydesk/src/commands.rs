//! The commands, a function each: what was typed becomes a call of the pipeline, what comes back is printed.

mod documents;
mod knowledge;
mod running;
mod setup;

use copydesk_pipeline::config::{Config, Loaded, Overrides, Sources};

use crate::args::{self, Command, Config as ConfigCommand, Dead, Entity, Kb, Model};
use crate::printing::say;

/// Runs the command; its exit code.
pub(crate) fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Demo(args) => running::demo(&args),
        Command::Run(args) => running::run(&args),
        Command::Enrich(args) => documents::enrich(args),
        Command::Parse(args) => documents::parse(args),
        Command::Tail(args) => running::tail(args),
        Command::Status(args) => running::status(&args),
        Command::Top(args) => running::top(&args),
        Command::Dead(Dead::List(args)) => running::dead_list(&args),
        Command::Dead(Dead::Show(args)) => running::dead_show(&args),
        Command::Dead(Dead::Replay(args)) => running::dead_replay(args),
        Command::Entity(Entity::Show(args)) => running::entity_show(&args),
        Command::Config(ConfigCommand::Check(args)) => setup::check_config(&args),
        Command::Config(ConfigCommand::Show(args)) => setup::show_config(&args),
        Command::Doctor(args) => setup::doctor(&args),
        Command::Model(Model::Fetch { what, sha256 }) => {
            setup::fetch_model(&what, sha256.as_deref())
        }
        Command::Model(Model::List { json }) => setup::list_models(json),
        Command::Kb(Kb::Build(args)) => knowledge::build(args),
        Command::Kb(Kb::Lookup(args)) => knowledge::lookup(&args),
        Command::Kb(Kb::Show(args)) => knowledge::show(&args),
        Command::Schema => setup::schema(),
        Command::Completions { shell } => setup::completions(shell),
        Command::Man { dir } => setup::manual(dir),
    }
}

/// The settings of the file, the environment and the command line, with the story of each.
fn load(file: Option<&std::path::Path>, overrides: &Overrides) -> anyhow::Result<Loaded> {
    let loaded = Config::load(&Sources::of_process(file.map(Into::into)), overrides)?;
    loaded.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
    Ok(loaded)
}

/// The settings for a command without a run.
fn settings(args: &args::Settings) -> anyhow::Result<Config> {
    let overrides = Overrides { model: args.model.clone(), ..Overrides::default() };
    Ok(load(args.config.as_deref(), &overrides)?.config)
}

/// The settings for a command that asks a run.
fn place(args: &args::Place) -> anyhow::Result<Config> {
    let overrides = Overrides {
        data_dir: args.data_dir.clone(),
        nats_url: args.nats_url.clone(),
        ..Overrides::default()
    };
    Ok(load(args.config.as_deref(), &overrides)?.config)
}

/// What was typed for a run.
fn overrides(args: &args::Run) -> Overrides {
    Overrides {
        inbox: args.inbox.clone(),
        output: args.output.clone(),
        data_dir: args.place.data_dir.clone(),
        http: args.http.clone(),
        nats_url: args.place.nats_url.clone(),
        stages: args.stages.clone(),
        model: args.model.clone(),
        log_level: args.log_level.clone(),
        log_format: args.log_format.clone(),
    }
}
