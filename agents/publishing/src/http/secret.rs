//! A key in a file: read when it is used, so that a changed one counts at once, and never shown.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use crate::target::Trouble;

/// Largest key file in bytes.
const KEY_BYTES_MAX: u64 = 64 * 1024;
/// Shortest key that is looked for in texts: a shorter one is a word that stands for no key.
const HIDDEN_BYTES_MIN: usize = 6;

/// A key in a file.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    path: PathBuf,
}

impl Secret {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The key, without white space around it.
    ///
    /// # Errors
    /// [`Trouble::Key`].
    pub(crate) fn read(&self) -> Result<SecretString, Trouble> {
        let unreadable = |cause| Trouble::Key { path: self.path.clone(), cause };
        let file = std::fs::File::open(&self.path).map_err(unreadable)?;
        let mut text = Zeroizing::new(String::new());
        file.take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
        if text.trim().is_empty() {
            let empty = std::io::Error::new(std::io::ErrorKind::InvalidData, "it is empty");
            return Err(unreadable(empty));
        }
        Ok(SecretString::from(text.trim().to_owned()))
    }

    /// A text without the key: servers repeat keys in their errors.
    pub(crate) fn hide(&self, text: &str) -> String {
        match self.read() {
            Ok(key) if key.expose_secret().len() >= HIDDEN_BYTES_MIN => {
                text.replace(key.expose_secret(), "[key]")
            }
            Ok(_) | Err(_) => text.to_owned(),
        }
    }
}
