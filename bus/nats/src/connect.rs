//! From a configuration to a connection: who we are, whom we trust, and what a failure means.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, ServerAddr};
use tokio::sync::watch;

use crate::config::Config;
use crate::error::ConnectError;
use crate::wire::{Happenings, on_event};

/// Messages of one subscription that wait here until they are taken; what comes beyond is lost, and
/// counted. Everything that matters is asked for again.
const UNREAD_MAX: usize = 16 * 1024;
/// How often the server is asked for a sign of life. Two without an answer end the connection.
const PING_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// Connects.
pub(crate) async fn connect(
    config: &Config,
    happenings: Arc<Happenings>,
    connections: watch::Sender<u64>,
) -> Result<Client, ConnectError> {
    // One provider for all of Galley. It fails when there is one already, which is as well.
    drop(rustls::crypto::ring::default_provider().install_default());
    let servers = addresses(config)?;
    let most = config.reconnect_pause_max_ms;
    let connections = Arc::new(connections);
    let mut options = ConnectOptions::new()
        .name(&config.name)
        .custom_inbox_prefix(&config.inbox_prefix)
        .connection_timeout(config.connect_timeout())
        .request_timeout(Some(config.request_timeout()))
        .subscription_capacity(UNREAD_MAX)
        .ping_interval(PING_EVERY)
        .reconnect_delay_callback(move |tries| Config::reconnect_pause(most, tries))
        .event_callback(move |event| {
            let (happenings, connections) = (Arc::clone(&happenings), Arc::clone(&connections));
            async move { on_event(&event, &happenings, &connections) }
        });
    options = identify(options, config).await?;
    options = encrypt(options, config)?;
    let at = config.servers.join(", ");
    options.connect(servers).await.map_err(|error| explain(at, error))
}

fn addresses(config: &Config) -> Result<Vec<ServerAddr>, ConnectError> {
    let unusable = |what: String, cause| ConnectError::Config { what, cause };
    if config.servers.is_empty() {
        return Err(unusable("no server is named".to_owned(), "`servers` is empty".into()));
    }
    let parse = |address: &String| {
        address.parse::<ServerAddr>().map_err(|e| unusable(format!("address {address}"), e.into()))
    };
    config.servers.iter().map(parse).collect()
}

/// Says who we are.
async fn identify(
    options: ConnectOptions,
    config: &Config,
) -> Result<ConnectOptions, ConnectError> {
    if let Some(file) = &config.credentials_file {
        let credentials = read(file).await?;
        return options.credentials(&credentials).map_err(|error| unusable(file, error));
    }
    if let Some(file) = &config.nkey_file {
        let seed = read(file).await?;
        return Ok(options.nkey(seed.trim().to_owned()));
    }
    match (&config.user, &config.password_file) {
        (Some(user), Some(file)) => {
            let password = read(file).await?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            Ok(options.user_and_password(user.clone(), password))
        }
        (None, None) => Ok(options),
        (Some(_), None) | (None, Some(_)) => Err(ConnectError::Config {
            what: "a user without a password, or the other way round".to_owned(),
            cause: "`user` and `password_file` belong together".into(),
        }),
    }
}

/// Says whom we trust, and shows our certificate.
fn encrypt(mut options: ConnectOptions, config: &Config) -> Result<ConnectOptions, ConnectError> {
    let tls = &config.tls;
    if let Some(file) = &tls.ca_file {
        exists(file)?;
        options = options.add_root_certificates(file.clone());
    }
    match (&tls.cert_file, &tls.key_file) {
        (Some(cert), Some(key)) => {
            exists(cert)?;
            exists(key)?;
            options = options.add_client_certificate(cert.clone(), key.clone());
        }
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => {
            return Err(ConnectError::Config {
                what: "a certificate without its key, or the other way round".to_owned(),
                cause: "`tls.cert_file` and `tls.key_file` belong together".into(),
            });
        }
    }
    if tls.first {
        options = options.tls_first();
    }
    Ok(options.require_tls(tls.required || tls.first))
}

async fn read(file: &Path) -> Result<String, ConnectError> {
    tokio::fs::read_to_string(file).await.map_err(|error| unusable(file, error))
}

/// The client would say that the server cannot be reached when it cannot read a file.
fn exists(file: &PathBuf) -> Result<(), ConnectError> {
    std::fs::File::open(file).map(drop).map_err(|error| unusable(file, error))
}

fn unusable(file: &Path, error: std::io::Error) -> ConnectError {
    ConnectError::Config { what: file.display().to_string(), cause: error.into() }
}

fn explain(servers: String, error: async_nats::ConnectError) -> ConnectError {
    let kind = error.kind();
    let cause = Box::new(error);
    match kind {
        ConnectErrorKind::ServerParse => ConnectError::Config { what: servers, cause },
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            ConnectError::Denied { servers, cause }
        }
        ConnectErrorKind::Tls => ConnectError::Tls { servers, cause },
        ConnectErrorKind::Io if of_tls(&*cause) => ConnectError::Tls { servers, cause },
        ConnectErrorKind::Dns
        | ConnectErrorKind::TimedOut
        | ConnectErrorKind::Io
        | ConnectErrorKind::MaxReconnects => ConnectError::Unreachable { servers, cause },
    }
}

/// Whether the cause is the encryption's: the client reports a certificate that it does not trust as
/// a failure to read.
fn of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}
