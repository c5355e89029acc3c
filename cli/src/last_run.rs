//! Which goal `galley run` began last in a state folder, and what it may read: written before the
//! goal is handed in, so that `galley run --resume` goes on whatever was cut off. It hands the goal
//! in again when it is not known: under the same id it is the same goal.

use std::path::{Path, PathBuf};

use galley_schemas::id::GoalId;
use serde::{Deserialize, Serialize};

use crate::command::submit::Wish;

/// What `galley run` began last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LastRun {
    /// The goal.
    pub(crate) goal: GoalId,
    /// What it was asked for.
    pub(crate) wish: Wish,
    /// The folders that were named as its sources, and so may be read.
    pub(crate) roots: Vec<PathBuf>,
    /// The folder of the site it goes to.
    pub(crate) site: PathBuf,
}

fn file(state: &Path) -> PathBuf {
    state.join("last-run.json")
}

/// Keeps it, whole or not at all.
pub(crate) fn keep(state: &Path, run: &LastRun) -> std::io::Result<()> {
    let making = file(state).with_extension("json.making");
    std::fs::write(&making, serde_json::to_vec(run)?)?;
    std::fs::rename(&making, file(state))
}

/// What was kept; none when nothing was, or it cannot be read.
pub(crate) fn read(state: &Path) -> Option<LastRun> {
    let bytes = std::fs::read(file(state)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use galley_schemas::input::Autonomy;

    use super::*;

    #[test]
    fn what_is_kept_is_read_and_the_last_one_counts() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(read(state.path()), None);
        let mut run = LastRun {
            goal: "01a202bd-fa81-703f-896b-ff350c5a3517".parse().unwrap(),
            wish: Wish {
                workflow: "article".to_owned(),
                input: serde_json::json!({ "topic": "Bees" }),
                budget_usd: None,
                autonomy: Autonomy::Full,
            },
            roots: vec![PathBuf::from("/docs")],
            site: PathBuf::from("site"),
        };
        keep(state.path(), &run).unwrap();
        run.roots.clear();
        keep(state.path(), &run).unwrap();
        assert_eq!(read(state.path()), Some(run));
    }
}
