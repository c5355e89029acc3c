//! Several processes on one state folder: who may work beside whom, what waits in the queue, and how
//! each ends.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use galley_tests_e2e::{Place, Ran, Running, done};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until;

/// A goal that asks, in a place where nothing runs any more.
fn asking() -> (Place, String) {
    let place = Place::new();
    let _asks =
        place.run_topic("How coffee is brewed", &["--words", "300", "--supervised"]).exits(3);
    let goals = place.run(&["goals", "--json"]).success().json_lines();
    let goal = goals.first().unwrap()["goal"].as_str().unwrap().to_owned();
    (place, goal)
}

#[test]
fn a_goal_is_submitted_approved_and_published_across_processes() {
    let place = Place::new();
    let up = place.up(&[]);
    let goal = place.submit(&["How coffee is brewed", "--words", "300"]);
    let _asks = place.run(&["watch", &goal]).exits(3);
    assert!(place.posts().is_empty(), "nothing is published before the approval");
    let shown = place.run(&["show", &goal]).success().out();
    assert!(shown.contains("galley approve"), "{shown}");
    let _said = place.run(&["approve", &goal, "--by", "ed"]).success();
    let _ended = place.run(&["watch", &goal]).success();
    assert_eq!(place.posts().len(), 1);
    assert_eq!(up.terminate(), Some(0));
}

#[test]
fn a_rejected_goal_publishes_nothing() {
    let place = Place::new();
    let _up = place.up(&[]);
    let goal = place.submit(&["How coffee is grown", "--words", "300"]);
    let _asks = place.run(&["watch", &goal]).exits(3);
    let _said = place.run(&["reject", &goal, "--by", "ed", "--note", "not now"]).success();
    let _ended = place.run(&["watch", &goal]).exits(1);
    let shown = place.run(&["show", &goal]).success().out();
    assert!(shown.contains("cancelled") && place.posts().is_empty(), "{shown}");
}

#[test]
fn a_cancelled_goal_ends_as_cancelled() {
    let place = Place::new();
    let _up = place.up(&[]);
    let goal = place.submit(&["How coffee is ground", "--words", "300"]);
    let _asks = place.run(&["watch", &goal]).exits(3);
    let _said = place.run(&["cancel", &goal, "--reason", "enough"]).success();
    let _ended = place.run(&["watch", &goal]).exits(1);
    assert!(place.run(&["show", &goal]).success().out().contains("cancelled"));
}

#[test]
fn a_stop_of_any_scope_holds_and_a_resume_goes_on() {
    let place = Place::new();
    let _up = place.up(&[]);
    let scopes: [&[&str]; 3] = [&["--all"], &["--workflow", "article"], &["--kind", "publishing"]];
    for (round, scope) in scopes.into_iter().enumerate() {
        let _said = place.run(&[&["stop", "--reason", "drill"], scope].concat()).success();
        let goal = place.submit(&["How coffee is traded", "--words", "300", "--autonomous"]);
        let _held = place.run(&["watch", &goal]).exits(3);
        let shown = place.run(&["show", &goal]).success().out();
        assert!(shown.contains("galley resume"), "{scope:?}: {shown}");
        assert_eq!(place.posts().len(), round, "{scope:?} holds");
        let _said = place.run(&[&["resume"], scope].concat()).success();
        let _done = place.run(&["watch", &goal]).success();
        assert_eq!(place.posts().len(), round + 1);
    }
}

#[test]
fn a_resumed_run_takes_the_answer_that_waits_before_it_looks_at_the_question() {
    let (place, goal) = asking();
    let _said = place.run(&["approve", &goal]).success();
    let _done = place.run(&["run", "--resume"]).success();
    assert_eq!(place.posts().len(), 1);
}

#[test]
fn a_watch_takes_what_was_said_before_into_account() {
    let place = Place::new();
    let _up = place.up(&[]);
    for round in 0..3 {
        let _said = place.run(&["stop", "--all"]).success();
        let goal = place.submit(&["How coffee is traded", "--words", "300"]);
        let _held = place.run(&["watch", &goal]).exits(3);
        let _said = place.run(&["resume", "--all"]).success();
        let asks = place.run(&["watch", &goal]).exits(3);
        assert!(asks.out().contains("galley approve"), "round {round}: {}", asks.out());
        let _said = place.run(&["approve", &goal]).success();
        let _done = place.run(&["watch", &goal]).success();
    }
    assert_eq!(place.posts().len(), 3);
}

#[test]
fn where_nothing_works_that_is_said_with_how_to_start_it() {
    let (place, goal) = asking();
    let _said = place.run(&["approve", &goal]).success();
    let says = |ran: &Ran| {
        let text = ran.out() + &ran.err();
        assert!(text.contains("1 input waits") && text.contains("galley up"), "{text}");
    };
    says(&place.run(&["watch", &goal]).exits(3));
    says(&place.run(&["goals"]).success());
    says(&place.run(&["doctor"]).success());
    // What was handed in is waited for.
    let handed_in = place.submit(&["How coffee is ground", "--words", "300", "--autonomous"]);
    let mut watch = Running::start_with_notes(place.command(&["watch", &handed_in]));
    watch.says("2 inputs wait to be taken; start: galley up");
    let up = place.up(&[]);
    assert_eq!(watch.wait(), Some(0));
    let _done = place.run(&["watch", &goal]).success();
    // What nobody handed in is not.
    let _unknown = place.run(&["watch", "01a202bd-fa81-703f-896b-ff350c5a3517"]).exits(4);
    assert_eq!(up.terminate(), Some(0));
    assert_eq!(place.posts().len(), 2);
}

#[test]
fn orders_that_wait_take_effect_in_their_order() {
    let (place, goal) = asking();
    for order in ["stop", "resume", "stop", "resume"] {
        let _said = place.run(&[order, &goal]).success();
    }
    let _said = place.run(&["approve", &goal]).success();
    let up = place.up(&[]);
    let _done = place.run(&["watch", &goal]).success();
    assert_eq!((place.posts().len(), up.terminate()), (1, Some(0)));
}

#[test]
fn before_the_first_goal_is_taken_it_is_said_that_it_waits() {
    let place = Place::new();
    let _goal = place.submit(&["How coffee is ground"]);
    assert!(place.run(&["goals"]).success().out().contains("1 input waits"));
    let none = place.run(&["show"]).exits(4).err();
    assert!(none.contains("galley up"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_works_alone() {
    let place = Place::new();
    let up = place.up(&[]);
    let refused = place.run_topic("How coffee is grown", &[]).exits(1).err();
    for part in ["GLY0010", "a galley up works", "galley submit"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert_eq!(place.run(&["goals", "--json"]).success().json_lines().len(), 0, "untouched");
    // Killed, it holds nothing any more.
    up.kill();
    let server = ModelServer::gated(Answer::BySchema).await;
    let mut run = place.command(&["run", "How coffee is grown", "--words", "300", "--json"]);
    run.env("GALLEY_MODEL_URL", server.url());
    let run = Running::start(run);
    until("the run to wait for its model", || (server.held() > 0).then_some(()));
    for beside in [&["run", "How tea is grown"][..], &["up"]] {
        let refused = place.run(beside).exits(1).err();
        assert!(refused.contains("GLY0010") && refused.contains("a galley run works"), "{refused}");
    }
    assert_eq!(place.run(&["goals", "--json"]).success().json_lines().len(), 1);
    run.kill();
    let _done = place.run(&["run", "--resume"]).success();
}

#[test]
fn two_that_are_up_share_six_goals_and_one_of_them_is_killed_and_replaced() {
    let place = Place::new();
    let (first, second) = (place.up(&[]), place.up(&[]));
    let submit = |_| place.submit(&["How coffee is grown", "--words", "300", "--autonomous"]);
    let goals: Vec<String> = (0..6).map(submit).collect();
    until("a goal to be under way", || {
        (!place.run(&["goals", "--json"]).success().out().is_empty()).then_some(())
    });
    first.kill();
    let third = place.up(&[]);
    for goal in &goals {
        let _done = place.run(&["watch", goal]).success();
        let done = done(&place.records(Some(goal)));
        assert!(done.values().all(|times| *times == 1), "{goal}: done twice: {done:?}");
    }
    assert_eq!(place.posts().len(), goals.len(), "one post each");
    assert!(place.run(&["doctor"]).success().out().contains("nothing is stuck"));
    assert_eq!((second.terminate(), third.terminate()), (Some(0), Some(0)));
}

#[test]
fn two_signals_in_a_moment_are_one_wish_to_end_in_order() {
    let place = Place::new();
    let up = Running::start_with_notes(place.command(&["up"]));
    // Made right after signals are caught, and before anything is begun.
    until("the state", || place.state().exists().then_some(()));
    up.ask_to_end();
    up.ask_to_end();
    assert_eq!(up.wait(), Some(0));
}

#[test]
fn an_edit_that_would_fail_the_goal_is_not_handed_in() {
    let (place, goal) = asking();
    let unknown =
        format!(r#"{{"article":{{"sha256":"{}","bytes":3,"media_type":"x"}}}}"#, "0".repeat(64));
    for (edit, why) in [
        (r#"{"article": 5}"#, "/article: 5"),
        ("{}", "would be given no 'article'"),
        ("5", "has no value"),
        (unknown.as_str(), "there is no artifact"),
    ] {
        let told = place.run(&["approve", &goal, "--edited", edit]).exits(2).err();
        assert!(told.contains("GLY0011") && told.contains(why), "{edit}: {told}");
    }
    let shown = place.run(&["show", &goal, "--json"]).success().json_lines();
    let edit = shown.first().unwrap()["questions"][0]["shown"].to_string();
    let _said = place.run(&["approve", &goal, "--edited", &edit]).success();
    let _done = place.run(&["run", "--resume"]).success();
    assert_eq!(place.posts().len(), 1);
}
