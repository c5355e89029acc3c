//! Where the memory is.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// Where the memory across goals is. With nothing said, it is a file in the state folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A Postgres server with pgvector: one memory for the agents of all machines.
    pub postgres: Option<Postgres>,
}

impl Config {
    /// What cannot be used, all at once.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let Some(postgres) = &self.postgres else { return Vec::new() };
        let mut faults = Vec::new();
        match (&postgres.url, &postgres.url_file) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => faults.push("neither `url` nor `url_file` is given".to_owned()),
            (Some(_), Some(_)) => faults.push("both `url` and `url_file` are given".to_owned()),
        }
        let most = postgres.connections_max;
        if !(1..=CONNECTIONS_MAX).contains(&most) {
            faults.push(format!("connections_max is {most}, outside of 1 to {CONNECTIONS_MAX}"));
        }
        let fault =
            |what: String| Fault::permanent("GLY0280", format!("knowledge.postgres: {what}"));
        faults.into_iter().map(fault).collect()
    }
}

/// How to reach Postgres.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Postgres {
    /// The address: `postgres://user:password@host:5432/database`. With `?sslmode=require` nothing is
    /// said in the clear; a server that encrypts must always prove its name.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>")]
    pub url: Option<Address>,
    /// A file that holds the address, instead of `url`.
    pub url_file: Option<PathBuf>,
    /// Who else may sign the server's certificate (PEM), beside those whom browsers trust.
    pub ca_file: Option<PathBuf>,
    /// Most connections of this process; 1 to 64. Further requests wait for one.
    pub connections_max: usize,
    /// Longest time for making a connection.
    pub connect_timeout_secs: u64,
    /// Longest time for one request, waiting for a connection included.
    pub request_timeout_secs: u64,
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            ca_file: None,
            connections_max: 4,
            connect_timeout_secs: 5,
            request_timeout_secs: 10,
        }
    }
}

/// Most connections that can be configured.
const CONNECTIONS_MAX: usize = 64;

impl Postgres {
    pub(crate) fn connections_max(&self) -> usize {
        self.connections_max.clamp(1, CONNECTIONS_MAX)
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout_secs.max(1))
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_secs.max(1))
    }
}

/// An address that may hold a password: it is read, and never shown or written.
#[derive(Clone, Deserialize)]
pub struct Address(SecretString);

impl Address {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Address {
    fn from(address: &str) -> Self {
        Self(SecretString::from(address))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(an address)")
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Address {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_need_be_said() {
        let config: Config = serde_json::from_str("{}").unwrap();
        assert_eq!(config, Config::default());
        assert!(serde_json::from_str::<Config>(r#"{"postgres": {"uri": "x"}}"#).is_err());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let check = |text: &str, want: usize| {
            let config: Config = serde_json::from_str(text).unwrap();
            assert_eq!(config.check().len(), want, "{text}");
        };
        check("{}", 0);
        check(r#"{"postgres": {"url_file": "/x"}}"#, 0);
        check(r#"{"postgres": {"connections_max": 0}}"#, 2);
        check(r#"{"postgres": {"url": "x", "url_file": "/x"}}"#, 1);
    }

    #[test]
    fn an_address_is_never_shown() {
        let text = r#"{"postgres": {"url": "postgres://u:secret@h/d"}}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("secret") && shown.contains("(an address)"), "{shown}");
        let url = config.postgres.unwrap().url.unwrap();
        assert_eq!(url.expose(), "postgres://u:secret@h/d");
    }
}
