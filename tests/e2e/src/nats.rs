//! Galley as separate processes on a real nats-server: the server, the ordinary clients, the roles.

mod everything;
mod plain;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use galley_tests_support::galley;
use galley_tests_support::services::are_required;
use galley_tests_support::wait::until;
use serde_json::Value;

use crate::{Place, Ran, Running};

pub use everything::Everything;

/// The agent kinds that come with Galley.
pub const KINDS: [&str; 7] =
    ["ingestion", "ideation", "research", "drafting", "seo", "review", "publishing"];

/// How the programs of `deploy/services` end when the real part is not here and could not be made.
const MISSING: i32 = 69;

/// What a program of `deploy/services` says; none when the real part cannot be had here and need not be.
#[expect(clippy::print_stdout, reason = "a test says what it skips")]
fn service(name: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(root().join("deploy/services").join(name));
    command.args(args).env("GALLEY_BIN", galley::binary()).stdin(Stdio::null());
    let ran = command.output().expect("it starts");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if ran.status.success() {
        return Some(said(&ran.stdout));
    }
    let why = said(&ran.stderr);
    assert_eq!(ran.status.code(), Some(MISSING), "{name} {args:?}: {why}");
    assert!(!are_required(), "{name} is required here: {why}");
    println!("skipped: {why}");
    None
}

/// The project's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The ordinary NATS client.
#[must_use]
pub fn client() -> Option<PathBuf> {
    service("nats-cli", &[]).map(PathBuf::from)
}

/// A Python with the NATS client of that language.
#[must_use]
pub fn python() -> Option<PathBuf> {
    service("python", &[]).map(PathBuf::from)
}

/// A nats-server and a place for what works on it. The server is killed when this is dropped.
#[derive(Debug)]
pub struct OnNats {
    place: Place,
    process: String,
}

impl OnNats {
    /// A server with all that Galley needs on it; none when there is no nats-server here.
    #[must_use]
    pub fn start() -> Option<Self> {
        let on = Self::start_empty()?;
        let _made = on.run(&["bus", "init"]).success();
        Some(on)
    }

    /// A server with nothing on it.
    #[must_use]
    pub fn start_empty() -> Option<Self> {
        Self::start_with("", Place::new())
    }

    /// A server with nothing on it and more settings, in the words of its configuration, for what
    /// works in this place.
    #[must_use]
    pub fn start_with(settings: &str, place: Place) -> Option<Self> {
        std::fs::write(place.path("settings"), settings).expect("the place can be written to");
        let mut on = Self { place, process: String::new() };
        on.start_server("-1").then_some(on)
    }

    /// Starts the server, and says whether there is one.
    fn start_server(&mut self, port: &str) -> bool {
        let dir = self.place.path("nats");
        let dir = dir.to_str().expect("it is UTF-8");
        let with = self.place.path("settings");
        let with = with.to_str().expect("it is UTF-8");
        let options = ["--sync", "always", "--dir", dir, "--port", port, "--with", with];
        let Some(said) = service("nats", &[&["start"], &options[..]].concat()) else {
            return false;
        };
        let named = |name: &str| {
            let value = said.lines().find_map(|line| line.strip_prefix(name));
            value.expect("the script says it").to_owned()
        };
        self.place.bus = Some(named("NATS_URL="));
        self.process = named("NATS_PID=");
        true
    }

    /// Where clients connect to.
    #[must_use]
    pub fn url(&self) -> &str {
        self.place.bus.as_deref().expect("a server was started")
    }

    /// `kill -9` for the server.
    pub fn kill_server(&self) {
        let _killed = service("nats", &["kill", &self.process]);
    }

    /// Starts it again where it was.
    pub fn start_server_again(&mut self) {
        let port = self.url().rsplit(':').next().expect("an address has a port").to_owned();
        assert!(self.start_server(&port), "it was there before");
    }

    /// Starts a role and waits until it is ready.
    #[must_use]
    pub fn role(&self, args: &[&str]) -> Role {
        Role::start(self.command(args))
    }

    /// The agent of a kind, not started. What it publishes goes to the site of this place.
    #[must_use]
    pub fn agent_command(&self, kind: &str) -> Command {
        let mut command = self.command(&["agent", kind]);
        if kind == "publishing" {
            command.arg("--out").arg(self.site());
        }
        command
    }

    /// Starts the agent of a kind and waits until it is ready.
    #[must_use]
    pub fn agent(&self, kind: &str) -> Role {
        Role::start(self.agent_command(kind))
    }

    /// Starts the agents of all kinds but these, side by side, and waits until they are ready.
    #[must_use]
    pub fn agents_but(&self, left_out: &[&str]) -> Vec<Role> {
        let kinds = KINDS.into_iter().filter(|kind| !left_out.contains(kind));
        let begun = kinds.map(|kind| Running::start_with_notes(self.agent_command(kind)));
        let begun: Vec<Running> = begun.collect();
        begun.into_iter().map(Role::ready).collect()
    }

    /// Runs the ordinary NATS client to its end.
    #[must_use]
    pub fn client(&self, client: &Path, args: &[&str]) -> Ran {
        let mut command = Command::new(client);
        // Settings of whoever runs the tests change nothing.
        command.env("XDG_CONFIG_HOME", self.place.path("no-settings"));
        command.args(["--server", self.url()]).args(args).stdin(Stdio::null());
        command.output().expect("the client starts").into()
    }

    /// A Python script of this folder, not started.
    #[must_use]
    pub fn script(&self, python: &Path, name: &str) -> Command {
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
        command.env("NATS_URL", self.url()).stdin(Stdio::null());
        command
    }

    /// How a goal stands, as `galley show --json` says.
    #[must_use]
    #[track_caller]
    pub fn status(&self, goal: &str) -> Value {
        let mut lines = self.run(&["show", goal, "--json"]).success().json_lines();
        assert_eq!(lines.len(), 1, "one goal");
        lines.remove(0)
    }

    /// Waits for a goal's end and fails unless it ended well.
    #[track_caller]
    pub fn succeeds(&self, goal: &str) {
        let _ended = self.run(&["watch", goal]).success();
    }
}

impl std::ops::Deref for OnNats {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Drop for OnNats {
    fn drop(&mut self) {
        // A test that fails must not fail twice.
        let script = root().join("deploy/services/nats");
        drop(Command::new(script).args(["kill", &self.process]).stderr(Stdio::null()).status());
    }
}

/// A running process of one role, with its probes.
#[derive(Debug)]
pub struct Role {
    /// The process.
    pub process: Running,
    /// What it said first: what it does, or what it waits for.
    pub said: String,
    /// Where its probes are answered.
    pub probes: String,
}

impl Role {
    /// Starts a role and waits until it is ready.
    #[must_use]
    pub fn start(command: Command) -> Self {
        Self::ready(Running::start_with_notes(command))
    }

    /// A role that was started, once it is ready.
    #[must_use]
    pub fn ready(process: Running) -> Self {
        let role = Self::begun(process);
        role.is_soon("readyz", 200);
        role
    }

    /// A role that was started, once it answers probes.
    #[must_use]
    pub fn begun(mut process: Running) -> Self {
        let said = process.says("probes on ");
        let (_, at) = said.rsplit_once("probes on ").expect("it was said");
        let probes = at.split([' ', ';']).next().unwrap_or_default().to_owned();
        Self { process, said, probes }
    }

    /// What a probe answers; none when nobody does.
    #[must_use]
    pub fn probe(&self, name: &str) -> Option<(u16, String)> {
        let host = self.probes.strip_prefix("http://")?;
        let mut stream = TcpStream::connect(host).ok()?;
        let request = format!("GET /{name} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let code = head.split(' ').nth(1)?.parse().ok()?;
        Some((code, body.to_owned()))
    }

    /// Waits until a probe answers with this code.
    #[track_caller]
    pub fn is_soon(&self, probe: &str, code: u16) {
        until(&format!("{probe} to be {code}"), || {
            self.probe(probe).is_some_and(|(found, _)| found == code).then_some(())
        });
    }
}
