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
mod conformance;
mod failure;
mod follow;
mod goals;
mod input;
mod last_run;
mod lock;
mod observe;
mod out;
mod previews;
mod probe;
mod render;
mod role;
mod send;
mod signals;
mod telemetry;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::args::{Agent, Bus, Cli, Command, Common, Workflow};
use crate::assemble::loaded;
use crate::failure::Exit;
use crate::render::fault::page as fault_page;
use crate::role::Role;
use crate::signals::Signals;

/// How long what still runs may hold the process up when all is done.
const LEFTOVERS_MAX: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let telemetry = telemetry::start(&cli.common, &cli.command.role());
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
    telemetry.flush();
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

async fn serve(common: &Common, args: args::Role, role: Role) -> anyhow::Result<Exit> {
    let signals = Signals::catch()?;
    role::serve(signals, common, loaded(common)?, args.into(), role).await
}

async fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let common = &cli.common;
    match cli.command {
        Command::Run(args) => Box::pin(command::run::run(common, args)).await,
        Command::Up(args) => Box::pin(command::up::up(common, args)).await,
        Command::Submit(args) => Box::pin(command::submit::submit(common, args)).await,
        Command::Watch(args) => command::watch::watch(common, &args.goal, args.patience).await,
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
        Command::Agent(agent) => Box::pin(command::agent::work(common, agent)).await,
        Command::Coordinator(args) => Box::pin(serve(common, args, Role::Coordinator)).await,
        Command::Relay(args) if args.retire => command::relay::retire(common).await,
        Command::Relay(args) => Box::pin(serve(common, args.role, Role::Relay)).await,
        Command::Bus(Bus::Init(args)) => Box::pin(command::bus::init(common, &args)).await,
        Command::Bus(Bus::Accounts(args)) => command::bus::accounts(common, &args),
        Command::Bus(Bus::Show) => command::bus::show(common).await,
        Command::Feedback(args) => command::feedback::feedback(common, args).await,
        Command::Conformance(args) => {
            Box::pin(command::conformance::conformance(common, args)).await
        }
        Command::Completions { shell } => Ok(command::completions::print(shell)),
    }
}
