//! Keys: read from files, read again when a server no longer takes them, and never shown.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::ConnectError;
use crate::config::Protocol;

/// Largest key file in bytes.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// The key of a server, if it has one.
#[derive(Debug)]
pub(super) struct Key {
    file: Option<PathBuf>,
    current: RwLock<Option<SecretString>>,
}

impl Key {
    /// Reads the file, if one is named; else `key` counts.
    pub(super) fn new(
        file: Option<&Path>,
        key: Option<SecretString>,
    ) -> Result<Self, ConnectError> {
        let read = file.map(read).transpose()?;
        Ok(Self { file: file.map(Path::to_owned), current: RwLock::new(read.or(key)) })
    }

    /// Reads the file again: whether it holds another key now.
    pub(super) fn reread(&self) -> bool {
        let Some(read) = self.file.as_deref().and_then(|file| read(file).ok()) else {
            return false;
        };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let same = current.as_ref().is_some_and(|key| key.expose_secret() == read.expose_secret());
        *current = Some(read);
        !same
    }

    /// The header that carries it; none without a key. Its value never shows in a `Debug` text.
    pub(super) fn header(
        &self,
        protocol: Protocol,
    ) -> Result<Option<(HeaderName, HeaderValue)>, ConnectError> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Some(key) = current.as_ref().map(|key| key.expose_secret()) else { return Ok(None) };
        let (name, text) = match protocol {
            Protocol::Openai | Protocol::OpenaiResponses | Protocol::Ollama => {
                let bearer = Zeroizing::new(format!("Bearer {key}"));
                (HeaderName::from_static("authorization"), bearer)
            }
            Protocol::Anthropic => {
                (HeaderName::from_static("x-api-key"), Zeroizing::new(key.to_owned()))
            }
        };
        let mut value =
            HeaderValue::from_str(&text).map_err(|error| ConnectError::Client(Box::new(error)))?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    /// A text without the key: servers repeat keys in their errors.
    pub(super) fn hide(&self, text: String) -> String {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref().map(|key| key.expose_secret()).filter(|key| !key.is_empty()) {
            Some(key) if text.contains(key) => text.replace(key, "[key]"),
            Some(_) | None => text,
        }
    }
}

fn read(path: &Path) -> Result<SecretString, ConnectError> {
    let unreadable = |cause| ConnectError::KeyFile { path: path.to_owned(), cause };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    let key = text.trim();
    if key.is_empty() {
        let empty = std::io::Error::new(std::io::ErrorKind::InvalidData, "it is empty");
        return Err(unreadable(empty));
    }
    Ok(SecretString::from(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nowhere() {
        let key = Key::new(None, Some(SecretString::from("s3cret"))).unwrap();
        let header = key.header(Protocol::Openai).unwrap();
        assert!(!format!("{key:?} {header:?}").contains("s3cret"));
        assert_eq!(key.hide("wrong key s3cret!".to_owned()), "wrong key [key]!");
    }

    #[test]
    fn a_file_counts_before_what_is_handed_in_and_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, " one\n").unwrap();
        let key = Key::new(Some(&file), Some(SecretString::from("other"))).unwrap();
        let shown = |key: &Key| key.header(Protocol::Anthropic).unwrap().unwrap().1;
        assert_eq!(shown(&key), "one");
        assert!(!key.reread(), "it holds the same");
        std::fs::write(&file, "two").unwrap();
        assert!(key.reread());
        assert_eq!(shown(&key), "two");
        std::fs::write(&file, " ").unwrap();
        assert!(!key.reread(), "an empty file is not a key");
        let error = Key::new(Some(&file), None).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}
