//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use galley_bus_core::BoxError;

use crate::bench::{Bus, Options};
use crate::server::Sync;
use crate::world::{Alone, At};

/// What can be said.
pub const HELP: &str = "\
What a step costs in Galley, beside what the server alone needs for it.

usage: galley-tests-bench [run] [OPTIONS]       everything, side by side
       galley-tests-bench steps [OPTIONS]       throughput and latency alone
       galley-tests-bench live [OPTIONS]        memory and restart with many live goals alone

options:
  --secs N       how long each line is measured (3)
  --at-once N    goals under way at once, where many are (64)
  --chain N      steps one after the other (7)
  --fan N        steps side by side, at most 100 (100)
  --live N       live goals that a coordinator is started with (100000)
  --bus NAME     always | default | embedded; may be said again (all three)
  --json         a JSON document instead of the table
  --help         this
";

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Measure.
    Measure {
        /// What.
        options: Options,
        /// Whether lines are measured, and not only live goals.
        steps: bool,
        /// As a document.
        json: bool,
    },
    /// Be a coordinator, until nobody speaks to it any more.
    Coordinator {
        /// On this bus.
        at: At,
        /// With agents, or without.
        alone: Alone,
        /// With so many goals in memory; 0 for as many as by default.
        goals_cached: u32,
    },
    /// Say what can be said.
    Help,
}

/// Reads the command line.
///
/// # Errors
/// Something that is not understood.
pub fn read(program: PathBuf, words: impl IntoIterator<Item = String>) -> Result<Ask, BoxError> {
    let mut words = words.into_iter().peekable();
    let first = words.next_if(|word| !word.starts_with('-'));
    let mut options = Options {
        time: Duration::from_secs(3),
        at_once: 64,
        chain: 7,
        fan: 100,
        live: 100_000,
        buses: Vec::new(),
        program,
    };
    let mut steps = true;
    match first.as_deref() {
        None | Some("run") => {}
        Some("steps") => options.live = 0,
        Some("live") => steps = false,
        Some("coordinator") => return coordinator(&mut words, Alone::No),
        Some("alone") => return coordinator(&mut words, Alone::Yes),
        Some(other) => return Err(format!("'{other}' is nothing to do; see --help").into()),
    }
    let mut json = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--secs" => options.time = Duration::from_secs_f64(value()?.parse()?),
            "--at-once" => options.at_once = value()?.parse()?,
            "--chain" => options.chain = value()?.parse()?,
            "--fan" => options.fan = value()?.parse()?,
            "--live" => options.live = value()?.parse()?,
            "--bus" => options.buses.push(bus(&value()?)?),
            "--json" => json = true,
            "--help" | "-h" => return Ok(Ask::Help),
            other => return Err(format!("'{other}' is not understood; see --help").into()),
        }
    }
    if options.buses.is_empty() {
        options.buses = vec![Bus::Nats(Sync::Always), Bus::Nats(Sync::Seldom), Bus::Embedded];
    }
    Ok(Ask::Measure { options, steps, json })
}

fn bus(name: &str) -> Result<Bus, BoxError> {
    match name {
        "always" => Ok(Bus::Nats(Sync::Always)),
        "default" => Ok(Bus::Nats(Sync::Seldom)),
        "embedded" => Ok(Bus::Embedded),
        other => Err(format!("'{other}' is no bus: always, default or embedded").into()),
    }
}

fn coordinator(words: &mut impl Iterator<Item = String>, alone: Alone) -> Result<Ask, BoxError> {
    let mut word = || words.next().ok_or("coordinator nats URL CACHED | file PATH CACHED");
    let (bus, place) = (word()?, word()?);
    let at = match bus.as_str() {
        "nats" => At::Nats(place),
        "file" => At::File(place.into()),
        other => return Err(format!("'{other}' is no bus").into()),
    };
    Ok(Ask::Coordinator { at, alone, goals_cached: word()?.parse()? })
}
