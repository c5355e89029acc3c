//! What people read: pure functions from views and records to text, and the live display.

pub(crate) mod explain;
pub(crate) mod live;
pub(crate) mod status;
pub(crate) mod words;
