//! The `galley` binary: turns goals into finished, proven work.
//!
//! ```text
//!   args ─▶ command ─▶ assemble (which bus, which agents) ─▶ goals, input ─▶ render ─▶ out
//!              └─ failure: how it ends, as an exit code and as words
//! ```

mod args;
mod assemble;
mod command;
mod config;
mod failure;
mod follow;
mod goals;
mod input;
mod last_run;
mod lock;
mod out;
mod render;
mod send;
mod signals;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::args::{Agent, Cli, Command, Common, Workflow};
use crate::config::Env as _;
use crate::failure::Exit;
use crate::render::fault::page as fault_page;
use crate::render::text::Colours;

/// How long what still runs may hold the process up when all is done.
const LEFTOVERS_MAX: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(&cli.common);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out::note(format!("error[GLY0001]: no runtime: {error}"));
            return Exit::Failed.into();
        }
    };
    let json = cli.common.json;
    let done = runtime.block_on(dispatch(cli));
    // A parser that outlived its time limit may still hold a thread; nothing waits for it.
    runtime.shutdown_timeout(LEFTOVERS_MAX);
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            let failure = failure::of(&error);
            if json {
                out::json_note(&failure::json(&failure));
            } else {
                failure.faults.iter().for_each(|fault| out::note(fault_page(fault, out::notes())));
            }
            failure.exit.into()
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let common = &cli.common;
    match cli.command {
        Command::Run(args) => Box::pin(command::run::run(common, args)).await,
        Command::Up(args) => Box::pin(command::up::up(common, args)).await,
        Command::Submit(args) => Box::pin(command::submit::submit(common, args)).await,
        Command::Watch(args) => command::watch::watch(common, &args).await,
        Command::Goals(args) => command::goals::goals(common, &args).await,
        Command::Show(args) => command::goals::show(common, &args).await,
        Command::Approve(args) => command::answer::approve(common, args).await,
        Command::Reject(args) => command::answer::reject(common, args).await,
        Command::Stop(args) => command::steer::stop(common, args).await,
        Command::Resume(args) => command::steer::resume(common, args).await,
        Command::Cancel(args) => command::steer::cancel(common, args).await,
        Command::Explain(args) => command::explain::explain(common, &args).await,
        Command::Doctor => command::doctor::doctor(common).await,
        Command::Workflow(Workflow::Check { file }) => command::workflow::check(common, &file),
        Command::Workflow(Workflow::Show { workflow, text }) => {
            command::workflow::show(common, &workflow, text).await
        }
        Command::Agent(Agent::List) => Ok(command::agent::list(common)),
        Command::Completions { shell } => Ok(command::completions::print(shell)),
    }
}

/// The log goes to standard error; without -v only what went wrong.
fn start_log(common: &Common) {
    let filter = config::Process.get("GALLEY_LOG").unwrap_or_else(|| {
        match common.verbose {
            0 => "error",
            1 => "warn,galley=info",
            2 => "warn,galley=debug",
            _ => "debug",
        }
        .to_owned()
    });
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        // A reader of the log that went away must not bring the writers down.
        .log_internal_errors(false)
        .with_ansi(out::colours_of_notes() == Colours::On)
        .with_writer(|| out::Log);
    if common.json { log.json().init() } else { log.init() }
}
