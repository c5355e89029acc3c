//! The workflow language: parsed, checked, evaluated.
//!
//! ```text
//!   YAML ─▶ Workflow::parse ─▶ Parsed ─▶ check(agents' cards) ─▶ a goal runs on it
//!                                │
//!                                └─▶ Workflow { steps, each with Templates and Conditions }
//! ```
//!
//! This module must never know how a goal stands: it says what a step needs and what an expression
//! is worth in a [`Scope`], and the state machine beside it decides.

mod admit;
mod expr;
mod model;
mod pointer;
mod schema;
mod scope;
mod template;

pub use admit::{Misfit, Refusal};
pub use expr::{EXPRESSION_BYTES_MAX, EvalError, Expression, ExpressionError, Reference, Segment};
pub use model::{Action, Otherwise, Retry, Revise, Step, Undo, Workflow};
pub use schema::{Schema, SchemaError};
pub use scope::{NAMES, Outputs, Scope};
pub use template::{Condition, Hole, Template, TemplateError};

/// Most items of a fan-out.
pub const ITEMS_MAX: usize = 1_000;
/// How many goals may stand above a sub-goal.
pub const DEPTH_MAX: u32 = 5;
