//! The token of a request: a JWT, signed with the key of a custom integration.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::Sha256;

/// For how long it holds, in seconds; Ghost takes at most five minutes.
const HOLDS: u64 = 240;

/// The key is not one of Ghost's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not an Admin API key: an id, a colon, and a secret in hexadecimal")]
pub(super) struct NoKey;

/// A token that holds from a time on, in seconds since 1970.
pub(super) fn token(key: &SecretString, now: u64) -> Result<Zeroizing<String>, NoKey> {
    let (id, secret) = key.expose_secret().split_once(':').ok_or(NoKey)?;
    let secret = bytes(secret).ok_or(NoKey)?;
    let head = json!({ "alg": "HS256", "typ": "JWT", "kid": id });
    let claims = json!({ "iat": now, "exp": now + HOLDS, "aud": "/admin/" });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).map_err(|_unfit| NoKey)?;
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Ok(Zeroizing::new(format!("{signed}.{signature}")))
}

/// The bytes that hexadecimal digits stand for.
fn bytes(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pairs =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    pairs.collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

/// Seconds since 1970, on the clock that Ghost compares with its own.
#[expect(clippy::disallowed_methods, reason = "a token holds for the real time of its request")]
pub(super) fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_for_what_and_for_how_long() {
        let key = SecretString::from("6489:00ff10".to_owned());
        let token = token(&key, 1_700_000_000).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let read = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()
        };
        assert_eq!(read(parts[0])["kid"], "6489");
        assert_eq!(read(parts[1])["aud"], "/admin/");
        assert_eq!(read(parts[1])["exp"], 1_700_000_240);
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn what_is_no_key_is_told() {
        for text in ["", "abc", "id:", "id:0", "id:xyz1", "id:üü"] {
            assert_eq!(
                token(&SecretString::from(text.to_owned()), 0).unwrap_err(),
                NoKey,
                "{text}"
            );
        }
    }
}
