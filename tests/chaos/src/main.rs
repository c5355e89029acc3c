//! The full run of chaos, and the small agents that it starts.
//!
//! ```text
//!   cargo run --release -p galley-tests-chaos -- --goals 200 --kills 60 --seed N
//! ```
#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use galley_bus_core::clock::{Chance as _, SystemChance};
use galley_tests_chaos::{Freezes, Plan, Process, Telling, find, run, serve};

/// Kills real processes at random while goals are under way, and checks that nothing is lost.
#[derive(Debug, Parser)]
struct Args {
    /// Goals of the small agents.
    #[arg(long, default_value_t = 200)]
    goals: u32,
    /// Articles, by the agents that come with Galley.
    #[arg(long, default_value_t = 5)]
    articles: u32,
    /// How many processes are killed.
    #[arg(long, default_value_t = 60)]
    kills: u32,
    /// Decides what is submitted and who is struck when [default: any].
    #[arg(long)]
    seed: Option<u64>,
    /// Three nodes of NATS that keep everything on all of them, instead of one.
    #[arg(long)]
    cluster: bool,
    /// Freeze processes for moments only.
    #[arg(long)]
    short_freezes: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One of the small agents; the run starts them.
    #[command(hide = true)]
    Agent(Process),
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if let Some(Command::Agent(process)) = args.command {
        serve(process).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = Plan {
        seed: args.seed.unwrap_or_else(any_seed),
        goals: args.goals,
        articles: args.articles,
        kills: args.kills,
        freezes: if args.short_freezes { Freezes::Short } else { Freezes::Long },
        nodes: if args.cluster { 3 } else { 1 },
        program: std::env::current_exe()?,
        telling: Telling::Progress,
    };
    println!("seed {}", plan.seed);
    let report = run(&plan, &find()?).await?;
    println!("{report}");
    Ok(if report.wrong().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A seed that is short enough to be typed.
fn any_seed() -> u64 {
    let mut bytes = [0; 4];
    SystemChance.fill(&mut bytes);
    u32::from_le_bytes(bytes).into()
}
