//! The chart and `deploy/operations.md` with real processes on a real NATS: what is rendered runs; the memory that a role needs
//! while it waits; and that a bus that is lost comes back from its copy.

use std::fs;

use galley_tests_chart::chart::{at, objects, rendered};
use galley_tests_e2e::Running;
use galley_tests_e2e::nats::{KINDS, OnNats, Role, client};
use galley_tests_support::wait::until;
use serde_json::Value;

/// Memory of a process that is its own, in KiB: what its container is charged beside the pages of its program, which all share.
fn own_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    number.expect("the kernel counts it")
}

#[test]
fn a_role_that_waits_needs_less_than_20_mib() {
    let Some(on) = OnNats::start() else { return };
    let learner = on.role(&["agent", "learning"]);
    let coordinator = on.role(&["coordinator"]);
    let mut roles = vec![("coordinator", coordinator), ("learner", learner)];
    roles.extend(KINDS.map(|kind| (kind, on.agent(kind))));
    if on.run(&["--version"]).out().contains("with Kafka") {
        let config = on.path("kafka.yaml");
        fs::write(&config, "kafka: { brokers: '127.0.0.1:1' }").expect("it can be written");
        let mut relay = on.command(&["relay", "--config"]);
        relay.arg(config);
        roles.push(("relay", Role::begun(Running::start_with_notes(relay))));
    }
    for (name, role) in roles {
        let kib = own_kib(role.process.id());
        println!("{name}: {:.1} MiB", kib as f64 / 1024.0);
        assert!(kib < 20 * 1024, "{name}: {kib} KiB");
    }
}

#[test]
fn a_bus_that_is_lost_comes_back_from_its_copy() {
    let Some(mut on) = OnNats::start() else { return };
    let Some(client) = client() else { return };
    let coordinator = on.role(&["coordinator"]);
    let agents = on.agents_but(&[]);
    let ended = on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    on.succeeds(&ended);
    let asks = on.submit(&["How coffee is brewed", "--words", "300"]);
    let _waits = on.run(&["watch", &asks]).exits(3);

    let copy = on.path("copy");
    let copy = copy.to_str().expect("it is UTF-8");
    let _kept =
        on.client(&client, &["account", "backup", "--force", "--consumers", copy]).success();
    on.kill_server();
    fs::remove_dir_all(on.path("nats")).expect("the disks are lost");
    for role in agents.iter().chain([&coordinator]) {
        role.is_soon("readyz", 503);
        role.is_soon("healthz", 200);
    }

    on.start_server_again();
    let _restored = on.client(&client, &["account", "restore", copy]).success();
    let _nothing_is_missing = on.run(&["bus", "init", "--dry-run"]).success();
    for role in agents.iter().chain([&coordinator]) {
        role.is_soon("readyz", 200);
    }
    let proof = on.run(&["explain", &ended, "--proof"]).success().out();
    assert!(proof.contains("coffee"), "{proof}");
    let _approved = on.run(&["approve", &asks]).success();
    on.succeeds(&asks);
    assert_eq!(on.posts().len(), 2, "each article stands once");
    until("nothing to be wrong", || (on.run(&["doctor"]).code() == Some(0)).then_some(()));
}

/// What an object of the chart runs, as a process of this machine: its arguments and its configuration; where the bus and the site
/// are, and where probes are answered, is what differs from a Pod.
fn process(on: &OnNats, all: &[Value], object: &Value) -> std::process::Command {
    let spec = object.pointer("/spec/template/spec").or_else(|| object.pointer("/spec"));
    let spec = spec.expect("it makes a Pod");
    let args =
        spec.pointer("/containers/0/args").and_then(Value::as_array).expect("it has arguments");
    let args: Vec<&str> = args.iter().filter_map(Value::as_str).collect();
    let config = at(spec, "/volumes/0/configMap/name");
    let config = all
        .iter()
        .find(|other| at(other, "/kind") == "ConfigMap" && at(other, "/metadata/name") == config);
    let site = on.site().display().to_string();
    let text = at(config.expect("its configuration is there"), "/data/galley.yaml");
    let file = on.path(&format!("{}.yaml", at(object, "/metadata/name")));
    fs::write(&file, text.replace("/site", &site)).expect("it can be written");
    let mut command = on.command(&args);
    command.env("GALLEY_CONFIG", file).env("GALLEY_LISTEN", "127.0.0.1:0");
    command
}

#[test]
fn what_the_chart_renders_runs() {
    let Some(all) = rendered() else { return };
    let Some(on) = OnNats::start_empty() else { return };
    let (_, text) = all.iter().find(|(case, _)| case.name == "development").expect("there is one");
    let all = objects(text);
    let of_kind = |kind: &'static str| all.iter().filter(move |object| at(object, "/kind") == kind);
    let runs = |object: &Value| {
        let ran = process(&on, &all, object).output().expect("the binary starts");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{}: {said}", at(object, "/metadata/name"));
    };
    of_kind("Job").for_each(runs);
    let roles: Vec<Role> =
        of_kind("Deployment").map(|object| Role::start(process(&on, &all, object))).collect();
    assert_eq!(roles.len(), 9);
    // Whether the bus has what it needs; a goal, to its end; whether goals are well.
    of_kind("Pod").for_each(runs);
    assert_eq!(on.posts().len(), 1, "the goal's article stands");
}
