//! What research does without a model: pure functions from text to evidence. And what holds a model's
//! answers to the evidence.

pub mod asked;
pub mod claims;
pub mod disagree;
pub mod duplicates;
pub mod evidence;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod measures;
pub mod numbers;
pub mod plan;
pub mod restate;
pub mod select;
pub mod shelf;
pub mod split;
pub mod twins;
pub mod verify;
pub mod weigh;
