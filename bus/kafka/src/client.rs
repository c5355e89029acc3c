//! What all clients of Kafka here have in common: their settings, and what they say.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;

use crate::config::{Config, Sasl, Tls};
use crate::error::Error;

/// The settings that every client begins with.
pub(crate) fn settings(config: &Config) -> Result<ClientConfig, Error> {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &config.brokers)
        .set("client.id", "galley")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.max.ms", "5000");
    let protocol = match (&config.tls, &config.sasl) {
        (None, None) => "plaintext",
        (Some(_), None) => "ssl",
        (None, Some(_)) => "sasl_plaintext",
        (Some(_), Some(_)) => "sasl_ssl",
    };
    if protocol != "plaintext" && !cfg!(feature = "tls") {
        return Err(Error::WithoutTls);
    }
    settings.set("security.protocol", protocol);
    if let Some(tls) = &config.tls {
        encrypt(&mut settings, tls)?;
    }
    if let Some(sasl) = &config.sasl {
        identify(&mut settings, sasl)?;
    }
    Ok(settings)
}

/// Files are read here, so that one that is missing is named; the client would only say "failed".
fn encrypt(settings: &mut ClientConfig, tls: &Tls) -> Result<(), Error> {
    for (name, path) in [
        ("ssl.ca.pem", &tls.ca_file),
        ("ssl.certificate.pem", &tls.certificate_file),
        ("ssl.key.pem", &tls.key_file),
    ] {
        if let Some(path) = path {
            settings.set(name, read(path)?);
        }
    }
    Ok(())
}

fn identify(settings: &mut ClientConfig, sasl: &Sasl) -> Result<(), Error> {
    let password = read(&sasl.password_file)?;
    settings
        .set("sasl.mechanism", sasl.mechanism.name())
        .set("sasl.username", &sasl.user)
        .set("sasl.password", password.trim_end_matches(['\r', '\n']));
    Ok(())
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|cause| Error::File { path: path.to_owned(), cause })
}

/// Hears what a client says: to the log, and the last complaint for error messages. Clones hear the
/// same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hearer(Arc<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Mutex<String>,
    lag: AtomicU64,
}

impl Hearer {
    /// The last complaint, shortened.
    pub(crate) fn last(&self) -> String {
        self.0.last.lock().map(|last| last.chars().take(200).collect()).unwrap_or_default()
    }

    /// How many messages lie between what was read and the ends of the partitions, as last counted.
    pub(crate) fn lag(&self) -> u64 {
        self.0.lag.load(Ordering::Relaxed)
    }
}

impl ClientContext for Hearer {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", fac, message),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "librdkafka", fac, message);
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "librdkafka", %error, reason);
        if let Ok(mut last) = self.0.last.lock() {
            reason.clone_into(&mut last);
        }
    }

    fn stats(&self, statistics: Statistics) {
        let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        let lag = partitions.filter_map(|p| u64::try_from(p.consumer_lag).ok()).sum();
        self.0.lag.store(lag, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secure_connection_never_becomes_a_plain_one() {
        let mut config = Config { brokers: "127.0.0.1:1".to_owned(), ..Config::default() };
        assert_eq!(settings(&config).unwrap().get("security.protocol"), Some("plaintext"));
        config.tls = Some(Tls::default());
        let protocol = settings(&config).map(|s| s.get("security.protocol").map(str::to_owned));
        if cfg!(feature = "tls") {
            assert_eq!(protocol.unwrap().as_deref(), Some("ssl"));
        } else {
            assert_eq!(protocol.unwrap_err().fault().code, "GLY0250");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn a_file_that_is_missing_is_named() {
        let file = std::path::PathBuf::from("/nowhere/ca.pem");
        let tls = Tls { ca_file: Some(file), ..Tls::default() };
        let config = Config { tls: Some(tls), ..Config::default() };
        let fault = settings(&config).unwrap_err().fault();
        assert_eq!(fault.code, "GLY0251");
        assert!(fault.message.contains("/nowhere/ca.pem"), "{fault}");
    }
}
