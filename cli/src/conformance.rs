//! Whether an agent keeps the contract: any agent of a kind, in any language, over a real bus.
//!
//! ```text
//!   stand_in   a coordinator's place: hands out offers, answers reports, hears what is settled
//!   course     what an agent said and settled about one offer
//!   ledger     the outside writes that it announced, as a goal's log would have them
//!   trials     what is tried: an offer, answers as no honest day has them, and what follows
//!   contract   what is promised, a check for each promise, and what was found
//! ```
//!
//! An agent is seen from outside only: what it reports, and what it settles, which on NATS are
//! messages of their own. What it does to the outside world is seen as far as it announces it. This
//! must never know in which language an agent is written, or what its kind does.

mod contract;
mod course;
mod ledger;
mod stand_in;
mod trials;

pub(crate) use contract::{Check, Finding, Outcome};
pub(crate) use stand_in::{Occupied, Sample, StandIn};
pub(crate) use trials::run;
