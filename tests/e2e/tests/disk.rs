//! A disk that takes no more: it is said at once, nothing is lost, and work goes on when there is room.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::process::Command;

use galley_tests_e2e::{Place, Ran, Running};

/// The same command, whose files may not grow beyond so many KiB: the writes of SQLite fail as on a
/// disk with a quota. What would end the process for it is ignored.
fn limited(command: &Command, kib: u32) -> Command {
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
    wrapped("bash", &["-c", &script], command)
}

/// A command run by another one, in the same surroundings.
fn wrapped(by: &str, args: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(by);
    outer.args(args).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer.current_dir(command.get_current_dir().unwrap());
    outer
}

#[test]
fn a_limit_on_files_is_told_and_a_resumed_run_goes_on() {
    let place = Place::new();
    let site = place.site();
    let args = ["run", "How coffee is roasted", "--out", site.to_str().unwrap()];
    let mut run = Running::start_with_notes(limited(&place.command(&args), 700));
    run.says("GLY0208");
    run.kill();
    for look in [&["show"][..], &["doctor"], &["goals"]] {
        let ran = Ran::from(limited(&place.command(look), 700).output().unwrap());
        let text = ran.out() + &ran.err();
        assert!(ran.code() == Some(0) || text.contains("GLY0208"), "{look:?}: {text}");
    }
    let _done = place.run(&["run", "--resume"]).success();
    assert_eq!(place.posts().len(), 1);
}

#[test]
fn a_full_disk_is_told_and_work_goes_on_by_itself_when_there_is_room() {
    let place = Place::new();
    let state = place.state();
    std::fs::create_dir(&state).unwrap();
    let dir = state.to_str().unwrap();
    let may_mount = Command::new("unshare").args(["-m", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        println!("skipped: this user may not mount; the limit on files is tested beside this");
        return;
    }
    let script = format!("mount -t tmpfs -o size=1200k none '{dir}' && exec \"$0\" \"$@\"");
    let site = place.site();
    let args = ["run", "How coffee is roasted", "--out", site.to_str().unwrap()];
    let run = wrapped("unshare", &["-m", "bash", "-c", &script], &place.command(&args));
    let mut run = Running::start_with_notes(run);
    run.says("GLY0204");
    let inside = |args: &[&str]| {
        let id = run.id().to_string();
        let galley = place.command(args);
        Ran::from(wrapped("nsenter", &["-t", &id, "-m"], &galley).output().unwrap())
    };
    for look in [&["show"][..], &["doctor"], &["goals"]] {
        let ran = inside(look);
        let text = ran.out() + &ran.err();
        assert!(ran.code() == Some(0) || text.contains("GLY0204"), "{look:?}: {text}");
    }
    let more = "remount,size=64m";
    let id = run.id().to_string();
    let room = Command::new("nsenter").args(["-t", &id, "-m", "mount", "-o", more, dir]).status();
    assert!(room.unwrap().success());
    assert_eq!(run.wait(), Some(0));
    assert_eq!(place.posts().len(), 1);
}
