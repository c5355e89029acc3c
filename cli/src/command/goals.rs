//! `galley goals` and `galley show`: how goals stand.

use galley_schemas::view::Phase;

use crate::args::{Common, Goals, OneGoal};
use crate::assemble::House;
use crate::failure::Exit;
use crate::follow::nobody_works;
use crate::render::history::History;
use crate::render::status::{self, Around};
use crate::{goals, out};

pub(crate) async fn goals(common: &Common, args: &Goals) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let mut list = match args.archived {
        true => goals::all_archived(&house.bus).await?,
        false => goals::all(&house.bus).await?,
    };
    if args.open {
        list.retain(|status| !matches!(status.view.phase, Phase::Ended { .. }));
    }
    list.truncate(args.limit);
    if common.json {
        for status in &list {
            out::json(status);
        }
    } else {
        out::show(&status::goals(&list, &around(&house, args).await?, house.at()));
    }
    house.close().await?;
    Ok(Exit::Done)
}

/// What there is beside the goals that are listed.
async fn around(house: &House, args: &Goals) -> anyhow::Result<Around> {
    let archived = match args.archived {
        true => 0,
        false => goals::count_archived(&house.bus).await?,
    };
    let waiting = goals::waiting(&house.bus).await?;
    let idle = (waiting > 0 && !house.is_worked()).then(|| nobody_works(waiting));
    Ok(Around { archived, idle })
}

pub(crate) async fn show(common: &Common, args: &OneGoal) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let goal = goals::find(&house.bus, args.goal.as_deref()).await?;
    let Some(found) = goals::status(&house.bus, &goal).await? else {
        return Err(goals::no_goal(&goal.to_string()).into());
    };
    if common.json {
        out::json(&found);
    } else {
        let entries = goals::log(&house.bus, &goal).await?;
        out::show(&status::goal(&found, &History::of(&entries), house.at()));
    }
    house.close().await?;
    Ok(Exit::Done)
}
