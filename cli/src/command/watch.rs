//! `galley watch`: follow a goal until it ends.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{Common, OneGoal};
use crate::assemble::House;
use crate::failure::Exit;
use crate::goals::{self, Followed};
use crate::render::{live, status};
use crate::{out, signals};

pub(crate) async fn watch(common: &Common, args: &OneGoal) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    // A goal that was just handed in may not be decided yet: an id is waited for.
    let goal = match args.goal.as_deref().and_then(|text| text.parse().ok()) {
        Some(goal) => goal,
        None => goals::find(&house.bus, args.goal.as_deref()).await?,
    };
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    signals::watch(&mut parts, &stop);
    let mut show = live::display(common.json, &house.clock);
    let followed = goals::follow(&house.bus, &goal, show.as_mut(), &stop).await?;
    let clock = Arc::clone(&house.clock);
    parts.shutdown().await;
    house.close().await?;
    Ok(match followed {
        Followed::Ended(status) => super::run::exit_of(&status),
        Followed::Asks(found) | Followed::Stopped(found) => {
            if !common.json {
                out::text(&status::goal(&found, clock.now()));
            }
            Exit::Waiting
        }
        Followed::Interrupted => Exit::Interrupted,
    })
}
