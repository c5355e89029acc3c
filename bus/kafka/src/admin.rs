//! Making the topic, and saying what differs from what is wanted.
//!
//! Idempotent: a topic that is as wanted is left alone. Its partitions and replicas are never changed
//! afterwards, only told: more partitions would part a goal's later facts from its earlier ones.

use std::fmt;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewTopic, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::client::{Hearer, settings};
use crate::config::Config;
use crate::error::Error;

/// How many brokers keep a partition where there are as many and nothing else is said.
const REPLICATION_USUAL: u16 = 3;
/// How long a broker has to answer.
const WAIT: Duration = Duration::from_secs(10);
/// How often, and how many times, a topic that was just made is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 200;

/// Something about the topic that is not as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It is not there.
    Missing {
        /// The topic.
        topic: String,
        /// Into how many partitions it will be cut.
        partitions: u16,
        /// How many brokers will keep each.
        replication: u16,
    },
    /// A setting has another value.
    Setting {
        /// The topic.
        topic: String,
        /// The setting.
        name: &'static str,
        /// Its value.
        is: String,
        /// What is wanted.
        wanted: String,
    },
    /// It has another number of partitions or replicas, and that is left as it is.
    Shape {
        /// The topic.
        topic: String,
        /// `partitions` or `replicas`.
        of: &'static str,
        /// How many it has.
        is: usize,
        /// How many are wanted.
        wanted: usize,
    },
}

impl Difference {
    /// Whether [`apply`] does something about it.
    #[must_use]
    pub const fn is_applied(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::Setting { .. } => true,
            Self::Shape { .. } => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { topic, partitions, replication } => {
                write!(f, "+ topic {topic}: {partitions} partitions, each on {replication} brokers")
            }
            Self::Setting { topic, name, is, wanted } => {
                write!(f, "~ topic {topic}: {name} {is} -> {wanted}")
            }
            Self::Shape { topic, of, is, wanted } => write!(
                f,
                "! topic {topic}: {is} {of} where {wanted} are wanted; left as it is, because a \
                 goal's facts must stay in one partition and replicas are moved by Kafka's own tools"
            ),
        }
    }
}

/// What differs from what is wanted; empty when nothing does.
///
/// # Errors
/// Kafka does not answer, or refuses to say.
pub async fn plan(config: &Config) -> Result<Vec<Difference>, Error> {
    let found = found(config).await?;
    let wanted = Wanted::of(config, found.brokers);
    let topic = config.topic.clone();
    let Some(shape) = found.topic else {
        let (partitions, replication) = (config.partitions, wanted.replication);
        return Ok(vec![Difference::Missing { topic, partitions, replication }]);
    };
    let mut differences: Vec<Difference> = shapes(config, &wanted, shape).collect();
    let entries = entries(config).await?;
    for (name, wanted) in wanted.settings {
        let is = entries.iter().find(|entry| entry.name == name).and_then(|e| e.value.clone());
        let is = is.unwrap_or_default();
        if is != wanted {
            differences.push(Difference::Setting { topic: topic.clone(), name, is, wanted });
        }
    }
    Ok(differences)
}

/// Makes what is missing and changes what differs, as far as that can be done.
///
/// # Errors
/// Kafka does not answer, or refuses.
pub async fn apply(config: &Config, differences: &[Difference]) -> Result<(), Error> {
    let missing = differences.iter().any(|d| matches!(d, Difference::Missing { .. }));
    if missing {
        return create(config).await;
    }
    if differences.iter().any(|d| matches!(d, Difference::Setting { .. })) {
        return alter(config).await;
    }
    Ok(())
}

/// How many partitions the topic has.
pub(crate) async fn partitions(config: &Config) -> Result<usize, Error> {
    let missing = || Error::NoTopic { topic: config.topic.clone() };
    found(config).await?.topic.map(|shape| shape.partitions).ok_or_else(missing)
}

/// What there is.
#[derive(Debug, Clone, Copy)]
struct Found {
    brokers: usize,
    topic: Option<Shape>,
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    partitions: usize,
    replicas: usize,
}

/// What is wanted, on so many brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    replication: u16,
    settings: [(&'static str, String); 3],
}

impl Wanted {
    fn of(config: &Config, brokers: usize) -> Self {
        let most = u16::try_from(brokers).unwrap_or(u16::MAX).clamp(1, REPLICATION_USUAL);
        let replication = if config.replication == 0 { most } else { config.replication };
        let one_less = replication.saturating_sub(1).max(1);
        let in_sync = if config.in_sync_min == 0 { one_less } else { config.in_sync_min };
        let retention_ms = u64::from(config.retention_days) * 24 * 60 * 60 * 1_000;
        let settings = [
            ("min.insync.replicas", in_sync.to_string()),
            ("retention.ms", retention_ms.to_string()),
            ("cleanup.policy", "delete".to_owned()),
        ];
        Self { replication, settings }
    }
}

fn shapes(config: &Config, wanted: &Wanted, shape: Shape) -> impl Iterator<Item = Difference> {
    let topic = config.topic.clone();
    let pairs = [
        ("partitions", shape.partitions, usize::from(config.partitions)),
        ("replicas", shape.replicas, usize::from(wanted.replication)),
    ];
    let differ = pairs.into_iter().filter(|(_, is, wanted)| is != wanted);
    differ.map(move |(of, is, wanted)| Difference::Shape { topic: topic.clone(), of, is, wanted })
}

type Client = AdminClient<Hearer>;

fn client(config: &Config) -> Result<Client, Error> {
    Client::from_config_and_context(&settings(config)?, Hearer::default()).map_err(Error::config)
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(WAIT)).operation_timeout(Some(WAIT))
}

/// Runs something that waits on a broker, on a thread where that may be done; a client is also
/// dropped there, because that waits for its threads.
async fn blocking<T: Send + 'static>(
    config: &Config,
    work: impl FnOnce(&Client, &Config) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let config = config.clone();
    let ended = tokio::task::spawn_blocking(move || work(&client(&config)?, &config)).await;
    ended.unwrap_or(Err(Error::Ended))
}

async fn found(config: &Config) -> Result<Found, Error> {
    blocking(config, look).await
}

/// All topics are listed, because asking for one by name could make it.
fn look(client: &Client, config: &Config) -> Result<Found, Error> {
    let listed = client.inner().fetch_metadata(None, WAIT);
    let metadata = listed.map_err(|cause| silent(client, config, cause))?;
    let topic = metadata.topics().iter().find(|topic| topic.name() == config.topic);
    let topic = topic.filter(|topic| !topic.partitions().is_empty()).map(|topic| {
        let replicas = topic.partitions().iter().map(|p| p.replicas().len()).min();
        Shape { partitions: topic.partitions().len(), replicas: replicas.unwrap_or(0) }
    });
    Ok(Found { brokers: metadata.brokers().len(), topic })
}

async fn entries(config: &Config) -> Result<Vec<ConfigEntry>, Error> {
    blocking(config, |client, config| {
        let topic = ResourceSpecifier::Topic(&config.topic);
        let described = wait_for(client.describe_configs([&topic], &options()));
        let mut described = described.map_err(|cause| silent(client, config, cause))?;
        match described.pop() {
            Some(Ok(resource)) => Ok(resource.entries),
            Some(Err(code)) => Err(refused("describe the topic", code)),
            None => Ok(Vec::new()),
        }
    })
    .await
}

async fn create(config: &Config) -> Result<(), Error> {
    let Wanted { replication, settings } = Wanted::of(config, found(config).await?.brokers);
    blocking(config, move |client, config| {
        let replication = TopicReplication::Fixed(i32::from(replication));
        let mut topic = NewTopic::new(&config.topic, i32::from(config.partitions), replication);
        for (name, value) in &settings {
            topic = topic.set(name, value);
        }
        let made = wait_for(client.create_topics([&topic], &options()));
        let made = made.map_err(|cause| silent(client, config, cause))?;
        match made.into_iter().next() {
            // Somebody else made it just now.
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) | Some(Ok(_)) | None => {}
            Some(Err((_, code))) => return Err(refused("make the topic", code)),
        }
        // Brokers hear of it a moment after the controller has said that it is made.
        for _ in 0..LOOKS_MAX {
            if look(client, config)?.topic.is_some() {
                break;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    })
    .await
}

/// Kafka takes the whole list of a topic's own settings: what others set there is repeated.
async fn alter(config: &Config) -> Result<(), Error> {
    let Wanted { settings, .. } = Wanted::of(config, found(config).await?.brokers);
    let entries = entries(config).await?;
    blocking(config, move |client, config| {
        let mut change = AlterConfig::new(ResourceSpecifier::Topic(&config.topic));
        for entry in entries.iter().filter(|entry| entry.source == ConfigSource::DynamicTopic) {
            let ours = settings.iter().any(|(name, _)| *name == entry.name);
            if let (false, Some(value)) = (ours, &entry.value) {
                change = change.set(&entry.name, value);
            }
        }
        for (name, value) in &settings {
            change = change.set(name, value);
        }
        let changed = wait_for(client.alter_configs([&change], &options()));
        let changed = changed.map_err(|cause| silent(client, config, cause))?;
        match changed.into_iter().next() {
            Some(Ok(_)) | None => Ok(()),
            Some(Err((_, code))) => Err(refused("change the topic's settings", code)),
        }
    })
    .await
}

/// Only on a thread that may wait. The client's answers come from a thread of its own.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(future)
}

fn silent(client: &Client, config: &Config, cause: KafkaError) -> Error {
    let (brokers, last) = (config.brokers.clone(), client.inner().context().last());
    Error::Silent { brokers, last, cause: Box::new(cause) }
}

fn refused(what: &str, code: RDKafkaErrorCode) -> Error {
    Error::Refused { what: what.to_owned(), cause: Box::new(KafkaError::AdminOp(code)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_in_a_line_each() {
        let topic = "t".to_owned();
        let setting = Difference::Setting {
            topic: topic.clone(),
            name: "retention.ms",
            is: "1".to_owned(),
            wanted: "2".to_owned(),
        };
        let missing = Difference::Missing { topic, partitions: 6, replication: 3 };
        assert_eq!(missing.to_string(), "+ topic t: 6 partitions, each on 3 brokers");
        assert_eq!(setting.to_string(), "~ topic t: retention.ms 1 -> 2");
    }

    #[test]
    fn a_topic_of_another_shape_is_told_and_left() {
        let config = Config::default();
        let wanted = Wanted::of(&config, 5);
        let shape = Shape { partitions: 1, replicas: 3 };
        let told: Vec<Difference> = shapes(&config, &wanted, shape).collect();
        assert_eq!(told.len(), 1);
        assert!(told.iter().all(|difference| !difference.is_applied()));
    }

    #[test]
    fn as_many_brokers_keep_facts_as_there_are_up_to_three() {
        let check = |(replication, in_sync_min), brokers, want: (u16, &str)| {
            let config = Config { replication, in_sync_min, ..Config::default() };
            let Wanted { replication, settings } = Wanted::of(&config, brokers);
            let [(_, in_sync), ..] = settings;
            assert_eq!((replication, in_sync.as_str()), want, "{config:?} on {brokers}");
        };
        check((0, 0), 1, (1, "1"));
        check((0, 0), 2, (2, "1"));
        check((0, 0), 9, (3, "2"));
        check((2, 0), 9, (2, "1"));
        check((5, 4), 3, (5, "4"));
        check((0, 1), 3, (3, "1"));
    }
}
