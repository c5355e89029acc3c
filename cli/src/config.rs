//! The configuration of a process: every crate's own part, composed; and the only place that reads
//! the environment.
//!
//! Order: defaults, then the file, then the environment, then the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use galley_agents_web::FetchConfig;
use galley_agents_web::search::SearchConfig;
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};

/// Everything that can be set in the file that `--config` names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// NATS, when the bus is there; without it, the bus is a file in the state folder. `--bus` names
    /// other servers than these.
    pub(crate) nats: Option<galley_bus_nats::Config>,
    /// Kafka, for feedback; without it, learning reads the log itself.
    pub(crate) kafka: Option<galley_bus_kafka::Config>,
    /// The relay and the learner.
    pub(crate) learning: galley_agents_learning::Config,
    /// The coordinator.
    pub(crate) coordinator: galley_coordinator_driver::Config,
    /// The language model.
    pub(crate) model: galley_agents_model::Config,
    /// The memory across goals.
    pub(crate) knowledge: galley_agents_knowledge::Config,
    /// How pages are fetched.
    pub(crate) fetch: FetchConfig,
    /// How sources are searched for.
    pub(crate) search: SearchConfig,
    /// The agents.
    pub(crate) agents: Agents,
}

impl Config {
    /// Kafka, when brokers are named.
    pub(crate) fn brokers(&self) -> Option<&galley_bus_kafka::Config> {
        self.kafka.as_ref().filter(|kafka| !kafka.brokers.is_empty())
    }
}

/// The agents, each with its own settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Agents {
    /// How many tasks of a kind are worked on at once in this process; 1 to 256; by kind, 4 where
    /// nothing is said.
    pub(crate) slots: BTreeMap<String, u32>,
    /// How many seconds running tasks may take to end when the process stops; 25 where nothing is
    /// said.
    pub(crate) grace_secs: Option<u64>,
    pub(crate) ingestion: galley_agents_ingestion::Config,
    pub(crate) ideation: galley_agents_ideation::Config,
    pub(crate) research: galley_agents_research::Config,
    pub(crate) drafting: galley_agents_drafting::Config,
    pub(crate) seo: galley_agents_seo::Config,
    pub(crate) review: galley_agents_review::Config,
    pub(crate) publishing: galley_agents_publishing::Config,
}

/// Slots of a kind for which nothing is said.
const SLOTS: u32 = 4;
/// Most slots of a kind.
const SLOTS_MAX: u32 = 256;

impl Agents {
    /// How many tasks of a kind are worked on at once.
    pub(crate) fn slots(&self, kind: &str) -> u32 {
        self.slots.get(kind).copied().unwrap_or(SLOTS).clamp(1, SLOTS_MAX)
    }

    /// Whether articles can be published as configured, as far as this machine can tell.
    pub(crate) fn check_site(&self) -> Result<(), Failure> {
        let checked = galley_agents_publishing::check(&self.publishing);
        checked.map_err(|faults| Failure { exit: Exit::Usage, faults })
    }
}

/// The configuration with what must not be written down.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) key: Option<SecretString>,
}

/// Reads the file and the environment, and checks all of it.
///
/// # Errors
/// A [`Failure`] with every fault at once.
pub(crate) fn load(file: Option<&Path>, env: &dyn Env) -> Result<Loaded, Failure> {
    let mut config = match file {
        Some(path) => read(path)?,
        None => Config::default(),
    };
    let key = model_from(&mut config.model, env);
    let mut faults = config.coordinator.check();
    faults.extend(config.knowledge.check());
    faults.extend(config.fetch.check());
    faults.extend(config.search.check());
    faults.extend(config.agents.ingestion.check());
    faults.extend(config.agents.publishing.check());
    let learning = config.learning.faults().into_iter();
    faults.extend(learning.map(|fault| Fault::permanent("GLY0002", fault)));
    for (kind, slots) in &config.agents.slots {
        if !(1..=SLOTS_MAX).contains(slots) {
            let message = format!("agents.slots.{kind} is {slots}, outside of 1 to {SLOTS_MAX}");
            faults.push(Fault::permanent("GLY0002", message));
        }
    }
    if faults.is_empty() {
        Ok(Loaded { config, key })
    } else {
        Err(Failure { exit: Exit::Usage, faults })
    }
}

fn read(path: &Path) -> Result<Config, Failure> {
    let unusable = |why: String| {
        let message = format!("the configuration {} cannot be used: {why}", path.display());
        Failure::usage("GLY0002", message, "`galley --help` shows what can be set")
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    serde_saphyr::from_str(&text).map_err(|error| unusable(error.to_string()))
}

/// Where settings of the surroundings come from; a test has its own.
pub(crate) trait Env {
    /// The value of a variable that is set and not empty.
    fn get(&self, name: &str) -> Option<String>;
}

/// The process's environment.
#[derive(Debug)]
pub(crate) struct Process;

impl Env for Process {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// Takes the model from the environment: any OpenAI-compatible server by its address, or Anthropic
/// by its key. Returns the key.
fn model_from(model: &mut galley_agents_model::Config, env: &dyn Env) -> Option<SecretString> {
    use galley_agents_model::Protocol;
    if let Some(path) = env.get("GALLEY_MODEL_KEY_FILE") {
        model.key_file = Some(PathBuf::from(path));
    }
    let key = if let Some(url) = env.get("GALLEY_MODEL_URL") {
        model.protocol = Protocol::Openai;
        model.url = url;
        env.get("GALLEY_MODEL_KEY")
    } else if let (true, Some(key)) = (model.url.is_empty(), env.get("ANTHROPIC_API_KEY")) {
        model.protocol = Protocol::Anthropic;
        model.url = "https://api.anthropic.com/v1".to_owned();
        Some(key)
    } else {
        env.get("GALLEY_MODEL_KEY")
    };
    if let Some(name) = env.get("GALLEY_MODEL") {
        model.model = name;
    }
    key.map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use galley_agents_model::Protocol;

    use super::*;

    struct Fixed(&'static [(&'static str, &'static str)]);

    impl Env for Fixed {
        fn get(&self, name: &str) -> Option<String> {
            self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn without_anything_there_is_no_model() {
        let loaded = load(None, &Fixed(&[])).unwrap();
        assert!(loaded.config.model.url.is_empty() && loaded.key.is_none());
    }

    #[test]
    fn the_environment_names_a_model() {
        let env = Fixed(&[("GALLEY_MODEL_URL", "http://localhost:1/v1"), ("GALLEY_MODEL", "m")]);
        let model = load(None, &env).unwrap().config.model;
        assert_eq!((model.protocol, model.model.as_str()), (Protocol::Openai, "m"));
        let loaded = load(None, &Fixed(&[("ANTHROPIC_API_KEY", "k")])).unwrap();
        assert_eq!(loaded.config.model.protocol, Protocol::Anthropic);
        assert!(loaded.key.is_some() && !format!("{loaded:?}").contains("\"k\""));
    }

    #[test]
    fn a_wrong_file_is_told_with_its_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "coordinator:\n  sweep: 3\n").unwrap();
        let failure = load(Some(file.path()), &Fixed(&[])).unwrap_err();
        assert_eq!((failure.exit, failure.faults[0].code.as_str()), (Exit::Usage, "GLY0002"));
        assert!(failure.faults[0].message.contains("sweep"), "{failure}");
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "coordinator: { inputs_in_flight: 0 }\nagents: { slots: { seo: 0 } }",
        )
        .unwrap();
        assert_eq!(load(Some(file.path()), &Fixed(&[])).unwrap_err().faults.len(), 2);
    }
}
