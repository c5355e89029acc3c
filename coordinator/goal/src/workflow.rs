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

mod bounds;
mod model;

mod expr;
mod scope;
mod template;

mod diagnostic;
mod document;
mod duration;
mod pointer;
mod reader;
mod schema;

mod order;
mod parse;
mod uses;

mod admit;
mod check;
mod picture;

pub use admit::{Misfit, Refusal};
pub use bounds::{
    ALLOWANCE, AT_MOST, AT_MOST_MAX, BUDGET, DEPTH_MAX, ITEMS_MAX, QUORUM_MAX, RETRY, ROUNDS_MAX,
    STEPS_MAX, TIMES_MAX, WITHIN_AGENT, WITHIN_APPROVAL, WITHIN_GOAL, WITHIN_WAIT,
};
pub use diagnostic::{Diagnostic, Rule};
pub use document::YAML_BYTES_MAX;
pub use duration::{DURATION_MAX, DurationError, parse_duration};
pub use expr::{EXPRESSION_BYTES_MAX, EvalError, Expression, ExpressionError, Reference, Segment};
pub use model::{Action, Otherwise, Retry, Revise, Step, Undo, Workflow};
pub use parse::Parsed;
pub use schema::{Schema, SchemaError};
pub use scope::{NAMES, Outputs, Scope};
pub use template::{Condition, Hole, Template, TemplateError};
