//! `galley goals` and `galley show`: how goals stand.

use galley_schemas::view::Phase;

use crate::args::{Common, Goals, OneGoal};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::render::history::History;
use crate::render::status;
use crate::{goals, out};

pub(crate) async fn goals(common: &Common, args: &Goals) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let mut list = goals::all(&house.bus).await?;
    if args.open {
        list.retain(|status| !matches!(status.view.phase, Phase::Ended { .. }));
    }
    list.truncate(args.limit);
    if common.json {
        for status in &list {
            out::json(status);
        }
    } else {
        out::show(&status::goals(&list, house.at()));
    }
    house.close().await?;
    Ok(Exit::Done)
}

pub(crate) async fn show(common: &Common, args: &OneGoal) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let goal = goals::find(&house.bus, args.goal.as_deref()).await?;
    let Some(found) = goals::status(&house.bus, &goal).await? else {
        return Err(
            Failure::not_found(format!("there is no goal {goal}"), "list: galley goals").into()
        );
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
