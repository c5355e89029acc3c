//! A real NATS server of the run's own, started by `deploy/services/nats` and stopped at the end.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use galley_bus_core::BoxError;
use tempfile::TempDir;

/// When a server writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sync {
    /// Before it answers.
    Always,
    /// Every two minutes, as servers do that nobody told otherwise.
    Seldom,
}

impl fmt::Display for Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "nats, sync always",
            Self::Seldom => "nats, default sync",
        })
    }
}

/// A server. It is stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    process: u32,
    _folder: TempDir,
}

impl Server {
    /// Starts one.
    ///
    /// # Errors
    /// There is no nats-server here; what to install is said.
    pub fn start(sync: Sync) -> Result<Self, BoxError> {
        let folder = tempfile::tempdir()?;
        let period = match sync {
            Sync::Always => "always",
            Sync::Seldom => "2m",
        };
        let mut command = Command::new(script());
        command.args(["start", "--sync", period, "--dir"]).arg(folder.path());
        let said = said(&command.output()?)?;
        let value = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(str::to_owned).ok_or_else(|| format!("{name} is missing in: {said}"))
        };
        Ok(Self { url: value("NATS_URL")?, process: value("NATS_PID")?.parse()?, _folder: folder })
    }

    /// Whether a server can be started here; if not, why.
    ///
    /// # Errors
    /// What is missing.
    pub fn look() -> Result<(), BoxError> {
        said(&Command::new(script().with_file_name("nats-server")).output()?).map(drop)
    }

    /// Where clients connect to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    #[must_use]
    pub const fn process(&self) -> u32 {
        self.process
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What cannot be stopped is stopped already.
        drop(Command::new(script()).args(["stop", &self.process.to_string()]).output());
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/services/nats")
}

fn said(output: &Output) -> Result<String, BoxError> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into())
    }
}
