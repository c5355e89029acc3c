//! `galley watch`: follow a goal until it ends.

use std::time::Duration;

use galley_schemas::fault::Fault;
use galley_schemas::id::GoalId;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{Common, OneGoal, Patience};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::follow::{Followed, follow};
use crate::render::{ended, live, status};
use crate::signals::Signals;
use crate::{goals, out};

pub(crate) async fn watch(
    common: &Common,
    args: &OneGoal,
    patience: Patience,
) -> anyhow::Result<Exit> {
    let signals = Signals::catch()?;
    let house = House::look(common).await?;
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    signals.watch(&mut parts, &stop);
    let goal = goal(&house, args.goal.as_deref(), &stop).await?;
    let mut show = live::display(common, &house.clock);
    let following = follow(&house, &goal, show.as_mut(), &stop);
    let followed = match patience.within {
        None => following.await?,
        Some(secs) => {
            let within = Duration::from_secs(secs.into());
            let followed = tokio::time::timeout(within, following).await;
            followed.map_err(|_elapsed| not_over(&goal, secs))??
        }
    };
    drop(show);
    parts.shutdown().await;
    let exit = tell(common, &house, followed);
    house.close().await?;
    Ok(exit)
}

/// The goal that is meant. What was handed in a moment ago may not be decided yet: an id is waited for
/// in following; whoever names none means the newest, of all that were handed in before.
async fn goal(
    house: &House,
    text: Option<&str>,
    stop: &CancellationToken,
) -> anyhow::Result<GoalId> {
    if let Some(goal) = text.and_then(|text| text.parse().ok()) {
        return Ok(goal);
    }
    if house.is_worked() {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            taken = goals::taken(&house.bus) => taken?,
        }
    }
    goals::find(&house.bus, text).await
}

/// Says how it stands, and what exit code that is.
fn tell(common: &Common, house: &House, followed: Followed) -> Exit {
    let at = house.at();
    let exit = match &followed {
        Followed::Ended(found) => super::run::exit_of(found),
        Followed::Asks(_) | Followed::Stopped(_) => Exit::Waiting,
        Followed::Interrupted => Exit::Interrupted,
    };
    if common.json {
        return exit;
    }
    out::note("\n");
    match followed {
        Followed::Ended(found) if exit == Exit::Done => {
            out::show(&ended::done(&found, ended::ELSEWHERE));
        }
        Followed::Ended(found) => out::note(ended::failed(&found, at)),
        Followed::Asks(found) | Followed::Stopped(found) => out::show(&status::needs(&found, at)),
        Followed::Interrupted => out::note("watching ended; the goal goes on without it"),
    }
    exit
}

fn not_over(goal: &GoalId, secs: u32) -> Failure {
    let message = format!("goal {goal} is not over after {secs} s");
    let hint = format!("it goes on; see what it waits for: galley show {goal}");
    Fault::permanent("GLY0012", message).hint(hint).into()
}
