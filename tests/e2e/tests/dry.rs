//! The dry goal: what `helm test` runs. It goes the way of every goal, needs no more rights than handing in, and leaves nothing.

use galley_bus_nats::Rights;
use galley_tests_e2e::Place;
use galley_tests_e2e::nats::OnNats;
use galley_tests_support::wait::until;
use serde_json::json;

const DRY: [&str; 6] = ["submit", "--workflow", "dry", "--watch", "--within", "60"];

#[test]
fn a_dry_goal_comes_to_its_end_and_leaves_nothing_behind() {
    let Some(on) = OnNats::start() else { return };
    let _coordinator = on.role(&["coordinator"]);
    let _agent = on.agent("ingestion");
    let ran = on.run(&DRY).success();
    let goal = ran.out().lines().next().unwrap().to_owned();
    let records = on.records(Some(&goal));
    let done = galley_tests_e2e::done(&records);
    assert_eq!(done.keys().collect::<Vec<_>>(), ["\"brief\""], "{done:?}");
    assert!(!json!(records).to_string().contains("effect_intended"), "nothing is written");
    assert!(on.posts().is_empty());
    assert!(!on.state().join("site").exists());
}

#[test]
fn a_dry_goal_works_on_a_file_too() {
    let place = Place::new();
    let _up = place.up(&[]);
    let _ran = place.run(&DRY).success();
    assert!(place.posts().is_empty());
}

#[test]
fn what_does_not_end_in_time_has_a_code() {
    let Some(on) = OnNats::start() else { return };
    let _coordinator = on.role(&["coordinator"]);
    let ran = on.run(&["submit", "--workflow", "dry", "--watch", "--within", "2"]).exits(1);
    assert!(ran.err().contains("GLY0012") && ran.err().contains("galley show"), "{}", ran.err());
}

#[test]
fn whoever_may_hand_in_and_nothing_else_hands_in() {
    let rights = |user: &str, rights: Rights| {
        format!("{{ user: {user}, password: {user}, permissions: {rights} }}")
    };
    let everything =
        Rights { publish: vec![">".into()], subscribe: vec![">".into()], answers: false };
    let users = [rights("all", everything), rights("submitter", Rights::submitter("_INBOX"))];
    let settings = format!("authorization {{ users: [\n{}\n] }}", users.join(",\n"));
    let place = Place::new();
    for user in ["all", "submitter"] {
        std::fs::write(place.path(&format!("{user}.secret")), user).unwrap();
        let config = json!({ "nats": { "user": user, "password_file": place.path(&format!("{user}.secret")) } });
        std::fs::write(place.path(&format!("{user}.yaml")), config.to_string()).unwrap();
    }
    let Some(on) = OnNats::start_with(&settings, place) else { return };
    let (all, submitter) = (on.path("all.yaml"), on.path("submitter.yaml"));
    let (all, submitter) = (all.to_str().unwrap(), submitter.to_str().unwrap());
    let _made = on.run(&["bus", "init", "--config", all]).success();
    // Kept while nobody is there, and checked at once by whoever is.
    let kept = on.submit(&["--workflow", "dry", "--config", submitter]);
    let _coordinator = on.role(&["coordinator", "--config", all]);
    let _agent = on.role(&["agent", "ingestion", "--config", all]);
    let asked = on.submit(&["--workflow", "dry", "--config", submitter]);
    let unknown = ["submit", "--workflow", "nobody-knows", "--config", submitter];
    let unknown = on.run(&unknown).exits(4).err();
    assert!(unknown.contains("GLY0195"), "{unknown}");
    let wrong = ["submit", "--input", "{\"topic\": 3}", "--config", submitter];
    let _wrong = on.run(&wrong).exits(2);
    for goal in [kept, asked] {
        let _ended = on.run(&["watch", &goal, "--within", "60", "--config", all]).success();
    }
}

#[test]
fn the_newest_goal_is_the_one_that_was_just_handed_in() {
    let Some(on) = OnNats::start() else { return };
    // Nobody is there to take it: that is said.
    on.publish("galley.in.goal", &json!({ "topic": "How coffee is roasted" }));
    let waits = on.run(&["watch"]).exits(4).err();
    assert!(waits.contains("what was handed in waits"), "{waits}");
    let _coordinator = on.role(&["coordinator"]);
    // Two that wait together may begin in any order.
    until("it is taken", || on.run(&["goals", "--json"]).out().contains("\"goal\"").then_some(()));
    for topic in ["How coffee is brewed", "How coffee is ground"] {
        on.publish("galley.in.goal", &json!({ "topic": topic }));
        // It is not over within a second without agents; that it was found is what counts.
        let told = on.run(&["watch", "--within", "1"]).exits(1).err();
        assert!(told.contains("GLY0012"), "{told}");
        let newest = on.run(&["show", "--json"]).success().json_lines();
        assert!(json!(newest).to_string().contains(topic), "{newest:?}");
        let id = newest[0]["goal"].as_str().unwrap();
        assert!(told.contains(id), "{told}: the newest is {id}");
    }
    let keys = on.run(&["goals", "--json"]).success().json_lines();
    assert_eq!(keys.len(), 3);
}
