//! Who carries goals in a state folder: an operating system's lock on a file of its own.
//!
//! `galley run` works alone: its agents may read and write what its command line named, and would
//! take the tasks of other goals with that. Any number of `galley up` work side by side. The system
//! takes a lock away when its process ends, however it ends. Commands that only look or hand in take
//! none, but may ask whether anybody works.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use galley_schemas::fault::Fault;
use tokio::time::Instant;

use crate::failure::Failure;

/// How long a lock is asked for: whoever looks whether anybody works holds it for a moment.
const ASK_FOR: Duration = Duration::from_secs(1);
/// Pause between two tries.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// How a process carries goals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// `galley run`: nobody else may.
    Alone,
    /// `galley up`: beside others of its kind.
    Together,
}

/// The right to carry goals in a state folder, while this lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a state folder that is there.
    ///
    /// # Errors
    /// GLY0010 when others carry goals there and leave no room; GLY0005 when the file cannot be used.
    pub(crate) async fn take(state: &Path, share: Share) -> Result<Self, Failure> {
        let file = open(state).map_err(|error| unusable(state, &error))?;
        let asked = Instant::now();
        loop {
            match attempt(&file, share) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(unusable(state, &error)),
                Err(TryLockError::WouldBlock) if asked.elapsed() < ASK_FOR => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(TryLockError::WouldBlock) => return Err(taken(state, &file)),
            }
        }
    }
}

/// Whether anybody carries goals in a state folder now. Where that cannot be told, yes: nobody is
/// told to start what may run.
pub(crate) fn is_held(state: &Path) -> bool {
    match File::open(path(state)).map(|file| file.try_lock()) {
        Ok(Ok(())) => false,
        Ok(Err(_)) => true,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("carriers.lock")
}

fn open(state: &Path) -> io::Result<File> {
    // Never truncated: it holds nothing, and somebody may have it open.
    OpenOptions::new().create(true).truncate(false).write(true).open(path(state))
}

fn attempt(file: &File, share: Share) -> Result<(), TryLockError> {
    match share {
        Share::Alone => file.try_lock(),
        Share::Together => file.try_lock_shared(),
    }
}

fn taken(state: &Path, file: &File) -> Failure {
    // What lets others in beside it is a `galley up`.
    let by = if file.try_lock_shared().is_ok() { "galley up" } else { "galley run" };
    let message = format!("a {by} works in {} already", state.display());
    let hint = match by {
        "galley up" => "hand the goal to it: galley submit; or name another folder with --state",
        _ => "wait for its end, or name another folder with --state",
    };
    Fault::permanent("GLY0010", message).hint(hint).into()
}

fn unusable(state: &Path, error: &io::Error) -> Failure {
    let message = format!("the state folder {} cannot be locked", state.display());
    let hint = "name a folder with --state that you may write in, on a file system that has locks";
    Fault::permanent("GLY0005", message).hint(hint).because(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn code(state: &Path, share: Share) -> Option<String> {
        let taken = Lock::take(state, share).await;
        taken.err().map(|failure| failure.faults[0].code.clone())
    }

    #[tokio::test]
    async fn one_alone_or_many_together() {
        let state = tempfile::tempdir().unwrap();
        let state = state.path();
        assert!(!is_held(state), "nobody ever worked");
        let alone = Lock::take(state, Share::Alone).await.unwrap();
        assert!(is_held(state));
        assert_eq!(code(state, Share::Alone).await.as_deref(), Some("GLY0010"));
        assert_eq!(code(state, Share::Together).await.as_deref(), Some("GLY0010"));
        drop(alone);
        assert!(!is_held(state));
        let first = Lock::take(state, Share::Together).await.unwrap();
        let _second = Lock::take(state, Share::Together).await.unwrap();
        drop(first);
        assert_eq!(code(state, Share::Alone).await.as_deref(), Some("GLY0010"));
    }

    #[tokio::test]
    async fn a_folder_that_takes_no_lock_is_told() {
        let state = Path::new("/dev/null");
        assert_eq!(code(state, Share::Alone).await.as_deref(), Some("GLY0005"));
    }
}
