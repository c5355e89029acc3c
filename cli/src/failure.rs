//! How a command ends: exit codes, and errors as a person reads them.

use std::process::ExitCode;

use galley_schemas::fault::Fault;
use serde_json::json;

/// How a command ends. The numbers are promised in `galley --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// A question waits for a person.
    Waiting = 3,
    /// There is no such thing.
    NotFound = 4,
    /// A signal came.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked to, all at once.
#[derive(Debug, thiserror::Error)]
#[error("{}", first(faults))]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) faults: Vec<Fault>,
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

impl Failure {
    pub(crate) fn new(exit: Exit, fault: Fault) -> Self {
        Self { exit, faults: vec![fault] }
    }

    /// Wrong use.
    pub(crate) fn usage(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, Fault::permanent(code, message).hint(hint))
    }

    /// No such thing.
    pub(crate) fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, Fault::permanent("GLY0004", message).hint(hint))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(Exit::Failed, fault)
    }
}

/// The failure behind an error; one that nobody gave a code is a fault of Galley.
pub(crate) fn of(error: &anyhow::Error) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Failure { exit: failure.exit, faults: failure.faults.clone() };
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.clone().into();
    }
    let mut fault = Fault::permanent("GLY0001", error.to_string());
    fault.causes = error.chain().skip(1).take(8).map(ToString::to_string).collect();
    fault.into()
}

/// Every fault as one JSON value.
pub(crate) fn json(failure: &Failure) -> String {
    json!({ "errors": failure.faults, "exit": failure.exit as u8 }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_its_code_through_any_error() {
        let error = anyhow::Error::from(Fault::permanent("GLY0101", "x"));
        assert_eq!(of(&error).faults[0].code, "GLY0101");
        assert_eq!(of(&anyhow::anyhow!("y")).faults[0].code, "GLY0001");
    }
}
