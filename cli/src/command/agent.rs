//! `galley agent`: one kind at work; and the list of kinds, what they do, what they take and give.

use galley_schemas::agent::Card;
use galley_schemas::id::AgentKind;
use serde_json::Value;

use crate::args::{Agent, Common};
use crate::assemble::{cards, loaded};
use crate::failure::Exit;
use crate::render::text::{Line, Page, width};
use crate::role::{self, Role};
use crate::signals::Signals;
use crate::{input, out};

/// Runs the agent of one kind until this process is asked to end.
pub(crate) async fn work(common: &Common, agent: Agent) -> anyhow::Result<Exit> {
    let Some(kind) = agent.kind() else { return Ok(list(common)) };
    let signals = Signals::catch()?;
    let mut loaded = loaded(common)?;
    let agents = &mut loaded.config.agents;
    let work = match agent {
        Agent::List => return Ok(list(common)),
        Agent::Learning(args) => {
            return role::serve(signals, common, loaded, args.into(), Role::Learner).await;
        }
        Agent::Ingestion { work, read } => {
            agents.ingestion.sources.roots.extend(input::readable(read)?);
            work
        }
        Agent::Publishing { work, out } => {
            if let Some(site) = out {
                agents.publishing.out = site;
            }
            agents.check_site()?;
            work
        }
        Agent::Ideation(work)
        | Agent::Research(work)
        | Agent::Drafting(work)
        | Agent::Seo(work)
        | Agent::Review(work) => work,
    };
    if let Some(slots) = work.slots {
        agents.slots.insert(kind.to_owned(), slots);
    }
    let kind = AgentKind::new(kind).expect("the kinds of the command line are names");
    role::serve(signals, common, loaded, work.role.into(), Role::Agent(kind)).await
}

pub(crate) fn list(common: &Common) -> Exit {
    let cards = cards();
    if common.json {
        cards.values().for_each(out::json);
    } else {
        let name = cards.keys().map(|kind| width(kind.as_str())).max().unwrap_or_default();
        let mut page = Page::new();
        for card in cards.values() {
            page.gap();
            page.extend(one(card, name + 2));
        }
        out::show(&page);
    }
    Exit::Done
}

fn one(card: &Card, indent: usize) -> Page {
    let columns = out::prose();
    let mut page = Page::new();
    let line = Line::new().strong(card.kind.as_str()).pad(indent).plain(&card.summary);
    page.push_wrapped(line, columns, indent);
    let fields = format!("takes {}; gives {}", fields(&card.input), fields(&card.output));
    page.push_wrapped(Line::new().pad(indent).dim(fields), columns, indent);
    if card.effects {
        page.push(Line::new().pad(indent).warn("writes to the outside world"));
    }
    page
}

/// The fields of a schema by name, with a question mark behind those that may be absent.
fn fields(schema: &Value) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name)))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let names = properties.into_iter().flat_map(|properties| properties.keys());
    let told: Vec<String> = names
        .map(|name| if is_required(name) { name.clone() } else { format!("{name}?") })
        .collect();
    if told.is_empty() { "anything".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_may_be_absent_are_marked() {
        let schema = json!({ "required": ["topic"], "properties": { "topic": {}, "words": {} } });
        assert_eq!(fields(&schema), "topic, words?");
        assert_eq!(fields(&json!(true)), "anything");
    }
}
