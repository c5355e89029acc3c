//! `galley explain`: why a goal went as it did, or what a code means.

use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::Article;
use galley_schemas::id::GoalId;
use galley_schemas::view::Status;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::args::{Common, Explain};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::render::explain::{self as page, Story};
use crate::render::proof;
use crate::render::text::{Line, Page};
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
        out::json(&json!({ "code": code, "text": text }));
    } else {
        let mut page = Page::from(Line::new().strong(code));
        for paragraph in text.split("\n\n") {
            page.gap();
            page.push_wrapped(Line::new().plain(paragraph), out::prose(), 0);
        }
        out::show(&page);
    }
    Ok(Exit::Done)
}

/// The whole story of a goal.
async fn tell(
    common: &Common,
    house: &House,
    goal: &GoalId,
    status: Option<&Status>,
) -> anyhow::Result<()> {
    let entries = goals::log(&house.bus, goal).await?;
    if common.json {
        for entry in &entries {
            out::json(&json!({ "seq": entry.seq.0, "record": entry.record }));
        }
        return Ok(());
    }
    let review: Option<Value> = artifact(house, status, "review", "report").await;
    let findings =
        review.and_then(|review| serde_json::from_value(review.get("findings")?.clone()).ok());
    let story = Story {
        entries: &entries,
        status,
        corpus: artifact(house, status, "brief", "corpus").await,
        findings: findings.unwrap_or_default(),
        checks: artifact(house, status, "seo", "report").await.unwrap_or_default(),
    };
    out::show(&page::page(&story, house.at()));
    Ok(())
}

/// An artifact that the output of a step refers to, when it is there and can be read.
async fn artifact<T: DeserializeOwned>(
    house: &House,
    status: Option<&Status>,
    step: &str,
    field: &str,
) -> Option<T> {
    let steps = &status?.view.steps;
    let output = steps.iter().find(|view| view.step.as_str() == step)?.output.as_ref()?;
    let artifact: ArtifactRef = serde_json::from_value(output.get(field)?.clone()).ok()?;
    let bytes = house.bus.artifacts.get(&artifact.sha256).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Every sentence of the article with its quotes.
async fn prove(common: &Common, house: &House, status: Option<&Status>) -> anyhow::Result<()> {
    let mut found: Option<Value> = None;
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
        out::json(&value);
    } else {
        let article: Article = serde_json::from_value(value)?;
        out::show(&proof::page(&article, house.at()));
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
