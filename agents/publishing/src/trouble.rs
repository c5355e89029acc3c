//! Why a target could not be written or asked.

use galley_schemas::fault::Fault;

/// Why a target could not be written or asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// It was asked for something that it does not take.
    #[error("{target} refused with status {status}: {message}")]
    Refused {
        /// The target, for people.
        target: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// It does not take the key.
    #[error("{target} does not take the key of {key}: {message}")]
    Unauthorised {
        /// The target, for people.
        target: String,
        /// The file of the key.
        key: String,
        /// What it said.
        message: String,
    },
    /// It takes nothing now.
    #[error("{target} is busy (status {status})")]
    Busy {
        /// The target, for people.
        target: String,
        /// The HTTP status.
        status: u16,
    },
    /// Nothing was sent: no connection.
    #[error("{target} cannot be reached")]
    Unreachable {
        /// The target, for people.
        target: String,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something was sent, and no usable answer came.
    #[error("{target} gave no usable answer: {what}")]
    Unheard {
        /// The target, for people.
        target: String,
        /// What came instead.
        what: String,
    },
    /// The file of a key cannot be read.
    #[error("the key in {} cannot be read", path.display())]
    Key {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The article, or how it is to stand, is nothing that the target can take.
    #[error("{target} cannot take it: {why}")]
    Unfit {
        /// The target, for people.
        target: String,
        /// Why not.
        why: String,
    },
    /// A program that the target needs failed.
    #[error("{what}: {said}")]
    Program {
        /// What was tried.
        what: String,
        /// What the program said.
        said: String,
        /// Whether what was tried may have come about all the same.
        unsure: bool,
    },
    /// The folder of the site.
    #[error(transparent)]
    Site(#[from] crate::targets::site::SiteError),
}

impl Trouble {
    /// Whether the write may have happened all the same.
    pub(crate) const fn may_have_happened(&self) -> bool {
        match self {
            Self::Unheard { .. } | Self::Site(_) => true,
            Self::Program { unsure, .. } => *unsure,
            Self::Refused { .. }
            | Self::Unauthorised { .. }
            | Self::Busy { .. }
            | Self::Unreachable { .. }
            | Self::Key { .. }
            | Self::Unfit { .. } => false,
        }
    }

    /// As the coordinator and people are told.
    pub(crate) fn fault(&self) -> Fault {
        let text = self.to_string();
        match self {
            Self::Refused { .. } => Fault::permanent("GLY0710", text)
                .hint("read what it said; mend the target's settings or the article"),
            Self::Unauthorised { .. } => Fault::permanent("GLY0711", text)
                .hint("put a valid key with the rights to publish into the file"),
            Self::Busy { .. } | Self::Unreachable { .. } | Self::Unheard { .. } => {
                Fault::transient("GLY0712", text)
                    .hint("check that the target is up and its address is right")
            }
            Self::Key { .. } => Fault::permanent("GLY0713", text)
                .hint("mount the file, and let the process read it"),
            Self::Unfit { .. } => Fault::permanent("GLY0714", text),
            Self::Program { .. } => Fault::transient("GLY0716", text),
            Self::Site(error) => return error.fault(),
        }
        .because(self)
    }
}
