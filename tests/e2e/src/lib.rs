//! The whole system as a user meets it: the binary, real input, crashes.

#![expect(
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "in tests, a panic is the report"
)]

pub mod nats;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use galley_tests_support::galley;
use serde_json::Value;
use tempfile::TempDir;

/// Settings of whoever runs the tests that would have the binary do something else.
const SETTINGS: [&str; 4] = ["GALLEY_BUS", "GALLEY_LISTEN", "GALLEY_GRACE", "GALLEY_SLOTS"];

/// A place of its own for one test: a state folder and a site.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
    /// Where the bus is, when it is no file of this place.
    bus: Option<String>,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// A fresh place.
    #[must_use]
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder can be made"), bus: None }
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// The site's folder.
    #[must_use]
    pub fn site(&self) -> PathBuf {
        self.dir.path().join("site")
    }

    /// A file of this place.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The binary with these arguments, not started.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = galley::command(&self.state());
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        for name in SETTINGS {
            command.env_remove(name);
        }
        command.envs(self.bus.iter().map(|url| ("GALLEY_BUS", url)));
        command
    }

    /// Runs the binary to its end.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran(self.command(args).output().expect("the binary starts"))
    }

    /// Starts `galley up` with the site of this place and more arguments, and waits until it is up.
    #[must_use]
    pub fn up(&self, more: &[&str]) -> Running {
        let site = self.site();
        let mut args = vec!["up", "--out", site.to_str().expect("it is UTF-8")];
        args.extend(more);
        let mut running = Running::start_with_notes(self.command(&args));
        running.says("up: state in");
        running
    }

    /// The id of a goal that is handed in with these arguments of `galley submit`.
    #[must_use]
    #[track_caller]
    pub fn submit(&self, args: &[&str]) -> String {
        self.run(&[&["submit"], args].concat()).success().out().trim().to_owned()
    }

    /// `galley run` with the site of this place, and more arguments.
    #[must_use]
    pub fn run_topic(&self, topic: &str, more: &[&str]) -> Ran {
        let site = self.site();
        let mut args = vec!["run", topic, "--out", site.to_str().expect("it is UTF-8")];
        args.extend(more);
        self.run(&args)
    }

    /// The posts that stand on the site: folder name and `proof.json`.
    #[must_use]
    pub fn posts(&self) -> BTreeMap<String, Value> {
        let mut posts = BTreeMap::new();
        let Ok(entries) = fs::read_dir(self.site()) else { return posts };
        for entry in entries {
            let entry = entry.expect("the site is readable");
            if entry.path().join("post.json").exists() {
                let proof =
                    fs::read(entry.path().join("proof.json")).expect("a post has its proof");
                let name = entry.file_name().to_string_lossy().into_owned();
                posts.insert(name, serde_json::from_slice(&proof).expect("it is JSON"));
            }
        }
        posts
    }

    /// Every record of a goal (the newest when none is named), as `galley explain --json` gives them.
    #[must_use]
    pub fn records(&self, goal: Option<&str>) -> Vec<Value> {
        let mut args = vec!["explain", "--json"];
        args.extend(goal);
        self.run(&args).success().json_lines()
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran(Output);

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self(output)
    }
}

impl Ran {
    /// Standard output.
    #[must_use]
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// Standard error.
    #[must_use]
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    /// Fails unless it ended with this code.
    #[must_use]
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "\nstdout: {}\nstderr: {}", self.out(), self.err());
        self
    }

    /// Fails unless it ended well.
    #[must_use]
    #[track_caller]
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// Standard output, a JSON value a line.
    #[must_use]
    pub fn json_lines(&self) -> Vec<Value> {
        let out = self.out();
        out.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }
}

/// A running `galley`, killed with `SIGKILL` when it is dropped.
pub struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<Box<dyn Read + Send>>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("child", &self.child).finish_non_exhaustive()
    }
}

impl Running {
    /// Starts a command and reads its standard output by lines.
    #[must_use]
    pub fn start(mut command: std::process::Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary starts");
        let out = child.stdout.take().expect("it is piped");
        Self { child, lines: BufReader::new(Box::new(out) as Box<dyn Read + Send>).lines() }
    }

    /// Starts a command and reads its standard error by lines.
    #[must_use]
    pub fn start_with_notes(mut command: std::process::Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let err = child.stderr.take().expect("it is piped");
        Self { child, lines: BufReader::new(Box::new(err) as Box<dyn Read + Send>).lines() }
    }

    /// Reads on to a line with this text in it, and returns that line.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> String {
        let (mut heard, mut said) = (Vec::new(), None);
        while said.is_none() {
            let Some(line) = self.line() else { break };
            if line.contains(text) {
                said = Some(line);
            } else {
                heard.push(line);
            }
        }
        assert!(said.is_some(), "it ended without saying '{text}': {heard:#?}");
        said.unwrap_or_default()
    }

    /// The id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as `kill` does.
    pub fn ask_to_end(&self) {
        let id = self.id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal was not sent");
    }

    /// The next line; none when it ended.
    pub fn line(&mut self) -> Option<String> {
        self.lines.next().and_then(Result::ok)
    }

    /// How it ended, once it is over.
    #[must_use]
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().expect("it can be looked at")
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// Kills it, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is over");
    }

    /// Waits for its end.
    #[must_use]
    pub fn wait(mut self) -> Option<i32> {
        while self.line().is_some() {}
        self.child.wait().expect("it ends").code()
    }

    /// Asks it to end, as `kill` does, and waits.
    #[must_use]
    pub fn terminate(self) -> Option<i32> {
        self.ask_to_end();
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Killing what is over already is no failure.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How often each task was done, by these records.
#[must_use]
pub fn done(records: &[Value]) -> BTreeMap<String, u32> {
    let mut done = BTreeMap::new();
    for event in events(records).filter(|event| event["is"] == "done") {
        *done.entry(event["task"].to_string()).or_default() += 1;
    }
    done
}

/// Every event of some records, in order.
pub fn events(records: &[Value]) -> impl Iterator<Item = &Value> {
    let lists = records.iter().filter_map(|record| record.pointer("/record/events"));
    lists.filter_map(Value::as_array).flatten()
}

/// The text of a document as a reader sees it: runs of white space are one space.
#[must_use]
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every file below a folder, as flattened text.
#[must_use]
pub fn texts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is readable");
    let paths = entries.map(|entry| entry.expect("the folder is readable").path());
    paths
        .filter(|path| path.is_file())
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|text| flat(&text))
        .collect()
}
