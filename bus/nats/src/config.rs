//! How to reach NATS, and what to expect of it.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to reach NATS, and what to expect of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses of servers, `nats://host:port` or `tls://host:port`. One that answers is enough: it
    /// names the others of its cluster.
    pub servers: Vec<String>,
    /// What this connection is called in the server's lists and logs.
    pub name: String,
    /// A credentials file (`.creds`): a user's JWT and its seed.
    pub credentials_file: Option<PathBuf>,
    /// A file with an NKey seed (`SU…`).
    pub nkey_file: Option<PathBuf>,
    /// A user, with `password_file`.
    pub user: Option<String>,
    /// A file with the user's password.
    pub password_file: Option<PathBuf>,
    /// Encryption, and whom to trust.
    pub tls: Tls,
    /// Where answers come in: a user that may subscribe below one prefix only names it here.
    pub inbox_prefix: String,
    /// Longest time for making the connection.
    pub connect_timeout_secs: u64,
    /// Longest wait for one answer of the server.
    pub request_timeout_secs: u64,
    /// Longest pause between two tries to connect again; the first pauses are shorter. A lost
    /// connection is tried again for ever.
    pub reconnect_pause_max_ms: u64,
    /// On how many servers of a cluster everything is kept: 1 or 3. `galley bus init` makes it so.
    pub replicas: usize,
    /// The server's monitoring address, `http://host:8222`. A client is not told when the server
    /// writes to the disk; this is asked for it.
    pub monitor: Option<String>,
    /// Refuses a server that does not survive a loss of power: one that does not write to the disk
    /// before it answers, does not say so (see `monitor`), or keeps fewer replicas than wanted.
    pub strict_durability: bool,
    /// What to do about a consumer or a bucket that is not there.
    pub missing: Missing,
}

/// Encryption, and whom to trust.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Never speak in the clear, also when the server would.
    pub required: bool,
    /// Encrypt from the first byte, for servers with `handshake_first`.
    pub first: bool,
    /// Who signed the server's certificate (PEM); the machine's list when absent.
    pub ca_file: Option<PathBuf>,
    /// This client's certificate (PEM), with `key_file`.
    pub cert_file: Option<PathBuf>,
    /// The key of this client's certificate (PEM).
    pub key_file: Option<PathBuf>,
}

/// What to do about a consumer or a bucket that is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Say that `galley bus init` makes it. Needs no right to make anything.
    #[default]
    Refuse,
    /// Make it when it is first used: for a server of one's own, and for tests.
    Create,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: vec!["nats://127.0.0.1:4222".to_owned()],
            name: "galley".to_owned(),
            credentials_file: None,
            nkey_file: None,
            user: None,
            password_file: None,
            tls: Tls::default(),
            inbox_prefix: "_INBOX".to_owned(),
            connect_timeout_secs: 5,
            request_timeout_secs: 5,
            reconnect_pause_max_ms: 2_000,
            replicas: 1,
            monitor: None,
            strict_durability: false,
            missing: Missing::default(),
        }
    }
}

impl Config {
    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout_secs.max(1))
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_secs.max(1))
    }

    /// The pause before a try: doubled from 20 ms up to the bound.
    pub(crate) fn reconnect_pause(most_ms: u64, tries: usize) -> Duration {
        let doubled = 20_u64.saturating_mul(1 << tries.min(16));
        Duration::from_millis(doubled.min(most_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_need_be_said() {
        let config: Config = serde_json::from_str("{}").unwrap();
        assert_eq!(config, Config::default());
        assert!(serde_json::from_str::<Config>(r#"{"server": "x"}"#).is_err());
    }

    #[test]
    fn pauses_grow_up_to_the_bound() {
        let pauses = [0, 1, 3, 60].map(|tries| Config::reconnect_pause(2_000, tries).as_millis());
        assert_eq!(pauses, [20, 40, 160, 2_000]);
    }
}
