//! The commands, one file each.

pub(crate) mod agent;
pub(crate) mod answer;
pub(crate) mod bus;
pub(crate) mod completions;
pub(crate) mod conformance;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod feedback;
pub(crate) mod goals;
pub(crate) mod relay;
pub(crate) mod run;
pub(crate) mod steer;
pub(crate) mod submit;
pub(crate) mod up;
pub(crate) mod watch;
pub(crate) mod workflow;
