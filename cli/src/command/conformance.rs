//! `galley conformance`: holds an agent of any language to the contract.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::topology;
use galley_schemas::agent::Card;
use galley_schemas::fault::Fault;
use galley_schemas::id::AgentKind;
use serde_json::{Value, json};

use crate::args::{Common, Conformance};
use crate::assemble::{Carrier, House};
use crate::conformance::{Check, Finding, Occupied, Outcome, Sample, StandIn, run};
use crate::failure::{Exit, Failure};
use crate::render::conformance::{finding_page, sum};
use crate::{input, out};

pub(crate) async fn conformance(common: &Common, args: Conformance) -> anyhow::Result<Exit> {
    let house = House::open(common).await?;
    prepare(&house, &args).await?;
    let sample = sample(&house, &args).await?;
    let (clock, chance) = (Arc::clone(&house.clock), Arc::clone(&house.chance));
    let of = (args.kind.clone(), sample.wait);
    let stand_in = StandIn::start(house.bus.clone(), clock, chance, of).await;
    let mut stand_in = stand_in.map_err(|error| unusable(&error))?;
    if !common.json {
        out::note(format!("checking agents of kind {} on {}", args.kind, house.carrier()));
    }
    let wanted: BTreeSet<Check> = match args.only.is_empty() {
        true => Check::ALL.into_iter().collect(),
        false => args.only.iter().copied().collect(),
    };
    let mut findings = Vec::new();
    let tell = |finding: Finding| {
        show(common, &finding, house.at().prose);
        findings.push(finding);
    };
    run(&mut stand_in, &sample, &wanted, tell).await.map_err(|error| unusable(&error))?;
    if !common.json {
        out::show(&sum(&findings).into());
    }
    drop(stand_in);
    house.close().await?;
    let is_broken = findings.iter().any(|finding| finding.outcome == Outcome::Broken);
    Ok(if is_broken { Exit::Failed } else { Exit::Done })
}

fn show(common: &Common, finding: &Finding, columns: usize) {
    if common.json {
        let Finding { check, outcome, seen } = finding;
        out::json(&json!({ "check": check, "outcome": outcome, "seen": seen, "law": check.law() }));
    } else {
        out::show(&finding_page(finding, columns));
    }
}

/// Makes what agents of the kind need on the bus, if it is not there or otherwise.
async fn prepare(house: &House, args: &Conformance) -> anyhow::Result<()> {
    let Carrier::Nats { nats, .. } = house.carrier() else {
        let hint =
            "name one with --bus: a scratch nats-server with JetStream, without coordinators";
        let message = "an agent is checked over NATS, and no server is named";
        return Err(Failure::usage("GLY0031", message, hint).into());
    };
    let mut wanted = house.wanted(std::slice::from_ref(&args.kind));
    let tasks = topology::tasks(&args.kind).name;
    let consumers = wanted.topology.consumers.iter_mut().filter(|it| it.name == tasks);
    consumers.for_each(|consumer| consumer.ack_wait = Duration::from_secs(args.loan));
    let plan = nats.plan(&wanted).await.map_err(|error| error.fault())?;
    if !plan.is_empty() {
        nats.apply(&plan).await.map_err(|error| error.fault())?;
    }
    Ok(())
}

/// What the agent is tried with: as given, or the example of its card.
async fn sample(house: &House, args: &Conformance) -> anyhow::Result<Sample> {
    let card = house.card(&args.kind).await?;
    let example = || card.as_ref()?.input.pointer("/examples/0").cloned();
    let input = match &args.input {
        Some(text) => Some(input::json_value(text)?),
        None => example().or_else(|| of_kind(&args.kind)),
    };
    let Some(input) = input else {
        let message = format!("nothing says what a task of kind {} is", args.kind);
        let hint = "give one with --input, or an example in the card's input schema; \
            `galley explain GOAL --json` prints the offers of a goal with their inputs";
        return Err(Failure::usage("GLY0032", message, hint).into());
    };
    let (takes, gives) = card.map(|Card { input, output, .. }| (input, output)).unzip();
    let [wait, loan] = [args.wait, args.loan].map(Duration::from_secs);
    Ok(Sample { input, takes, gives, wait, loan })
}

/// Of the kinds that come with Galley, one takes what anybody can write.
fn of_kind(kind: &AgentKind) -> Option<Value> {
    (kind.as_str() == "ingestion").then(|| json!({ "topic": "How coffee is roasted" }))
}

fn unusable(error: &Occupied) -> Failure {
    let fault = match error {
        Occupied::Coordinator { .. } | Occupied::Tasks { .. } => {
            let hint = "end the coordinators and let the tasks end, or name another server with \
                --bus: deploy/services/nats start makes one";
            Fault::permanent("GLY0030", error.to_string()).hint(hint)
        }
        Occupied::Publish(_) | Occupied::Unreachable(_) => {
            Fault::transient("GLY0030", "the bus does not carry the check").because(error)
        }
    };
    fault.into()
}
