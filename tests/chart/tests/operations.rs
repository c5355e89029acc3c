//! What `deploy/operations.md` promises, with real processes on a real NATS: the memory that a role needs while it waits, and that a
//! bus that is lost comes back from its copy.

use std::fs;

use galley_tests_e2e::nats::{KINDS, OnNats, client};
use galley_tests_support::wait::until;

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
