//! `galley workflow check` and `galley workflow show`.

use std::collections::BTreeMap;
use std::path::Path;

use galley_coordinator_driver::ResolveError;
use galley_coordinator_goal::workflow::{Diagnostic, Parsed, Workflow};
use galley_schemas::id::WorkflowName;
use serde_json::{Value, json};

use crate::args::Common;
use crate::assemble::{House, WORKFLOWS, built_in, cards};
use crate::failure::{Exit, Failure};
use crate::out;
use crate::render::text::Page;
use crate::render::workflow;

/// Finds every fault of a file.
pub(crate) fn check(common: &Common, file: &Path) -> anyhow::Result<Exit> {
    let text = read(file)?;
    let diagnostics = diagnose(&text);
    if common.json {
        let faults: Vec<_> = diagnostics.iter().map(as_json).collect();
        out::json(&json!({ "file": file, "faults": faults }));
    } else {
        out::show(&workflow::faults(
            &file.display().to_string(),
            &text,
            &diagnostics,
            out::prose(),
        ));
    }
    Ok(if diagnostics.is_empty() { Exit::Done } else { Exit::Usage })
}

/// Every fault of a text: its own, and those against the agents and the built-in workflows.
fn diagnose(text: &str) -> Vec<Diagnostic> {
    let built_in = WORKFLOWS.iter().filter_map(|(_, text)| Workflow::parse(text).ok());
    let known: BTreeMap<WorkflowName, Workflow> =
        built_in.map(|workflow| (workflow.name.clone(), workflow)).collect();
    Parsed::read(text).check(&cards(), &known)
}

fn as_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "line": diagnostic.line, "column": diagnostic.column, "code": diagnostic.code(),
        "message": diagnostic.message, "hint": diagnostic.hint,
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        let message = format!("the file {} cannot be read: {error}", file.display());
        Failure::usage("GLY0003", message, "name a YAML file")
    })
}

/// Shows a workflow's steps, or its text.
pub(crate) async fn show(common: &Common, name: &str, text: bool) -> anyhow::Result<Exit> {
    let yaml = if Path::new(name).is_file() {
        read(Path::new(name))?
    } else if let Some(text) = built_in(name) {
        text.to_owned()
    } else {
        registered(common, name).await?
    };
    if text {
        out::text(&yaml);
        return Ok(Exit::Done);
    }
    match Workflow::parse(&yaml) {
        Ok(workflow) => {
            out::show(&Page::from(workflow.picture()));
            Ok(Exit::Done)
        }
        Err(_) => {
            let hint = "galley workflow check FILE shows every fault";
            Err(Failure::usage("GLY0008", format!("{name} is not a workflow"), hint).into())
        }
    }
}

async fn registered(common: &Common, name: &str) -> anyhow::Result<String> {
    let unknown = || {
        Failure::not_found(format!("there is no workflow '{name}'"), "galley workflow show article")
    };
    let Ok(name) = WorkflowName::new(name) else { return Err(unknown().into()) };
    let house = House::look(common).await?;
    let workflow = house.registry().current(&name).await.map_err(|error| match error {
        ResolveError::Refused(_) => anyhow::Error::from(unknown()),
        ResolveError::Unreachable(error) => error.into(),
    })?;
    let text = house.registry().text(&workflow.version).await?.ok_or_else(unknown)?;
    house.close().await?;
    Ok(text)
}
