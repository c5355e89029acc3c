//! What holds the Helm chart to its rules.
//!
//! ```text
//!   tools     the programs, at the versions of deploy/services/tools
//!   chart     the chart's value files, and what they render to
//!   schemas   JSON Schemas of every kind of object, from the sources of those who define them
//!   cluster   a real API server with controllers and a scheduler; kwok plays the nodes
//! ```
//!
//! Where a program cannot be had, a test says so and passes; with `GALLEY_REQUIRE_SERVICES=1`, as in CI, it fails.

#![expect(clippy::missing_panics_doc, reason = "in tests, a panic is the report")]

pub mod chart;
pub mod cluster;
pub mod schemas;
pub mod tools;
