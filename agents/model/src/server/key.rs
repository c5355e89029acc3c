//! Keys: read from files, read again when a server no longer takes them, and never shown.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::ConnectError;
use crate::config::Protocol;

/// Largest key file in bytes.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// Shortest key that is looked for in texts: a shorter one is a word that stands for no key.
const KEY_BYTES_MIN: usize = 6;

/// The key of a server, if it has one.
#[derive(Debug)]
pub(super) struct Key {
    file: Option<PathBuf>,
    current: RwLock<Current>,
}

#[derive(Debug)]
struct Current {
    key: Option<SecretString>,
    /// The one before: an answer to a request that carried it may still be out.
    before: Option<SecretString>,
    /// How often it was changed.
    edition: u64,
}

impl Key {
    /// Reads the file, if one is named; else `key` counts.
    pub(super) fn new(
        file: Option<&Path>,
        key: Option<SecretString>,
    ) -> Result<Self, ConnectError> {
        let read = file.map(read).transpose()?;
        let current = Current { key: read.or(key), before: None, edition: 0 };
        Ok(Self { file: file.map(Path::to_owned), current: RwLock::new(current) })
    }

    /// Which of the keys that were read counts now.
    pub(super) fn edition(&self) -> u64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).edition
    }

    /// Reads the file again, unless that was done since `edition`: whether another key counts now.
    pub(super) fn reread(&self, edition: u64) -> bool {
        let Some(file) = self.file.as_deref() else { return false };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.edition != edition {
            return true;
        }
        let Ok(read) = read(file) else { return false };
        let known = current.key.as_ref().map(ExposeSecret::expose_secret);
        if known == Some(read.expose_secret()) {
            return false;
        }
        let before = current.key.take();
        *current = Current { key: Some(read), before, edition: edition.wrapping_add(1) };
        true
    }

    /// The header that carries it; none without a key. Its value never shows in a `Debug` text.
    pub(super) fn header(
        &self,
        protocol: Protocol,
    ) -> Result<Option<(HeaderName, HeaderValue)>, ConnectError> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Some(key) = current.key.as_ref().map(ExposeSecret::expose_secret) else {
            return Ok(None);
        };
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
        let keys = [&current.key, &current.before].into_iter().flatten();
        let keys = keys.map(ExposeSecret::expose_secret).filter(|key| key.len() >= KEY_BYTES_MIN);
        keys.fold(text, |text, key| text.replace(key, "[key]"))
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
        std::fs::write(&file, " number one\n").unwrap();
        let key = Key::new(Some(&file), Some(SecretString::from("other"))).unwrap();
        let shown = |key: &Key| key.header(Protocol::Anthropic).unwrap().unwrap().1;
        assert_eq!(shown(&key), "number one");
        assert!(!key.reread(0), "it holds the same");
        std::fs::write(&file, "number two").unwrap();
        assert!(key.reread(0));
        assert_eq!((shown(&key), key.edition()), (HeaderValue::from_static("number two"), 1));
        assert!(key.reread(0), "another call read it meanwhile");
        assert_eq!(key.hide("not number one, not number two".to_owned()), "not [key], not [key]");
        std::fs::write(&file, " ").unwrap();
        assert!(!key.reread(1), "an empty file is not a key");
        let error = Key::new(Some(&file), None).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}
