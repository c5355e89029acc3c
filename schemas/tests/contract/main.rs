//! The published contract is what the types say, old messages stay readable, and the small types
//! keep their laws.
#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod goldens;
