//! What a step costs in Galley, beside what the server alone needs for it: in one run, on one machine,
//! on the same server.
//!
//! ```text
//!   args · bench · table    what is asked for, what is run, what is shown
//!   shape · meter           what goals look like; running them in a closed loop, and measuring
//!   floor                   the bare operations, by NATS's own client
//!   world · agents          the real coordinators and agent loops, with agents that do nothing
//!   counted                 what is asked of a bus
//!   live                    memory and restart with very many live goals
//!   server · machine        a server of the run's own; what the machine says of itself
//! ```
//!
//! Nothing here asserts a time: figures depend on the machine. What is asserted is that counts add up.

pub mod agents;
pub mod args;
pub mod bench;
pub mod counted;
pub mod floor;
pub mod live;
pub mod machine;
pub mod meter;
pub mod server;
pub mod shape;
pub mod stats;
pub mod table;
pub mod world;
