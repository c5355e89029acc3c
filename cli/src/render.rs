//! What people read: pure functions from views and records to lines, and the live display.
//!
//! ```text
//!   text: lines, tones, widths     words: numbers, times, names     digest: values in a few words
//!   history: what a log says of its steps     step ─▶ status, frame ─▶ live
//!   events ─▶ explain     proof, fault, ended, doctor, workflow, conformance: pages of their own
//! ```

pub(crate) mod conformance;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod ended;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod fault;
pub(crate) mod frame;
pub(crate) mod history;
pub(crate) mod live;
pub(crate) mod proof;
pub(crate) mod status;
pub(crate) mod step;
pub(crate) mod text;
pub(crate) mod words;
pub(crate) mod workflow;

/// When and how wide something is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    /// The moment.
    pub(crate) now: chrono::DateTime<chrono::Utc>,
    /// How many columns there are: lists are cut there.
    pub(crate) columns: usize,
    /// How wide running text is: it is wrapped there.
    pub(crate) prose: usize,
}

#[cfg(test)]
mod tests;
