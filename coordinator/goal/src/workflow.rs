//! The workflow language: parsed, checked, evaluated.

mod model;

pub use model::{Action, Otherwise, Retry, Revise, Step, Undo, Workflow};
