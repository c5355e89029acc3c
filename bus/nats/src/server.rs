//! What kind of server this is: its version, whether it has JetStream, and what an answer of it is
//! worth.
//!
//! A client is told the version and whether there is JetStream. It is not told when the server writes
//! to the disk: that stands in the server's monitoring (`/varz`, which has no login and so is not
//! open to everybody), and nowhere that an ordinary user may look. So it is asked for there when its
//! address is known, and is `unknown` otherwise; unknown counts as unsafe. In a cluster it is the one
//! server's word that was asked.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use galley_bus_core::message::PAYLOAD_BYTES_MAX;
use galley_bus_core::{BoxError, topology};

use crate::config::Config;
use crate::error::{ConnectError, NatsError};
use crate::wire::{Wire, code};

/// The oldest server that will do. Message schedules came with 2.14; the patch after 2.14.5 mended two
/// faults that lose a consumer's state.
pub(crate) const VERSION_MIN: (u64, u64, u64) = (2, 14, 6);
const VERSION_MIN_TEXT: &str = "2.14.6";
/// Longest wait for how the log is kept.
const LOOK_MAX: Duration = Duration::from_secs(1);
/// A server that writes to the disk less often than this was hardly meant to.
const SELDOM_SECS: u64 = 60 * 60;
/// Most bytes read of the monitoring page.
const MONITOR_BYTES_MAX: u64 = 1024 * 1024;

const NO_MONITOR: &str = "when the server writes to the disk is not known: name its monitoring \
                          address in `nats.monitor`";
const WRITTEN_LATE: &str = "the stream GALLEY_LOG has `persist_mode: async`, which overrides the \
                            server: it answers before anything is written";

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Any crash of a process, also of the server; with three replicas, the loss of a node. Not a
    /// loss of power.
    Fast,
    /// A loss of power too.
    Safe,
}

/// When the server writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "when")]
pub enum DiskSync {
    /// Before it answers.
    Always,
    /// Every so often.
    Every {
        /// How often, in seconds.
        secs: u64,
    },
    /// It does not say.
    Unknown,
}

/// How durable a server is, as far as it tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Durability {
    /// What an acknowledged write survives.
    pub class: Class,
    /// When the server writes to the disk.
    pub sync: DiskSync,
    /// On how many servers the log is kept; none when it is not there yet or may not be looked at.
    pub replicas: Option<usize>,
    /// The server's version.
    pub version: String,
    /// Largest message in bytes that the server takes, with its headers.
    pub payload_bytes_max: usize,
    /// What a person should know about it, a sentence each.
    pub notes: Vec<String>,
}

impl std::fmt::Display for Durability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let class = match self.class {
            Class::Fast => "fast (survives a crash, not a loss of power)",
            Class::Safe => "safe (survives a loss of power)",
        };
        write!(f, "NATS {}: {class}", self.version)?;
        match self.sync {
            DiskSync::Always => write!(f, "; disk: before each answer")?,
            DiskSync::Every { secs } => write!(f, "; disk: every {secs} s")?,
            DiskSync::Unknown => write!(f, "; disk: the server does not say")?,
        }
        match self.replicas {
            Some(replicas) => write!(f, "; replicas: {replicas}"),
            None => write!(f, "; replicas: not known"),
        }
    }
}

/// Looks at the server.
pub(crate) async fn look(wire: &Wire, config: &Config) -> Result<Durability, ConnectError> {
    let info = wire.client.server_info();
    if !is_enough(&info.version) {
        return Err(ConnectError::TooOld { found: info.version, least: VERSION_MIN_TEXT });
    }
    if !info.jetstream {
        return Err(ConnectError::NoJetStream { why: "the server does not run it".to_owned() });
    }
    let log = log_of(wire).await?;
    let (sync, unknown) = match &config.monitor {
        None => (DiskSync::Unknown, Some(NO_MONITOR.to_owned())),
        Some(address) => match ask_sync(address, config.connect_timeout()).await {
            Ok(sync) => (sync, None),
            Err(error) => {
                let why =
                    format!("{address} did not say when the server writes to the disk: {error}");
                (DiskSync::Unknown, Some(why))
            }
        },
    };
    let late = log.is_written_late.then(|| WRITTEN_LATE.to_owned());
    let seldom = seldom(sync);
    let payload_max = wire.payload_max(PAYLOAD_BYTES_MAX);
    let small = (payload_max < PAYLOAD_BYTES_MAX).then(|| {
        format!("messages of more than {payload_max} bytes are refused: set `max_payload: 2MB`")
    });
    let is_safe = sync == DiskSync::Always && !log.is_written_late;
    let durability = Durability {
        class: if is_safe { Class::Safe } else { Class::Fast },
        sync,
        replicas: log.replicas,
        version: info.version,
        payload_bytes_max: info.max_payload,
        notes: [unknown, seldom, late, small].into_iter().flatten().collect(),
    };
    if config.strict_durability { demand(durability, config.replicas) } else { Ok(durability) }
}

/// What to say of a server that writes to the disk as good as never. In its configuration `2m` is two
/// minutes in quotes alone; without them it is the number of two million, and means seconds.
fn seldom(sync: DiskSync) -> Option<String> {
    match sync {
        DiskSync::Every { secs } if secs > SELDOM_SECS => Some(format!(
            "the server writes to the disk every {secs} s only: put its `sync_interval` in quotes"
        )),
        DiskSync::Always | DiskSync::Every { .. } | DiskSync::Unknown => None,
    }
}

/// Refuses what is less durable than strict.
fn demand(durability: Durability, replicas: usize) -> Result<Durability, ConnectError> {
    let why = match durability.sync {
        DiskSync::Always if durability.class == Class::Fast => WRITTEN_LATE.to_owned(),
        DiskSync::Always => match durability.replicas {
            Some(found) if found < replicas => format!("{found} replicas, {replicas} wanted"),
            Some(_) | None => return Ok(durability),
        },
        DiskSync::Every { secs } => format!("it writes to the disk every {secs} s"),
        DiskSync::Unknown => "it does not say when it writes to the disk".to_owned(),
    };
    Err(ConnectError::NotDurable { why })
}

/// How the log is kept.
#[derive(Default)]
struct Log {
    replicas: Option<usize>,
    /// The stream overrides the server: it answers before anything is written.
    is_written_late: bool,
}

/// How the log is kept, as far as it is there. Also finds out whether the account has JetStream.
async fn log_of(wire: &Wire) -> Result<Log, ConnectError> {
    let none = || ConnectError::NoJetStream { why: "this account has none".to_owned() };
    let log = topology::STREAM_LOG;
    // A user that may not look gets no answer at all: that is not worth a long wait.
    let wire = Wire { timeout: wire.timeout.min(LOOK_MAX), ..wire.clone() };
    match wire.api(&format!("STREAM.INFO.{log}"), log, &Value::Null).await {
        Ok(info) => {
            let replicas = info.pointer("/config/num_replicas").and_then(Value::as_u64);
            let mode = info.pointer("/config/persist_mode").and_then(Value::as_str);
            Ok(Log {
                replicas: replicas.and_then(|replicas| usize::try_from(replicas).ok()),
                is_written_late: mode == Some("async"),
            })
        }
        // The answers of a server that runs JetStream, for an account that has none.
        Err(NatsError::NotThere { .. }) => Err(none()),
        Err(error) if matches!(error.refusal(), Some(code::NOT_ENABLED | code::NO_ACCOUNT)) => {
            Err(none())
        }
        // Not made yet, not to be looked at by this user, or no leader just now.
        Err(NatsError::Refused { .. } | NatsError::Timeout(_)) => Ok(Log::default()),
        Err(error) => Err(ConnectError::Broken(error)),
    }
}

/// How many replicas of the log are gone or behind.
pub(crate) async fn lagging(wire: &Wire) -> Result<usize, NatsError> {
    let log = topology::STREAM_LOG;
    let info = wire.api(&format!("STREAM.INFO.{log}"), log, &Value::Null).await?;
    let wanted = info.pointer("/config/num_replicas").and_then(Value::as_u64).unwrap_or(1);
    let followers = info.pointer("/cluster/replicas").and_then(Value::as_array);
    let current = |follower: &&Value| {
        let flag = |name| follower.get(name).and_then(Value::as_bool).unwrap_or(false);
        flag("current") && !flag("offline")
    };
    let current = followers.into_iter().flatten().filter(current).count();
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    // The leader is the one that answers.
    Ok(wanted.saturating_sub(current + 1))
}

async fn ask_sync(address: &str, wait: Duration) -> Result<DiskSync, BoxError> {
    let page = tokio::time::timeout(wait, fetch(address)).await??;
    let config = page.pointer("/jetstream/config").ok_or("there is no JetStream")?;
    if config.get("sync_always").and_then(Value::as_bool) == Some(true) {
        return Ok(DiskSync::Always);
    }
    let nanos = config.get("sync_interval").and_then(Value::as_u64).ok_or("no interval")?;
    // Less than a second is not 0, which would read as "always".
    Ok(DiskSync::Every { secs: nanos.div_ceil(1_000_000_000) })
}

/// The page `/varz`. A whole HTTP client is not worth this one request on a trusted network.
async fn fetch(address: &str) -> Result<Value, BoxError> {
    let host = address.strip_prefix("http://").ok_or("only http:// is known")?;
    let host = host.trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await?;
    // Version 1.0, so that the answer is not cut into chunks.
    let ask = format!("GET /varz HTTP/1.0\r\nHost: {host}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MONITOR_BYTES_MAX).read_to_end(&mut answer).await?;
    let text = String::from_utf8(answer)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no answer in HTTP")?;
    if head.lines().next().is_some_and(|line| line.contains(" 200 ")) {
        Ok(serde_json::from_str(body)?)
    } else {
        Err(head.lines().next().unwrap_or_default().to_owned().into())
    }
}

fn is_enough(version: &str) -> bool {
    let mut parts = version.splitn(3, '.').map(|part| {
        let digits = part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse::<u64>().unwrap_or(0)
    });
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= VERSION_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, want: bool) {
        assert_eq!(is_enough(version), want, "{version}");
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        check("2.14.6", true);
        check("2.14.10", true);
        check("2.15.0-RC.1", true);
        check("3.0.0", true);
        check("2.14.5", false);
        check("2.9.10", false);
        check("2.14", false);
        check("", false);
    }
}
