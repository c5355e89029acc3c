//! A real broker, started by `deploy/services/kafka`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use galley_bus_kafka::{Config, admin};
use galley_tests_support::services::are_required;
use tempfile::TempDir;

/// A broker of this test process.
pub(crate) struct Broker {
    folder: TempDir,
    address: String,
}

/// How clients speak to a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    Plain,
    Secure,
}

impl Broker {
    /// The broker that tests share which leave it running. It ends with this process: starting one takes
    /// longer than most of these tests. None, after a line that says why, where there is none and need
    /// not be one.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<(Broker, Child)>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let broker = Self::start(Speech::Plain)?;
            let guard = broker.guard();
            Some((broker, guard))
        });
        shared.as_ref().map(|(broker, _)| broker)
    }

    /// A process that waits for the end of this one, however it ends; then it stops the broker and
    /// clears up.
    fn guard(&self) -> Child {
        const WAIT_AND_STOP: &str = r#"trap "" INT; read -r _; "$0" stop "$1"; rm -rf "$1""#;
        let mut command = Command::new("sh");
        command.args(["-c", WAIT_AND_STOP]).arg(path_of_script()).arg(self.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// A broker of a test's own, stopped when it is dropped.
    pub(crate) fn start(speech: Speech) -> Option<Self> {
        let installed = script(&["install"]);
        if !installed.status.success() {
            let why = String::from_utf8_lossy(&installed.stderr).into_owned();
            assert!(!are_required(), "a Kafka broker is required here: {why}");
            println!("not run: {why}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut broker = Self { folder, address: String::new() };
        broker.start_again(speech);
        Some(broker)
    }

    /// Starts it where it was.
    pub(crate) fn start_again(&mut self, speech: Speech) {
        let path = self.path().display().to_string();
        let args: &[&str] = match speech {
            Speech::Plain => &["start", &path],
            Speech::Secure => &["start", &path, "--secure"],
        };
        let started = script(args);
        let error = String::from_utf8_lossy(&started.stderr);
        assert!(started.status.success(), "the broker did not start: {error}");
        self.address = String::from_utf8(started.stdout).unwrap().trim().to_owned();
    }

    /// `kill -9`.
    pub(crate) fn kill(&self) {
        let pid = std::fs::read_to_string(self.path().join("pid")).unwrap();
        let killed = Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
        assert!(killed.success(), "there was no process {pid}");
    }

    /// Runs one of Kafka's own tools.
    pub(crate) fn tool(&self, args: &[&str]) -> Output {
        let path = self.path().display().to_string();
        script(&[&["tool", &path], args].concat())
    }

    /// Produces a line with Kafka's own console producer: the key, a tab, the value.
    pub(crate) fn produce(&self, topic: &str, lines: &str) {
        let path = self.path().display().to_string();
        let args = ["tool", &path, "ConsoleProducer", "--topic", topic];
        let keyed = ["--reader-property", "parse.key=true"];
        let mut command = command(&[&args[..], &keyed].concat());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "the console producer failed");
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// How clients reach it; a topic of its own for each name.
    pub(crate) fn config(&self, topic: &str) -> Config {
        Config {
            brokers: self.address.clone(),
            topic: topic.to_owned(),
            group: format!("galley-{topic}"),
            partitions: 3,
            deliver_secs: 5,
            session_secs: 6,
            ..Config::default()
        }
    }

    /// The same with the topic made.
    pub(crate) async fn topic(&self, topic: &str) -> Config {
        let config = self.config(topic);
        let plan = admin::plan(&config).await.unwrap();
        admin::apply(&config, &plan).await.unwrap();
        config
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let stopped = script(&["stop", &self.path().display().to_string()]);
        if !stopped.status.success() {
            println!("the broker was not stopped: {}", String::from_utf8_lossy(&stopped.stderr));
        }
    }
}

/// The script; a broker that the environment names is not one to kill.
fn script(args: &[&str]) -> Output {
    command(args).stdin(Stdio::null()).output().unwrap()
}

fn path_of_script() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    root.join("deploy/services/kafka")
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(path_of_script());
    command.args(args).env_remove("GALLEY_TEST_KAFKA");
    command
}
