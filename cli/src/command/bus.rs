//! `galley bus`: prepares the bus, and says what it is.

mod accounts;

use galley_bus_nats::{Change, Plan};
use galley_schemas::id::AgentKind;
use serde_json::json;

use crate::args::{Common, Init};
use crate::assemble::{Carrier, House, cards};
use crate::failure::Exit;
use crate::out;

pub(crate) use accounts::accounts;

/// `galley bus init`: what is missing is made, and shown before.
pub(crate) async fn init(common: &Common, args: &Init) -> anyhow::Result<Exit> {
    let house = House::open(common).await?;
    let Carrier::Nats { nats, .. } = house.carrier() else {
        out::note("the bus is a file in the state folder: it makes what it needs by itself");
        house.close().await?;
        return Ok(Exit::Done);
    };
    let kinds: Vec<AgentKind> = cards().into_keys().chain(args.kinds.iter().cloned()).collect();
    let plan = nats.plan(&house.wanted(&kinds)).await.map_err(|error| error.fault())?;
    if common.json {
        out::json(&plan);
    } else {
        out::line(&plan.to_string());
    }
    let exit = kafka(common, &house, args).await?;
    let exit = if plan.is_empty() {
        exit
    } else if args.dry_run {
        Exit::Failed
    } else {
        nats.apply(&plan).await.map_err(|error| error.fault())?;
        out::note(format!("made: {}", count(&plan)));
        exit
    };
    house.close().await?;
    Ok(exit)
}

/// The feedback topic, when there is Kafka.
#[cfg(feature = "kafka")]
async fn kafka(common: &Common, house: &House, args: &Init) -> anyhow::Result<Exit> {
    use galley_bus_kafka::admin;
    let Some(config) = house.loaded.config.brokers() else { return Ok(Exit::Done) };
    let differences = admin::plan(config).await.map_err(|error| error.fault())?;
    if common.json {
        let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
        out::json(&json!({ "kafka": told }));
    } else {
        differences.iter().for_each(|difference| out::line(&difference.to_string()));
    }
    if args.dry_run && !differences.is_empty() {
        return Ok(Exit::Failed);
    }
    admin::apply(config, &differences).await.map_err(|error| error.fault())?;
    Ok(Exit::Done)
}

#[cfg(not(feature = "kafka"))]
#[expect(clippy::unused_async, reason = "with Kafka it asks the brokers")]
async fn kafka(_: &Common, house: &House, _: &Init) -> anyhow::Result<Exit> {
    if house.loaded.config.kafka.is_some() {
        out::note("this galley was built without Kafka: the feedback topic is left as it is");
    }
    Ok(Exit::Done)
}

fn count(plan: &Plan) -> String {
    let made = plan.steps.iter().filter(|step| matches!(step.change, Change::Make { .. })).count();
    format!("{made} new, {} changed, {} as they were", plan.steps.len() - made, plan.unchanged)
}

/// `galley bus show`: which bus, and what it survives.
pub(crate) async fn show(common: &Common) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let carrier = house.carrier();
    if common.json {
        let durability = carrier.durability();
        out::json(&json!({ "bus": carrier.to_string(), "durability": durability }));
    } else if let Some(durability) = carrier.durability() {
        out::line(&format!("{carrier}: {durability}"));
        durability.notes.iter().for_each(|note| out::note(note.as_str()));
    } else {
        out::line(&format!("{carrier}: SQLite, safe (survives a loss of power)"));
    }
    house.close().await?;
    Ok(Exit::Done)
}
