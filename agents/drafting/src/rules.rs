//! What drafting does without a model, and what it holds a model to. Pure: no I/O, no clock.

mod attribution;
mod book;
pub(crate) mod cite;
mod compose;
mod digest;
mod fitness;
mod frame;
mod gather;
pub(crate) mod ground;
mod plan;
pub(crate) mod revise;
pub(crate) mod text;
mod voice;

#[cfg(test)]
mod laws;
#[cfg(test)]
pub(crate) mod sample;

pub(crate) use compose::Quoter;
pub(crate) use digest::{Asked, digest};
pub(crate) use gather::sources as sources_of;
