//! `galley stop`, `galley resume`, `galley cancel`.

use galley_schemas::envelope::kind;
use galley_schemas::id::{AgentKind, WorkflowName};
use galley_schemas::input::{Control, Order, Scope};
use galley_schemas::subject;
use serde_json::json;

use crate::args::{Cancel, Common, Said, ScopeArgs, Steer};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::{goals, out, send};

pub(crate) async fn stop(common: &Common, args: Steer) -> anyhow::Result<Exit> {
    steer(common, args, Order::Stop).await
}

pub(crate) async fn resume(common: &Common, args: Steer) -> anyhow::Result<Exit> {
    steer(common, args, Order::Resume).await
}

pub(crate) async fn cancel(common: &Common, args: Cancel) -> anyhow::Result<Exit> {
    let scope = ScopeArgs { goal: Some(args.goal), all: false, workflow: None, kind: None };
    steer(common, Steer { scope, said: args.said }, Order::Cancel).await
}

async fn steer(common: &Common, args: Steer, order: Order) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let scope = scope(&house, args.scope).await?;
    let Said { by, reason } = args.said;
    let control = Control { scope, order, by: by.into(), reason };
    let said = json!({ "ordered": control });
    let id = send::message_id(&house);
    send::send(&house, subject::IN_CONTROL, kind::CONTROL, id, control).await?;
    if common.json {
        out::line(&said.to_string());
    } else {
        let worker = house.carrier().worker();
        out::note(format!("ordered; {worker} obeys at once, the next one when it starts"));
    }
    house.close().await?;
    Ok(Exit::Done)
}

async fn scope(house: &House, args: ScopeArgs) -> anyhow::Result<Scope> {
    let name = |error: galley_schemas::id::InvalidName| {
        Failure::usage("GLY0003", error.to_string(), "galley agent list shows the kinds")
    };
    Ok(match args {
        ScopeArgs { workflow: Some(workflow), .. } => {
            Scope::Workflow { workflow: WorkflowName::new(workflow).map_err(name)? }
        }
        ScopeArgs { kind: Some(kind), .. } => {
            Scope::Kind { kind: AgentKind::new(kind).map_err(name)? }
        }
        ScopeArgs { goal: Some(goal), .. } => {
            Scope::Goal { goal: goals::find(&house.bus, Some(&goal)).await? }
        }
        ScopeArgs { goal: None, .. } => Scope::All,
    })
}
