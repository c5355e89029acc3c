//! The connections: a bounded pool, a bound on every wait, and transactions that are done again when the
//! connection broke. That is safe because everything the memory does can be done twice.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{
    Client, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Transaction,
};
use tokio::time::timeout;
use tokio_postgres::IsolationLevel;

use crate::config::Postgres;
use crate::postgres::error::{ConnectError, LinkError};
use crate::postgres::tls::Tls;

/// How often a transaction is tried when connections break. After a restart of the server every pooled
/// connection is broken, but the pool drops those it knows of: more than two in a row mean that it is away.
const TRIES: u32 = 3;
/// When a silent connection is asked whether the server is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What is done in one transaction.
#[async_trait]
pub(super) trait Work: Sync {
    /// What comes of it.
    type Done: Send;
    /// Whether it only looks: then all it sees is of one moment.
    const LOOKS: bool;

    /// Does it; what is an error is rolled back.
    async fn on(&self, transaction: &Transaction<'_>) -> Result<Self::Done, tokio_postgres::Error>;
}

/// The way to one database.
pub(super) struct Link {
    pool: Pool,
    within: Duration,
    /// Where it leads, without user and password.
    host: String,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Link {
    /// The way that a configuration names. Nothing is connected yet.
    pub(super) fn new(config: &Postgres) -> Result<Self, ConnectError> {
        let mut to = parse(config)?;
        let within = config.request_timeout();
        // The server gives up before we do, so that nothing goes on there that nobody waits for.
        let options = format!(
            "{} -c statement_timeout={millis} -c idle_in_transaction_session_timeout={millis}",
            to.get_options().unwrap_or_default(),
            millis = within.as_millis()
        );
        to.options(options.trim())
            .application_name("galley")
            .connect_timeout(config.connect_timeout())
            .keepalives_idle(KEEPALIVE)
            .tcp_user_timeout(within);
        let host = host(&to);
        let tls = Tls::new(config.ca_file.as_deref())?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(to, tls, recycling))
            .max_size(config.connections_max())
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(within))
            .create_timeout(Some(config.connect_timeout()))
            .build()
            .map_err(|cause| ConnectError::Config {
                what: "the pool of connections".to_owned(),
                cause: Some(Box::new(cause)),
            })?;
        Ok(Self { pool, within, host })
    }

    /// Where it leads, without user and password.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Does something in one transaction.
    pub(super) async fn run<W: Work>(&self, work: &W) -> Result<W::Done, LinkError> {
        let mut tries = 1;
        loop {
            match self.once(work).await {
                Err(error) if tries < TRIES && error.is_worth_repeating() => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn once<W: Work>(&self, work: &W) -> Result<W::Done, LinkError> {
        let mut client = self.pool.get().await?;
        match timeout(self.within, transact(&mut client, work)).await {
            Ok(done) => done.map_err(LinkError::Query),
            Err(_elapsed) => {
                // What was asked may still be under way: the connection must not be used again.
                drop(Object::take(client));
                Err(LinkError::Slow(self.within))
            }
        }
    }
}

async fn transact<W: Work>(
    client: &mut Client,
    work: &W,
) -> Result<W::Done, tokio_postgres::Error> {
    let isolation =
        if W::LOOKS { IsolationLevel::RepeatableRead } else { IsolationLevel::ReadCommitted };
    let transaction =
        client.build_transaction().isolation_level(isolation).read_only(W::LOOKS).start().await?;
    let done = work.on(&transaction).await?;
    transaction.commit().await?;
    Ok(done)
}

/// The address, from the configuration or the file that it names.
fn parse(config: &Postgres) -> Result<tokio_postgres::Config, ConnectError> {
    let unusable = |what: &str| ConnectError::Config { what: what.to_owned(), cause: None };
    let address = match (&config.url, &config.url_file) {
        (Some(url), None) => url.expose().to_owned(),
        (None, Some(path)) => {
            std::fs::read_to_string(path).map_err(|cause| ConnectError::Config {
                what: format!("{} cannot be read", path.display()),
                cause: Some(Box::new(cause)),
            })?
        }
        (None, None) => return Err(unusable("neither `url` nor `url_file` is given")),
        (Some(_), Some(_)) => return Err(unusable("both `url` and `url_file` are given")),
    };
    let address = address.trim();
    let scheme = ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme));
    // Why it cannot be read is not told: that could show a part of the password.
    let parsed = address.parse::<tokio_postgres::Config>().ok().filter(|to| {
        scheme && !to.get_hosts().is_empty() && to.get_user().is_some() && to.get_dbname().is_some()
    });
    parsed.ok_or_else(|| unusable("the address does not say user, host and database"))
}

fn host(to: &tokio_postgres::Config) -> String {
    let named = to.get_hosts().iter().enumerate().map(|(at, host)| {
        let ports = to.get_ports();
        let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
        match host {
            tokio_postgres::config::Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        }
    });
    named.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, want: Result<&str, &str>) {
        let config = Postgres { url: Some(url.into()), ..Postgres::default() };
        let parsed = parse(&config).map(|to| host(&to)).map_err(|error| error.to_string());
        match want {
            Ok(host) => assert_eq!(parsed.as_deref(), Ok(host), "{url}"),
            Err(part) => {
                let error = parsed.unwrap_err();
                assert!(error.contains(part) && !error.contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn an_address_says_user_host_and_database_and_is_never_told() {
        check("postgres://u:secret@db.example.com/galley", Ok("db.example.com:5432"));
        check("postgresql://u@a:1,b:2/galley?sslmode=require", Ok("a:1,b:2"));
        check("postgres://u@%2Frun%2Fpostgresql/galley", Ok("/run/postgresql"));
        check("postgres://u:secret@db", Err("user, host and database"));
        check("postgres://u:secret@db:x/galley", Err("user, host and database"));
        check("mysql://u:secret@db/galley", Err("user, host and database"));
        check("", Err("user, host and database"));
    }

    #[test]
    fn the_address_stands_in_one_place() {
        let neither = parse(&Postgres::default()).unwrap_err();
        assert!(neither.to_string().contains("neither"), "{neither}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "postgres://u:secret@db/galley\n").unwrap();
        let mut config = Postgres { url_file: Some(file.path().to_owned()), ..Postgres::default() };
        assert_eq!(host(&parse(&config).unwrap()), "db:5432");
        config.url = Some("postgres://u@h/d".into());
        assert!(parse(&config).unwrap_err().to_string().contains("both"));
    }
}
