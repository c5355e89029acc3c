//! `galley watch`: follow a goal until it ends.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{Common, OneGoal};
use crate::assemble::House;
use crate::failure::Exit;
use crate::follow::{Followed, follow};
use crate::render::{ended, live, status};
use crate::signals::Signals;
use crate::{goals, out};

pub(crate) async fn watch(common: &Common, args: &OneGoal) -> anyhow::Result<Exit> {
    let signals = Signals::catch()?;
    let house = House::look(common).await?;
    // A goal that was just handed in may not be decided yet: an id is waited for.
    let goal = match args.goal.as_deref().and_then(|text| text.parse().ok()) {
        Some(goal) => goal,
        None => goals::find(&house.bus, args.goal.as_deref()).await?,
    };
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    signals.watch(&mut parts, &stop);
    let mut show = live::display(common, &house.clock);
    let followed = follow(&house, &goal, show.as_mut(), &stop).await?;
    drop(show);
    parts.shutdown().await;
    let at = house.at();
    let exit = match &followed {
        Followed::Ended(found) => super::run::exit_of(found),
        Followed::Asks(_) | Followed::Stopped(_) => Exit::Waiting,
        Followed::Interrupted => Exit::Interrupted,
    };
    if !common.json {
        out::note("\n");
        match followed {
            Followed::Ended(found) if exit == Exit::Done => {
                out::show(&ended::done(&found, ended::ELSEWHERE));
            }
            Followed::Ended(found) => out::note(ended::failed(&found, at)),
            Followed::Asks(found) | Followed::Stopped(found) => {
                out::show(&status::needs(&found, at));
            }
            Followed::Interrupted => out::note("watching ended; the goal goes on without it"),
        }
    }
    house.close().await?;
    Ok(exit)
}
