//! Keys of engines: read from files, never shown.

use std::io::Read as _;
use std::path::Path;

use reqwest::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::error::EngineError;

/// Largest key file in bytes.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// A key from a file, as a header's value that shows in no `Debug` text.
#[derive(Debug)]
pub(super) struct Key(SecretString);

impl Key {
    /// Reads the file.
    pub(super) fn read(engine: &str, path: &Path) -> Result<Self, EngineError> {
        let unreadable = |cause| EngineError::KeyFile {
            engine: engine.to_owned(),
            path: path.to_owned(),
            cause,
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut text = Zeroizing::new(String::new());
        file.take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
        let key = text.trim();
        if key.is_empty() || HeaderValue::from_str(key).is_err() {
            let what = "it holds no key";
            return Err(unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, what)));
        }
        Ok(Self(SecretString::from(key.to_owned())))
    }

    /// As a header's value, after `scheme`.
    pub(super) fn header(&self, scheme: &str) -> HeaderValue {
        let text = Zeroizing::new(format!("{scheme}{}", self.0.expose_secret()));
        let mut value =
            HeaderValue::from_str(&text).expect("the key was tried as a header when it was read");
        value.set_sensitive(true);
        value
    }

    /// As it is, for a client that makes its own header of it.
    pub(super) fn text(&self) -> &str {
        self.0.expose_secret()
    }

    /// A text without the key: servers repeat keys in their errors.
    pub(super) fn hide(&self, text: &str) -> String {
        text.replace(self.0.expose_secret(), "[key]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nowhere_and_an_empty_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, " s3cret\n").unwrap();
        let key = Key::read("e", &file).unwrap();
        assert_eq!(key.header("Bearer "), "Bearer s3cret");
        assert!(!format!("{key:?} {:?}", key.header("")).contains("s3cret"));
        assert_eq!(key.hide("no s3cret here"), "no [key] here");
        for text in ["", " \n", "two\nlines"] {
            std::fs::write(&file, text).unwrap();
            let error = Key::read("e", &file).unwrap_err();
            assert_eq!(error.fault().code.as_str(), "GLY0448");
        }
        assert!(Key::read("e", Path::new("/nonexistent")).is_err());
    }
}
