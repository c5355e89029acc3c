//! Telling people that nothing can be written.

use galley_bus_core::chain;

use crate::error::StorageError;

/// How long nothing could be written. Whoever asked tries again, so this is told to people: at the
/// first failure, then ever more sparsely, and when it is over.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u64,
}

impl Trouble {
    /// Takes note of what came of a commit.
    pub(super) fn note(&mut self, committed: Result<(), StorageError>) {
        let Err(error) = committed else {
            if self.failures > 0 {
                tracing::info!(failures = self.failures, "writing works again");
                self.failures = 0;
            }
            return;
        };
        self.failures = self.failures.saturating_add(1);
        let failures = self.failures;
        if is_told(failures) {
            let (code, help, error) = (error.code(), error.hint(), chain(&error));
            tracing::error!(%code, %error, failures, help, "nothing can be written");
        }
    }
}

/// Whether this failure in a row is told: the first, the 16th, the 256th, then every 4,096th.
const fn is_told(failures: u64) -> bool {
    matches!(failures, 1 | 16 | 256) || failures.is_multiple_of(4_096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_are_told_at_once_and_then_sparsely() {
        let told = |to: u64| (1..=to).filter(|failures| is_told(*failures)).count();
        assert_eq!((told(1), told(15), told(16), told(1_000), told(100_000)), (1, 1, 2, 3, 27));
        let mut trouble = Trouble::default();
        trouble.note(Err(StorageError::Closed));
        assert_eq!(trouble.failures, 1);
        trouble.note(Ok(()));
        assert_eq!(trouble.failures, 0);
    }
}
