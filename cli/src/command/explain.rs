//! `galley explain`: why a goal went as it did, or what a code means.

use galley_bus_core::log::Seq;
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Article, Finding};
use galley_schemas::id::GoalId;
use galley_schemas::view::Status;
use serde_json::{Value, json};

use crate::args::{Common, Explain};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::render::{explain as words, status as shown};
use crate::{goals, out};

/// The help text of every code.
const CODES: &str = include_str!("../../../schemas/src/fault/codes.md");

pub(crate) async fn explain(common: &Common, args: &Explain) -> anyhow::Result<Exit> {
    if let Some(code) = args.what.as_deref().filter(|what| what.starts_with("GLY")) {
        return explain_code(common, code).map_err(Into::into);
    }
    let house = House::look(common).await?;
    let goal = goals::find(&house.bus, args.what.as_deref()).await?;
    let status = goals::status(&house.bus, &goal).await?;
    if args.proof {
        prove(common, &house, status.as_ref()).await?;
    } else {
        tell(common, &house, &goal, status.as_ref()).await?;
    }
    house.close().await?;
    Ok(Exit::Done)
}

/// The entry of a code in the help text.
fn entry(code: &str) -> Option<&'static str> {
    let mut entries = CODES.split("\n## ").skip(1);
    entries.find_map(|entry| entry.strip_prefix(code)?.strip_prefix('\n')).map(str::trim)
}

fn explain_code(common: &Common, code: &str) -> Result<Exit, Failure> {
    let text = entry(code).ok_or_else(|| {
        Failure::not_found(format!("there is no code {code}"), "codes look like GLY0101")
    })?;
    if common.json {
        out::line(&json!({ "code": code, "text": text }).to_string());
    } else {
        out::line(&format!("{code}\n\n{text}"));
    }
    Ok(Exit::Done)
}

/// The decisions, then what the review found.
async fn tell(
    common: &Common,
    house: &House,
    goal: &GoalId,
    status: Option<&Status>,
) -> anyhow::Result<()> {
    let entries = house.bus.log.read(goal, Seq::START).await?;
    if common.json {
        for entry in &entries {
            out::line(&json!({ "seq": entry.seq.0, "record": entry.record }).to_string());
        }
        return Ok(());
    }
    if let Some(status) = status {
        out::line(&shown::goal(status, house.clock.now()));
    }
    out::text(&words::decisions(&entries));
    for finding in findings(house, status).await {
        out::line(&format!("  {:?}  {}: {}", finding.severity, finding.rule, finding.advice));
    }
    Ok(())
}

/// An artifact that the output of a step refers to.
async fn artifact(
    house: &House,
    status: Option<&Status>,
    step: &str,
    field: &str,
) -> Option<Value> {
    let steps = &status?.view.steps;
    let output = steps.iter().find(|view| view.step.as_str() == step)?.output.as_ref()?;
    let artifact: ArtifactRef = serde_json::from_value(output.get(field)?.clone()).ok()?;
    let bytes = house.bus.artifacts.get(&artifact.sha256).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}

async fn findings(house: &House, status: Option<&Status>) -> Vec<Finding> {
    let report = artifact(house, status, "review", "report").await;
    report
        .and_then(|report| serde_json::from_value(report.get("findings")?.clone()).ok())
        .unwrap_or_default()
}

/// Every sentence of the article with its quotes.
async fn prove(common: &Common, house: &House, status: Option<&Status>) -> anyhow::Result<()> {
    let mut found = None;
    for step in ["review", "seo", "draft"] {
        found = artifact(house, status, step, "article").await;
        if found.is_some() {
            break;
        }
    }
    let Some(value) = found else {
        let hint = "see how far it is with galley show";
        return Err(Failure::not_found("this goal has no article yet", hint).into());
    };
    if common.json {
        out::line(&value.to_string());
    } else {
        let article: Article = serde_json::from_value(value)?;
        out::text(&words::proof(&article));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_its_whole_name() {
        assert!(entry("GLY0701").unwrap().starts_with("The review rejected"));
        assert_eq!(entry("GLY070"), None);
        assert_eq!(entry("GLY9999"), None);
    }
}
