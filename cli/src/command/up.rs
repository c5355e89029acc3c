//! `galley up`: the coordinator and every agent in this process, until stopped.

use crate::args::{Common, Up};
use crate::assemble::House;
use crate::failure::Exit;
use crate::input;
use crate::lock::Share;
use crate::role::{self, Manner, Role};
use crate::signals::Signals;

pub(crate) async fn up(common: &Common, args: Up) -> anyhow::Result<Exit> {
    let signals = Signals::catch()?;
    let mut house = House::open_to_work(common, Share::Together).await?;
    if let Some(site) = args.out {
        house.loaded.config.agents.publishing.out = site;
    }
    house.check_site()?;
    house.loaded.config.agents.ingestion.sources.roots.extend(input::readable(args.read)?);
    role::serve(signals, house, Manner { listen: args.listen, grace: None }, Role::All).await
}
