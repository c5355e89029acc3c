//! `galley feedback`: what became of a published article.

use galley_schemas::envelope::kind;
use galley_schemas::input::Feedback;
use galley_schemas::subject;
use serde_json::json;

use crate::args;
use crate::args::Common;
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::{goals, out, send};

pub(crate) async fn feedback(common: &Common, args: args::Feedback) -> anyhow::Result<Exit> {
    if !args.value.is_finite() {
        let message = format!("{} is no measure", args.value);
        return Err(Failure::usage("GLY0003", message, "give a finite number").into());
    }
    let house = House::look(common).await?;
    let goal = goals::find(&house.bus, Some(&args.goal)).await?;
    let feedback = Feedback {
        goal,
        outcome: args.outcome,
        value: args.value,
        by: args.by.into(),
        at: house.clock.now(),
    };
    let said = json!({ "noted": feedback });
    let id = send::message_id(&house);
    send::send(&house, subject::IN_FEEDBACK, kind::FEEDBACK, id, feedback).await?;
    if common.json {
        out::line(&said.to_string());
    } else {
        out::note("handed in; it is kept in the goal's log and learned from");
    }
    house.close().await?;
    Ok(Exit::Done)
}
