//! The registered workflows: texts under their hashes, and the current version of each name.
//!
//! In the bucket `workflows`: `v/<sha256>` holds a text, for ever, since goals run on the version
//! that they started with; `name/<name>` holds the hash of the current one.

use std::sync::Arc;

use dashmap::DashMap;
use galley_bus_core::Unreachable;
use galley_bus_core::kv::{KeyValue, Put, PutError};
use galley_coordinator_goal::workflow::{Diagnostic, Workflow};
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::id::WorkflowName;
use galley_schemas::record::WorkflowRef;
use galley_schemas::subject::bucket;

use crate::fault;

/// Before the hash of a version.
const VERSION: &str = "v/";
/// Before a name.
const NAME: &str = "name/";
/// How many parsed workflows are kept in memory; beyond it all are dropped and parsed again.
const PARSED_MAX: usize = 256;

/// The registered workflows.
#[derive(Clone)]
pub struct Registry {
    kv: Arc<dyn KeyValue>,
    parsed: Arc<DashMap<Digest, Arc<Workflow>>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("parsed", &self.parsed.len()).finish_non_exhaustive()
    }
}

/// Why a text was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// It is no workflow: every fault of the text, by place.
    #[error("the text is no workflow: {} faults", .0.len())]
    Faulty(Vec<Diagnostic>),
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why there is no workflow to run on.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// There is none, or what is stored is none.
    #[error(transparent)]
    Refused(Fault),
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

impl Registry {
    /// The workflows registered on a bus.
    #[must_use]
    pub fn new(kv: Arc<dyn KeyValue>) -> Self {
        Self { kv, parsed: Arc::default() }
    }

    /// Registers a text as the current version of the name that it carries.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is registered then.
    pub async fn register(&self, text: &str) -> Result<WorkflowRef, RegisterError> {
        let workflow = Workflow::parse(text).map_err(RegisterError::Faulty)?;
        let reference = WorkflowRef { name: workflow.name, version: workflow.version };
        // The version first: a name must never point to nothing.
        self.put(&format!("{VERSION}{}", reference.version), text.to_owned()).await?;
        let current = reference.version.as_str().to_owned();
        self.put(&format!("{NAME}{}", reference.name), current).await?;
        Ok(reference)
    }

    /// The current version of a name.
    ///
    /// # Errors
    /// [`ResolveError`]
    pub async fn current(&self, name: &WorkflowName) -> Result<Arc<Workflow>, ResolveError> {
        let entry = self.kv.get(bucket::WORKFLOWS, &format!("{NAME}{name}")).await?;
        let version = entry
            .and_then(|entry| String::from_utf8(entry.value.to_vec()).ok())
            .and_then(|text| Digest::try_from(text).ok());
        let unknown = || ResolveError::Refused(fault::unknown_workflow(name));
        let version = version.ok_or_else(unknown)?;
        self.version(&WorkflowRef { name: name.clone(), version }).await
    }

    /// One version, by its hash.
    ///
    /// # Errors
    /// [`ResolveError`]
    pub async fn version(&self, reference: &WorkflowRef) -> Result<Arc<Workflow>, ResolveError> {
        let WorkflowRef { name, version } = reference;
        if let Some(parsed) = self.parsed.get(version) {
            return Ok(Arc::clone(&parsed));
        }
        let text = self.text(version).await?;
        let unknown = || ResolveError::Refused(fault::unknown_workflow(name));
        let workflow = Workflow::parse(&text.ok_or_else(unknown)?)
            .map_err(|faults| ResolveError::Refused(fault::unparsable(reference, &faults)))?;
        let workflow = Arc::new(workflow);
        if self.parsed.len() >= PARSED_MAX {
            self.parsed.clear();
        }
        self.parsed.insert(version.clone(), Arc::clone(&workflow));
        Ok(workflow)
    }

    /// The text of a version; none when there is no such version.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub async fn text(&self, version: &Digest) -> Result<Option<String>, Unreachable> {
        let entry = self.kv.get(bucket::WORKFLOWS, &format!("{VERSION}{version}")).await?;
        Ok(entry.map(|entry| String::from_utf8_lossy(&entry.value).into_owned()))
    }

    /// The names that are registered.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub async fn names(&self) -> Result<Vec<WorkflowName>, Unreachable> {
        let keys = self.kv.keys(bucket::WORKFLOWS, NAME).await?;
        let names = keys.iter().filter_map(|key| key.strip_prefix(NAME)?.parse().ok());
        Ok(names.collect())
    }

    async fn put(&self, key: &str, value: String) -> Result<(), RegisterError> {
        match self.kv.put(bucket::WORKFLOWS, key, Put::any(value)).await {
            // With nothing expected there is no conflict: somebody else registered, which is as good.
            Ok(_) | Err(PutError::Conflict { .. }) => Ok(()),
            // The language bounds names, and texts far below what a bucket takes.
            Err(error @ (PutError::TooLarge { .. } | PutError::InvalidKey { .. })) => {
                let what = format!("keep {key}");
                Err(Unreachable { what, cause: Box::new(error) }.into())
            }
            Err(PutError::Unreachable(error)) => Err(error.into()),
        }
    }
}
