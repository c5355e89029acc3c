//! What ideation does without a model: pure functions from documents to an outline.

pub mod facets;
pub mod headings;
pub mod outline;
pub mod phrases;
pub mod proposal;
pub mod reading;
pub mod themes;
pub mod titles;
pub mod topic;
