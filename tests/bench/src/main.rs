//! `galley-tests-bench`: measures and prints.

use std::io::Write as _;
use std::process::ExitCode;

use galley_bus_core::BoxError;
use galley_coordinator_driver::Config;
use galley_tests_bench::args::{self, Ask};
use galley_tests_bench::bench::{Bus, Options, measure};
use galley_tests_bench::server::Server;
use galley_tests_bench::world::{Alone, At, coordinator};
use galley_tests_bench::{live, table};
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_beside(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    match args::read(std::env::current_exe()?, std::env::args().skip(1))? {
        Ask::Help => say(args::HELP),
        Ask::Coordinator { at, alone, goals_cached } => coordinate(&at, alone, goals_cached).await,
        Ask::Measure { options, steps, json } => {
            let found = Server::look();
            let mut all = Vec::new();
            for bus in &options.buses {
                if let (Bus::Nats(_), Err(why)) = (bus, &found) {
                    say_beside(&format!("{} is left out: {why}", bus.name()));
                    continue;
                }
                say_beside(&format!("measuring {} …", bus.name()));
                if !steps {
                    live_alone(&options, *bus).await?;
                    continue;
                }
                let measured = measure(&options, *bus).await?;
                if !json {
                    say(&table::render(&measured))?;
                }
                all.push(measured);
            }
            if json { say(&serde_json::to_string_pretty(&all)?) } else { Ok(()) }
        }
    }
}

async fn live_alone(options: &Options, bus: Bus) -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let server = match bus {
        Bus::Nats(sync) => Some(Server::start(sync)?),
        Bus::Embedded => None,
    };
    let at = match &server {
        Some(server) => At::Nats(server.url().to_owned()),
        None => At::File(folder.path().join("galley.db")),
    };
    let live = live::run(&options.program, (&bus.name(), &at), options.live).await?;
    say(&table::live(&live))
}

/// A coordinator in a process of its own: until standard input ends.
async fn coordinate(at: &At, alone: Alone, goals_cached: u32) -> Result<(), BoxError> {
    tracing_subscriber::fmt()
        .with_env_filter("warn,galley_coordinator_driver::sweep=info")
        .with_ansi(false)
        .init();
    let open = at.open().await?;
    let mut config = Config::default();
    if goals_cached > 0 {
        config.goals_cached_max = goals_cached;
    }
    let stop = CancellationToken::new();
    let running = coordinator(open.bus(), config).run(stop.clone());
    let ended = async {
        let mut nothing = Vec::new();
        // However it ends, nobody speaks to it any more.
        drop(tokio::io::stdin().read_to_end(&mut nothing).await);
        stop.cancel();
    };
    let bus = open.bus();
    let working = async {
        match alone {
            Alone::Yes => live::work(&bus, stop.clone(), || say(live::READY)).await,
            Alone::No => Ok(()),
        }
    };
    let ((), (), worked) = tokio::join!(running, ended, working);
    drop(bus);
    open.close().await?;
    worked
}

fn say(text: &str) -> Result<(), BoxError> {
    Ok(writeln!(std::io::stdout(), "{}", text.trim_end())?)
}

fn say_beside(text: &str) {
    // Nothing is to be done when nobody listens.
    drop(writeln!(std::io::stderr(), "{text}"));
}
