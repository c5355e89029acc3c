//! What `bin/crash_writer` and the test that kills it have in common.

use std::collections::{BTreeMap, BTreeSet};

use galley_bus_core::BoxError;
use galley_bus_core::topology::Consumer;

use crate::samples;

/// The bucket that it puts to.
pub const BUCKET: &str = "crash";

/// Consumer `a` has what was published, `b` the alarms that went off. Their loans last for a minute,
/// which no test waits for: so a loan of a process that was killed must come back earlier.
#[must_use]
pub fn consumer(kind: &str) -> Consumer {
    samples::consumer(kind)
}

/// What the process said was acknowledged.
#[derive(Debug, Default)]
pub struct Acknowledged {
    /// Records: goal, place and cause.
    pub appended: Vec<(String, u64, String)>,
    /// Messages published.
    pub published: BTreeSet<String>,
    /// Messages about to be settled: they may be, or not.
    pub settling: BTreeSet<String>,
    /// Messages settled.
    pub settled: BTreeSet<String>,
    /// The last number put, by key.
    pub put: BTreeMap<String, u64>,
    /// Artifacts by hash.
    pub stored: Vec<String>,
    /// Alarms.
    pub armed: BTreeSet<String>,
}

impl Acknowledged {
    /// Takes in a line.
    ///
    /// # Errors
    /// When it is none of those that the process writes.
    pub fn read(&mut self, line: &str) -> Result<(), BoxError> {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["appended", goal, seq, cause] => {
                self.appended.push(((*goal).to_owned(), seq.parse()?, (*cause).to_owned()));
            }
            ["published", id] => drop(self.published.insert((*id).to_owned())),
            ["settling", id] => drop(self.settling.insert((*id).to_owned())),
            ["settled", id] => drop(self.settled.insert((*id).to_owned())),
            ["put", key, number] => {
                self.put.insert((*key).to_owned(), number.parse()?);
            }
            ["stored", sha256] => self.stored.push((*sha256).to_owned()),
            ["armed", id] => drop(self.armed.insert((*id).to_owned())),
            _ => return Err(format!("not a line of crash_writer: {line:?}").into()),
        }
        Ok(())
    }
}
