//! `galley up`: the coordinator and every agent in this process, until stopped.

use tokio_util::sync::CancellationToken;

use crate::args::{Common, Up};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::lock::Share;
use crate::out;
use crate::signals::Signals;

pub(crate) async fn up(common: &Common, args: Up) -> anyhow::Result<Exit> {
    let signals = Signals::catch()?;
    let mut house = House::open_to_work(common, Share::Together).await?;
    if let Some(site) = args.out {
        house.loaded.config.agents.publishing.out = site;
    }
    house.check_site()?;
    for folder in args.read {
        let folder = folder.canonicalize().map_err(|error| {
            let message = format!("the folder {} cannot be read: {error}", folder.display());
            Failure::usage("GLY0003", message, "name a folder that is there with --read")
        })?;
        house.loaded.config.agents.ingestion.sources.roots.push(folder);
    }
    let stop = CancellationToken::new();
    let mut watching = tokio::task::JoinSet::new();
    signals.watch(&mut watching, &stop);
    let mut running = house.start().await?;
    let site = house.loaded.config.agents.publishing.out.display().to_string();
    let state = common.state.display();
    out::note(format!("up: state in {state}, site in {site}; hand goals in with galley submit"));
    let broken = tokio::select! {
        biased;
        () = stop.cancelled() => None,
        fault = running.broken() => Some(fault),
    };
    running.drain().await;
    watching.shutdown().await;
    house.close().await?;
    if let Some(fault) = broken {
        return Err(fault.into());
    }
    out::note("down: everything in hand was finished or given back");
    Ok(Exit::Done)
}
