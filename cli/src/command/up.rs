//! `galley up`: the coordinator and every agent in this process, until stopped.

use crate::args::{Common, Up};
use crate::assemble::loaded;
use crate::failure::Exit;
use crate::input;
use crate::role::{self, Manner, Role};
use crate::signals::Signals;

pub(crate) async fn up(common: &Common, args: Up) -> anyhow::Result<Exit> {
    let signals = Signals::catch()?;
    let mut loaded = loaded(common)?;
    let agents = &mut loaded.config.agents;
    if let Some(site) = args.out {
        agents.publishing.out = site;
    }
    agents.check_site()?;
    agents.ingestion.sources.roots.extend(input::readable(args.read)?);
    role::serve(signals, common, loaded, Manner { listen: args.listen, grace: None }, Role::All)
        .await
}
