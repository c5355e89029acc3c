//! A relay or a learner in a process of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process, killed when it is dropped.
pub(crate) struct Role(Child);

impl Role {
    pub(crate) fn start(role: &str, file: &Path, brokers: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafka_role"));
        command.arg(role).arg(file).arg(brokers).stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // `kill -9`: nothing is said to it before.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
