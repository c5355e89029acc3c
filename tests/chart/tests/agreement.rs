//! The chart says what Galley understands: its command line, its configuration, its bus, its metrics.

use std::collections::BTreeSet;
use std::fs;

use galley_tests_chart::chart::{at, folder, objects, rendered};
use galley_tests_chart::tools::{root, run};
use galley_tests_support::galley;
use serde_json::Value;

/// Every object of every case, with the case's name.
fn everything() -> Option<Vec<(String, Value)>> {
    let all = rendered()?.iter().flat_map(|(case, text)| {
        objects(text).into_iter().map(|object| (case.name.clone(), object))
    });
    Some(all.collect())
}

fn of_kind<'a>(
    all: &'a [(String, Value)],
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    all.iter()
        .filter(move |(_, object)| at(object, "/kind") == kind)
        .map(|(case, object)| (case.as_str(), object))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

#[test]
fn the_kinds_of_the_chart_are_those_of_galley() {
    let ran = run(&galley::binary(), &["agent", "list", "--json"]);
    let cards = ran.expect("galley agent list");
    let kinds: BTreeSet<String> = cards
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a card is JSON"))
        .map(|card| at(&card, "/kind").to_owned())
        .collect();
    let values: Value =
        serde_saphyr::from_str(&read("helm/galley/values.yaml")).expect("it is YAML");
    let named: BTreeSet<String> =
        values["agents"].as_object().expect("it is a map").keys().cloned().collect();
    assert_eq!(named, kinds);
    let template = read("helm/galley/templates/_roles.tpl");
    assert!(kinds.iter().all(|kind| template.contains(&format!("\"{kind}\""))));
}

#[test]
fn every_role_is_told_what_the_command_line_takes() {
    let Some(all) = everything() else { return };
    let mut told = BTreeSet::new();
    for kind in ["Deployment", "Job"] {
        for (case, object) in of_kind(&all, kind) {
            let container = &object["spec"]["template"]["spec"]["containers"][0];
            let Some(args) = container["args"].as_array() else { continue };
            if container.get("command").is_none() && at(container, "/image").contains("galley") {
                let args: Vec<&str> = args.iter().filter_map(Value::as_str).collect();
                told.insert((args.join(" "), case.to_owned()));
            }
        }
    }
    assert!(told.len() > 9, "{told:?}");
    for (args, case) in told {
        // Help is given for what is understood, and an argument before it that is not understood is told first.
        let mut args: Vec<&str> = args.split(' ').collect();
        args.push("--help");
        let ran = run(&galley::binary(), &args);
        assert!(ran.ok && ran.out.contains("Usage: galley"), "{case}: {args:?}\n{}", ran.err);
    }
}

#[test]
fn every_configuration_is_one_that_galley_takes() {
    let Some(all) = everything() else { return };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut seen = BTreeSet::new();
    for (case, object) in of_kind(&all, "ConfigMap") {
        let Some(text) = object["data"]["galley.yaml"].as_str() else { continue };
        // Where the bus is, is not what is asked: nobody answers there.
        let mut config: Value = serde_saphyr::from_str(text).expect("it is YAML");
        config["nats"]["servers"] = serde_json::json!(["nats://127.0.0.1:1"]);
        for file in ["credentials_file", "nkey_file", "password_file", "tls", "user"] {
            config["nats"].as_object_mut().expect("it is a map").remove(file);
        }
        let text = config.to_string();
        if !seen.insert(text.clone()) {
            continue;
        }
        let file = folder.path().join("galley.yaml");
        fs::write(&file, &text).expect("it can be written");
        let file = file.to_str().expect("a temporary folder's name is text");
        let ran = run(&galley::binary(), &["bus", "show", "--config", file]);
        // GLY0221: no server answers. A configuration that is wrong would have been told before.
        assert!(
            ran.err.contains("GLY0221"),
            "{case}: {}\n{text}\n{}",
            at(object, "/metadata/name"),
            ran.err
        );
    }
    assert!(seen.len() > 20, "{} configurations", seen.len());
}

#[test]
fn triggers_name_the_streams_and_consumers_of_the_bus() {
    let Some(all) = everything() else { return };
    let topology = read("bus/core/src/topology.rs") + &read("schemas/src/subject.rs");
    let mut found = 0;
    for (case, object) in of_kind(&all, "ScaledObject") {
        let metadata = &object["spec"]["triggers"][0]["metadata"];
        let (stream, consumer) = (at(metadata, "/stream"), at(metadata, "/consumer"));
        if stream.is_empty() {
            assert_eq!(at(metadata, "/topic"), "galley.feedback.v1", "{case}");
            continue;
        }
        found += 1;
        assert!(topology.contains(&format!("\"{stream}\"")), "{case}: {stream}");
        let prefix = consumer.strip_prefix("agent_").map_or(consumer, |_| "agent_{kind}");
        assert!(topology.contains(&format!("\"{prefix}\"")), "{case}: {consumer}");
    }
    assert!(found > 10, "{found}");
}

/// Names of metrics that a text speaks of.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let names = words.filter(|word| word.starts_with("galley_"));
    let base = |name: &str| {
        let endings = ["_bucket", "_count", "_sum"];
        endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name).to_owned()
    };
    names.map(base).collect()
}

#[test]
fn alerts_and_dashboards_speak_of_metrics_that_are_there() {
    let meters = read("cli/src/observe/meters.rs") + &read("agents/learning/src/gauges.rs");
    let mut text = read("helm/galley/templates/_alerts.tpl");
    for file in fs::read_dir(folder().join("dashboards")).expect("there are dashboards") {
        text += &fs::read_to_string(file.expect("it is readable").path()).expect("it is text");
    }
    let named = metrics(&text);
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        let short = name.trim_start_matches("galley_");
        let short = short
            .strip_prefix("relay_")
            .or_else(|| short.strip_prefix("learner_"))
            .unwrap_or(short);
        assert!(meters.contains(&format!("\"{short}\"")), "{name} is measured nowhere");
    }
}

#[test]
fn operations_say_what_to_do_about_every_alert() {
    let (alerts, operations) =
        (read("helm/galley/templates/_alerts.tpl"), read("deploy/operations.md"));
    let alerts: Vec<&str> =
        alerts.lines().filter_map(|line| line.strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 9);
    for alert in alerts {
        assert!(
            operations.contains(&format!("### {alert}")),
            "{alert} has no paragraph in deploy/operations.md"
        );
    }
}

#[test]
fn dashboards_are_json() {
    for file in fs::read_dir(folder().join("dashboards")).expect("there are dashboards") {
        let text = fs::read_to_string(file.expect("it is readable").path()).expect("it is text");
        let dashboard: Value = serde_json::from_str(&text).expect("a dashboard is JSON");
        assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 5));
    }
}

#[test]
fn no_process_has_untrusted_content_a_secret_and_the_open_network() {
    let Some(all) = everything() else { return };
    // What is no secret of the outside world: who a process is on the bus, and whom it trusts there.
    let identities = ["nats", "nats-ca", "nats-client", "kafka", "kafka-ca", "kafka-client"];
    let mut open = 0;
    for (case, policy) in of_kind(&all, "NetworkPolicy") {
        if !policy["spec"]["egress"].to_string().contains("0.0.0.0/0") {
            continue;
        }
        open += 1;
        let role = at(policy, "/spec/podSelector/matchLabels/app.kubernetes.io~1component");
        let label = "/metadata/labels/app.kubernetes.io~1component";
        let deployment = of_kind(&all, "Deployment")
            .find(|(of, object)| *of == case && at(object, label) == role);
        let (_, deployment) = deployment.expect("a policy has its role");
        let volumes =
            deployment["spec"]["template"]["spec"]["volumes"].as_array().expect("it has volumes");
        for volume in volumes.iter().filter(|volume| volume.get("secret").is_some()) {
            let name = at(volume, "/name");
            assert!(
                identities.contains(&name),
                "{case}: {role} reaches everything and holds {name}"
            );
        }
    }
    assert!(open > 5, "{open}");
}
