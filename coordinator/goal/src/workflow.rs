//! The workflow language: parsed, checked, evaluated.
//!
//! ```text
//!   YAML ─▶ Workflow::parse ─▶ Parsed ─▶ check(agents' cards) ─▶ a goal runs on it
//!                                │
//!                                └─▶ Workflow { steps, each with Templates and Conditions }
//! ```
//!
//! # The language
//!
//! A workflow is a YAML file of at most 64 KiB with four keys.
//!
//! | key | |
//! |---|---|
//! | `workflow` | its name |
//! | `input` | JSON Schema of a goal's input; `default`s are filled in; any object unless given |
//! | `budget` | `{usd, tokens, calls, wall}`, the most that a goal may use: [`BUDGET`] unless given |
//! | `steps` | the steps by name, at most [`STEPS_MAX`]; a name is a word that an expression can read |
//!
//! A step does exactly one thing.
//!
//! | key | what it does, and the step's output |
//! |---|---|
//! | `agent: kind` | hands a task to an agent; what the agent gives |
//! | `approval: {by, quorum}` | shows `with` to people; `{approved, value, by, note}` |
//! | `goal: workflow` | submits a sub-goal; what that goal gives |
//! | `wait: {until \| for, signal}` | waits for a time, a span, a signal, or the first of them; what the signal carried, else `null` |
//!
//! | common key | | unless given |
//! |---|---|---|
//! | `with` | its input, with `${…}` in it | `{}` |
//! | `when` | left out (its output is `null`) when this is false | always done |
//! | `each` | one task per item of this list, at most [`ITEMS_MAX`]; `item` and `index` in `with`; the output is the list of outputs | one task |
//! | `at_most` | how many tasks of a fan-out are out at once | [`AT_MOST`] |
//! | `after` | steps to wait for, besides those that it refers to | none |
//! | `retry: {times, first, factor, most}` | attempts in all, and the delays between them | [`RETRY`] |
//! | `within` | how long an attempt, approval, sub-goal or wait may take | [`WITHIN_AGENT`], [`WITHIN_APPROVAL`], [`WITHIN_GOAL`], [`WITHIN_WAIT`] |
//! | `allowance` | `{usd, tokens, calls, wall}`, the most that an attempt may use | [`ALLOWANCE`] for agents |
//! | `revise: {from, when, rounds}` | again from an earlier step, while a condition on its output holds; at most [`ROUNDS_MAX`] rounds | once |
//! | `undo: {agent, with}` | what undoes it when the goal fails or is cancelled later; its own name stands for the output that is undone | nothing |
//! | `otherwise` | `fail`, `{go: value}`, and for an approval that nobody answers `reject` or `approve` | `fail` |
//!
//! Order follows references and `after`; what is written below an approval waits for it. Durations
//! are `500ms`, `90s`, `1h30m`, `7d`. Expressions are CEL on `input`, `goal` (`id`, `workflow`,
//! `autonomy`, `by`) and the outputs of steps; what is absent reads as `null`.
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
