//! Chance that a seed decides: the port of chance of one process.

use std::sync::{Mutex, PoisonError};

use galley_bus_core::clock::Chance;
use galley_tests_support::dice::Dice;

/// Chance from the numbers of a seed.
#[derive(Debug)]
pub struct Drawn(Mutex<Dice>);

impl Drawn {
    /// Chance from these numbers.
    #[must_use]
    pub const fn new(dice: Dice) -> Self {
        Self(Mutex::new(dice))
    }
}

impl Chance for Drawn {
    fn fill(&self, buffer: &mut [u8]) {
        let mut dice = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            let bytes = dice.roll().to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(bytes) {
                *to = from;
            }
        }
    }
}
