//! The programs of `deploy/services/tools`, and running them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use galley_tests_support::services;

/// The project's folder.
#[must_use]
pub fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).expect("tests/chart lies two folders below the root").to_owned()
}

/// What a tool is for, which decides where it is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Holding the chart to its rules: required where real parts are (`GALLEY_REQUIRE_SERVICES=1`, or `CI`).
    Chart,
    /// A Kubernetes to install it on, which takes a quarter of an hour of two cores to build: required
    /// where it is asked for (`GALLEY_REQUIRE_CLUSTER=1`), and used wherever it is there.
    Cluster,
}

/// Where a program is; none when it cannot be had here and need not be, which is said.
#[must_use]
pub fn tool(name: &str) -> Option<PathBuf> {
    ask(&[name], For::Chart)
}

/// Where the sources are that schemas are taken from; none as for [`tool`].
#[must_use]
pub fn source(name: &str) -> Option<PathBuf> {
    ask(&["source", name], For::Chart)
}

#[expect(clippy::print_stdout, reason = "a test says what it skips")]
pub(crate) fn ask(args: &[&str], purpose: For) -> Option<PathBuf> {
    let mut script = command(&root().join("deploy/services/tools"));
    // Building takes a while: whoever wants it says so.
    if !is_required(purpose) {
        script.env("GALLEY_BUILD", "never");
    }
    let said = Ran::of(script.args(args));
    if said.ok {
        return Some(said.out.trim().into());
    }
    assert!(!is_required(purpose), "{args:?} is required here: {}", said.err);
    println!("skipped: {}", said.err.trim());
    None
}

/// Whether tests fail, rather than say that they were not run, without the real parts.
fn is_required(purpose: For) -> bool {
    match purpose {
        For::Chart => services::are_required(),
        For::Cluster => services::is_asked("GALLEY_REQUIRE_CLUSTER"),
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Ran {
    /// Whether with success.
    pub ok: bool,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let ran = command.output().expect("a program that is there starts");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { ok: ran.status.success(), out: text(ran.stdout), err: text(ran.stderr) }
    }

    /// What it wrote to standard output.
    ///
    /// # Panics
    /// It failed.
    #[track_caller]
    pub fn expect(self, what: &str) -> String {
        assert!(self.ok, "{what}\n{}\n{}", self.out, self.err);
        self.out
    }
}

/// Runs a program to its end, with nothing of this machine's Helm and Kubernetes settings.
pub fn run<A: AsRef<OsStr>>(program: &Path, args: &[A]) -> Ran {
    Ran::of(command(program).args(args))
}

/// A program with nothing of this machine's Helm and Kubernetes settings.
#[must_use]
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for name in ["KUBECONFIG", "HELM_NAMESPACE", "HELM_KUBECONTEXT", "HELM_DRIVER", "HELM_PLUGINS"]
    {
        command.env_remove(name);
    }
    command.current_dir(root()).stdin(Stdio::null());
    command
}
