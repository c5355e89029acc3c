//! What is typed, and what comes back: exit codes, codes, hints.

use std::fs;

use galley_tests_e2e::Place;

#[track_caller]
fn check(args: &[&str], exit: i32, says: &[&str]) {
    let place = Place::new();
    let ran = place.run(args).exits(exit);
    let text = format!("{}{}", ran.out(), ran.err());
    for part in says {
        assert!(text.contains(part), "{args:?} does not say '{part}':\n{text}");
    }
}

#[test]
fn wrong_use_is_told_with_a_way_out() {
    check(&["run"], 2, &["required", "<TOPIC>"]);
    check(&["run", "x", "--sources", "no/such"], 2, &["GLY0003", "no/such", "help:"]);
    check(&["run", ""], 2, &["topic"]);
    check(&["run", &"long ".repeat(2_000)], 2, &["topic", "300"]);
    check(&["run", "x", "--budget", "-1"], 2, &["GLY0003", "-1 US dollars"]);
    check(&["run", "x", "--words", "1"], 2, &["150"]);
    check(&["run", "x", "--out", "/dev/null/site"], 2, &["GLY0708", "/dev/null/site", "--out"]);
    check(&["up", "--out", "/dev/null"], 2, &["GLY0708"]);
    check(&["run", "--resume"], 4, &["no goal was interrupted"]);
    check(&["show"], 4, &["GLY0004", "galley run"]);
    check(&["explain", "GLY9999"], 4, &["no code GLY9999"]);
    check(&["explain", "GLY0701"], 0, &["The review rejected"]);
    check(&["workflow", "show", "nothing"], 4, &["GLY0004"]);
    check(&["submit", "--workflow", "nothing", "--input", "{}"], 4, &["nothing"]);
    check(&["submit", "--input", "{"], 2, &["GLY0003", "JSON"]);
    check(&["stop"], 2, &["--all"]);
    check(&["--config", "none.yaml", "goals"], 2, &["GLY0002", "none.yaml"]);
}

#[test]
fn what_a_machine_reads_is_json() {
    let place = Place::new();
    let ran = place.run(&["--json", "show"]).exits(4);
    let errors: serde_json::Value = serde_json::from_str(ran.err().trim()).unwrap();
    assert_eq!(errors["errors"][0]["code"], "GLY0004");
    assert_eq!(place.run(&["agent", "list", "--json"]).success().json_lines().len(), 7);
}

#[test]
fn help_and_completions_are_there() {
    check(&["--help"], 0, &["Exit codes:", "explain", "130"]);
    check(&["completions", "bash"], 0, &["_galley"]);
    check(&["--version"], 0, &["galley 0."]);
}

#[test]
fn the_built_in_workflow_has_no_fault_and_a_picture() {
    let place = Place::new();
    let text = place.run(&["workflow", "show", "--text"]).success().out();
    fs::write(place.path("article.yaml"), &text).unwrap();
    let checked = place.run(&["workflow", "check", "article.yaml"]).success();
    assert!(checked.out().contains("no faults"), "{}", checked.out());
    assert!(place.run(&["workflow", "show"]).success().out().contains("research"));
}

#[test]
fn a_cycle_is_found_with_line_and_column() {
    let place = Place::new();
    let yaml = "workflow: round\nsteps:\n  a: { agent: seo, after: [b], with: { article: \"${b}\" } }\n  b: { agent: seo, with: { article: \"${a}\" } }\n";
    fs::write(place.path("round.yaml"), yaml).unwrap();
    let ran = place.run(&["workflow", "check", "round.yaml"]).exits(2);
    assert!(ran.out().contains("round.yaml:3:") && ran.out().contains("cycle"), "{}", ran.out());
}

#[test]
fn sources_that_cannot_be_used_end_the_goal_with_their_reasons() {
    let place = Place::new();
    let folder = place.path("bad");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("empty.md"), "").unwrap();
    fs::write(folder.join("binary.md"), [0_u8, 159, 146, 150, 0, 1, 2].repeat(100)).unwrap();
    fs::write(folder.join("large.txt"), vec![b'a'; 50 * 1024 * 1024]).unwrap();
    fs::create_dir(folder.join("folder.md")).unwrap();
    let ran = place.run_topic("Bees", &["--sources", folder.to_str().unwrap()]).exits(1);
    assert!(ran.err().contains("GLY04"), "{}", ran.err());
    assert!(place.posts().is_empty());
}

#[test]
fn one_good_document_among_bad_ones_is_enough_to_go_on() {
    let place = Place::new();
    let folder = place.path("mixed");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("empty.md"), "").unwrap();
    let good = "# Honey bees\n\nHoney bees live in colonies of up to sixty thousand workers in early summer. \
        A colony keeps one queen, who lays up to two thousand eggs a day in the season. \
        Workers visit about two million flowers to make a jar of honey. \
        Beekeepers open the hive on warm days, because cold air harms the brood. \
        In winter the workers form a cluster and keep the queen warm by moving their muscles.\n";
    fs::write(folder.join("good.md"), good).unwrap();
    let ran = place.run_topic(
        "How honey bees live",
        &["--words", "200", "--sources", folder.to_str().unwrap()],
    );
    // One short document may be too thin for the review; it is never a crash or a hang.
    assert!(matches!(ran.code(), Some(0 | 1 | 3)), "{:?} {}", ran.code(), ran.err());
    assert!(place.run(&["doctor"]).success().out().contains("nothing is stuck"));
}
