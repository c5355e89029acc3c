//! `galley agent list`: the agent kinds, what they do, what they take and give.

use galley_schemas::agent::Card;
use serde_json::Value;

use crate::args::Common;
use crate::assemble::cards;
use crate::failure::Exit;
use crate::out;
use crate::render::text::{Line, Page, width};

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
