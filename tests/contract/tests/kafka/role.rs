//! A relay or a learner in a process of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process, killed when it is dropped.
pub(crate) struct Role(Child);

impl Role {
    /// Starts a role; one of a learner may have a name in its group, for which its partitions wait.
    pub(crate) fn start(role: &[&str], file: &Path, brokers: &str) -> Self {
        let (role, name) = role.split_at(1);
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafka_role"));
        command.args(role).arg(file).arg(brokers).args(name);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // `kill -9`: nothing is said to it before.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
