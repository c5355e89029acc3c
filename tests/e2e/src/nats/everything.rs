//! All of Galley on this machine, by the one command that the README names.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{OnNats, root, service};
use crate::Place;

/// Everything as processes of its own, by the one command that the README names, without Kafka. It is
/// ended when this is dropped.
#[derive(Debug)]
pub struct Everything {
    on: OnNats,
    dir: String,
}

impl Everything {
    /// Starts all of it, with what may be read; none when there is no nats-server here.
    #[must_use]
    pub fn start(read: &[&str]) -> Option<Self> {
        let mut place = Place::new();
        let text = |path: PathBuf| path.to_str().expect("it is UTF-8").to_owned();
        let (dir, site) = (text(place.path("all")), text(place.site()));
        let args = ["start", &dir, "--no-kafka", "--out", &site];
        service("galley", &[&args, read].concat())?;
        let env = service("galley", &["env", &dir])?;
        let url = env.lines().find_map(|line| line.strip_prefix("export GALLEY_BUS="));
        place.bus = url.map(str::to_owned);
        let process = std::fs::read_to_string(place.path("all/nats.pid")).expect("it is kept");
        Some(Self { on: OnNats { place, process: process.trim().to_owned() }, dir })
    }
}

impl Drop for Everything {
    fn drop(&mut self) {
        // A test that fails must not fail twice.
        let script = root().join("deploy/services/galley");
        drop(Command::new(script).args(["stop", &self.dir]).stderr(Stdio::null()).status());
    }
}

impl std::ops::Deref for Everything {
    type Target = OnNats;

    fn deref(&self) -> &OnNats {
        &self.on
    }
}
