//! Keys: pairs of an Ed25519 seed, which stays with whoever it is of, and a public key, which names it.

use std::fmt;

use nkeys::{KeyPair, KeyPairType};

/// What a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOf {
    /// Whoever signs accounts.
    Operator,
    /// An account, which signs its users.
    Account,
    /// A user.
    User,
}

impl fmt::Display for KeyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Operator => "an operator",
            Self::Account => "an account",
            Self::User => "a user",
        })
    }
}

/// Not the seed of such a key.
#[derive(Debug, thiserror::Error)]
#[error("{path} holds no seed of {of}")]
pub struct InvalidKey {
    /// Where it lies.
    pub path: String,
    /// What it should be a key of.
    pub of: KeyOf,
}

/// A key with its seed. What is shown of it is public.
pub struct Key(KeyPair);

impl Key {
    /// A new one, from the machine's randomness.
    #[must_use]
    pub fn make(of: KeyOf) -> Self {
        Self(match of {
            KeyOf::Operator => KeyPair::new_operator(),
            KeyOf::Account => KeyPair::new_account(),
            KeyOf::User => KeyPair::new_user(),
        })
    }

    /// The key of a seed, or of the seed in a credentials file, that lies at a path.
    ///
    /// # Errors
    /// There is no seed of such a key in it.
    pub fn read(of: KeyOf, path: &str, text: &str) -> Result<Self, InvalidKey> {
        let seed = text.lines().map(str::trim).find(|line| line.starts_with('S'));
        let pair = seed.and_then(|seed| KeyPair::from_seed(seed).ok());
        let wanted = match of {
            KeyOf::Operator => KeyPairType::Operator,
            KeyOf::Account => KeyPairType::Account,
            KeyOf::User => KeyPairType::User,
        };
        let invalid = || InvalidKey { path: path.to_owned(), of };
        let pair = pair.filter(|pair| pair.key_pair_type() == wanted).ok_or_else(invalid)?;
        Ok(Self(pair))
    }

    /// Its name.
    #[must_use]
    pub fn public(&self) -> String {
        self.0.public_key()
    }

    /// Its secret.
    #[must_use]
    pub fn seed(&self) -> String {
        self.0.seed().expect("a pair that is made or read here has its seed")
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).expect("a pair that is made or read here has its seed")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.public()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_read_back_as_the_same_key_and_as_no_other_kind() {
        for (of, other) in [
            (KeyOf::Operator, KeyOf::Account),
            (KeyOf::Account, KeyOf::User),
            (KeyOf::User, KeyOf::Operator),
        ] {
            let key = Key::make(of);
            let text = format!("{}\n", key.seed());
            assert_eq!(Key::read(of, "a", &text).unwrap().public(), key.public());
            assert!(Key::read(other, "a", &text).is_err());
            assert!(!format!("{key:?}").contains(&key.seed()));
        }
        assert!(Key::read(KeyOf::User, "a", "").is_err());
    }
}
