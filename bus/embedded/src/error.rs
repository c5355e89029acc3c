//! How the file fails: when it is opened, and later.

use std::path::PathBuf;
use std::sync::Arc;

use galley_bus_core::Unreachable;
use galley_schemas::fault::Fault;
use rusqlite::ErrorCode;

/// Why the file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is a file of something else.
    #[error("{} is not a Galley file", path.display())]
    NotGalley {
        /// The file.
        path: PathBuf,
    },
    /// A newer version wrote it.
    #[error("{} has format {found}; this version knows up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The folder cannot be made, or nothing can be written in it.
    #[error("{} cannot be written", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// SQLite refused.
    #[error("{} cannot be opened", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: StorageError,
    },
}

impl OpenError {
    /// The failure as a person meets it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let (code, hint) = match self {
            Self::NotGalley { .. } => {
                ("GLY0201", "choose another path; the file was left as it is")
            }
            Self::Newer { .. } => {
                ("GLY0202", "use the version of Galley that wrote it, or a newer one")
            }
            Self::NotWritable { .. } => ("GLY0203", "choose a folder that you may write in"),
            Self::Storage { cause, .. } => (cause.code(), cause.hint()),
        };
        let retryable = matches!(self, Self::Storage { cause: StorageError::Busy(_), .. });
        let mut fault = Fault::permanent(code, self.to_string()).hint(hint);
        fault.retryable = retryable;
        match std::error::Error::source(self) {
            Some(cause) => fault.because(cause),
            None => fault,
        }
    }
}

/// Why SQLite did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// No space left.
    #[error("the disk is full")]
    Full(#[source] Arc<rusqlite::Error>),
    /// Another process kept the lock for longer than we wait.
    #[error("another process kept the file locked")]
    Busy(#[source] Arc<rusqlite::Error>),
    /// May not be written.
    #[error("the file may not be written")]
    ReadOnly(#[source] Arc<rusqlite::Error>),
    /// The disk took no more: a limit on size, a quota, or a fault of the device.
    #[error("the disk did not take what was written")]
    NotTaken(#[source] Arc<rusqlite::Error>),
    /// What is on the disk makes no sense.
    #[error("the file is damaged")]
    Damaged(#[source] Arc<rusqlite::Error>),
    /// Anything else.
    #[error("SQLite failed")]
    Failed(#[source] Arc<rusqlite::Error>),
    /// It was closed, here.
    #[error("the file was closed")]
    Closed,
}

impl StorageError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Full(_) => "GLY0204",
            Self::Busy(_) => "GLY0205",
            Self::ReadOnly(_) => "GLY0203",
            Self::Damaged(_) => "GLY0206",
            Self::NotTaken(_) => "GLY0208",
            Self::Failed(_) | Self::Closed => "GLY0207",
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Full(_) => "make space on the disk and start again; nothing confirmed is lost",
            Self::Busy(_) => "close the program that holds the file open, such as a backup",
            Self::ReadOnly(_) => "choose a file and a folder that you may write in",
            Self::NotTaken(_) => {
                "look at quotas, limits on file size and the disk's health; nothing confirmed is lost"
            }
            Self::Damaged(_) => "restore the file from a backup; keep the damaged one for a rescue",
            Self::Failed(_) | Self::Closed => "start again; if it stays, report it with its causes",
        }
    }

    /// As every port reports it.
    pub(crate) fn unreachable(self, what: impl Into<String>) -> Unreachable {
        Unreachable { what: what.into(), cause: Box::new(self) }
    }
}

/// How SQLite says that a write, a sync or making a file longer failed with room on the disk:
/// SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE and _DIR_FSYNC (sqlite.org/rescode.html).
const NOT_TAKEN: [std::ffi::c_int; 5] = [778, 1034, 1546, 4874, 1290];

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let extended = error.sqlite_error().map(|error| error.extended_code);
        let cause = Arc::new(error);
        if extended.is_some_and(|code| NOT_TAKEN.contains(&code)) {
            return Self::NotTaken(cause);
        }
        match code {
            Some(ErrorCode::DiskFull) => Self::Full(cause),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(cause),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(cause),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(cause),
            // SQLite's own list of codes; whatever it adds is a failure like these.
            Some(_) | None => Self::Failed(cause),
        }
    }
}
