//! What the binary prints where there is no terminal.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::process::{Command, Output};

use tempfile::TempDir;

/// A topic that would name the window, clear the screen, and turn the direction of writing.
const EVIL: &str = "How coffee is roasted \u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}";

fn galley(place: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galley"));
    for name in ["GALLEY_MODEL_URL", "ANTHROPIC_API_KEY", "GALLEY_CONFIG", "GALLEY_LOG"] {
        command.env_remove(name);
    }
    let command = command.current_dir(place.path()).env("GALLEY_STATE", place.path().join("state"));
    // Asking for colours must change nothing of what comes from outside.
    command.env("CLICOLOR_FORCE", "0").args(args).output().unwrap()
}

#[track_caller]
fn assert_plain(args: &[&str], ran: &Output) {
    for bytes in [&ran.stdout, &ran.stderr] {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let evil = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(evil, None, "{args:?}: {text:?}");
    }
}

#[test]
fn a_topic_gives_the_terminal_no_orders_wherever_it_is_shown() {
    let place = tempfile::tempdir().unwrap();
    let begun = ["run", EVIL, "--words", "300"];
    let ran = galley(&place, &begun);
    assert_plain(&begun, &ran);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for args in [
        &["goals"][..],
        &["show"],
        &["watch"],
        &["explain"],
        &["explain", "--proof"],
        &["explain", "--json"],
        &["show", "--json"],
        &["doctor"],
        &["run", "--resume"],
        &["show", EVIL],
        &["run", "x", "--sources", EVIL],
        &["workflow", "show", EVIL],
    ] {
        assert_plain(args, &galley(&place, args));
    }
}

#[test]
fn each_step_is_said_once_when_it_begins_and_once_when_it_ends() {
    let place = tempfile::tempdir().unwrap();
    let ran = galley(&place, &["run", "How coffee is roasted", "--words", "300"]);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.starts_with("goal "), "{said}");
    for step in ["brief", "ideas", "research", "draft", "seo", "review", "approve", "publish"] {
        let lines = |mark: &str| {
            let line = format!("{mark} {step}");
            said.lines().filter(|said| said.starts_with(&line)).count()
        };
        assert!(lines("▸") <= 1, "{step} begins more than once:\n{said}");
        assert_eq!(lines("✓") + lines("–"), 1, "{step} ends once:\n{said}");
    }
    assert!(said.contains("documents read"), "{said}");
    assert!(said.lines().all(|line| !line.ends_with([' ', '·'])), "{said}");
}
