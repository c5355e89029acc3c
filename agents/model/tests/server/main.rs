//! The wire adapters over real HTTP, against a server that speaks the real protocols and fails in the
//! real ways.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

mod bench;
mod faults;
mod keys;
mod limits;
mod quirks;
mod replies;
mod speech;
mod tools;
