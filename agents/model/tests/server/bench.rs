//! What the tests begin with: a configuration for the scripted server, and prompts.

use std::collections::BTreeMap;

use galley_agents_model::{Chat, Config, Message, Price, Prompt, Protocol, Server, Tool, ToolUse};
use galley_tests_support::model_server::ModelServer;
use secrecy::SecretString;
use serde_json::json;

pub(crate) const ALL: [Protocol; 4] =
    [Protocol::Openai, Protocol::OpenaiResponses, Protocol::Anthropic, Protocol::Ollama];

pub(crate) fn url(protocol: Protocol, server: &ModelServer) -> String {
    match protocol {
        Protocol::Openai | Protocol::OpenaiResponses | Protocol::Anthropic => server.url(),
        Protocol::Ollama => server.root(),
    }
    .to_owned()
}

pub(crate) fn config(protocol: Protocol, server: &ModelServer) -> Config {
    Config {
        protocol,
        url: url(protocol, server),
        model: "scripted".to_owned(),
        embedding_model: "vectors".to_owned(),
        retry_first_ms: 1,
        retry_most_ms: 5,
        idle_ms: 30_000,
        call_ms: 60_000,
        prices: BTreeMap::from([(
            "scripted".to_owned(),
            Price { input_usd: 1.0, output_usd: 10.0, cached_usd: Some(0.5), stored_usd: None },
        )]),
        ..Config::default()
    }
}

pub(crate) fn prompt() -> Prompt {
    Prompt {
        purpose: "outline".to_owned(),
        system: "You plan.".to_owned(),
        user: "Plan this.".to_owned(),
        schema: None,
        tokens_max: 100,
        temperature: Some(0.5),
    }
}

/// A prompt whose reply has a number in `n`.
pub(crate) fn shaped() -> Prompt {
    let schema = json!({
        "type": "object",
        "required": ["n"],
        "additionalProperties": false,
        "properties": { "n": { "type": "integer" } }
    });
    Prompt { schema: Some(schema), ..prompt() }
}

/// A conversation in which a tool may be called that finds pages.
pub(crate) fn chat() -> Chat {
    let find = Tool {
        name: "find".to_owned(),
        about: "Finds pages.".to_owned(),
        input: json!({
            "type": "object", "required": ["query"],
            "properties": { "query": { "type": "string" } }
        }),
    };
    Chat {
        purpose: "research".to_owned(),
        system: "You research.".to_owned(),
        messages: vec![Message::User { text: "What grows?".to_owned() }],
        tools: vec![find],
        tool_use: ToolUse::May,
        schema: None,
        tokens_max: 100,
        temperature: None,
    }
}

pub(crate) fn connect(config: Config) -> Server {
    Server::connect(config, Some(SecretString::from("s3cret"))).unwrap()
}

pub(crate) fn model(protocol: Protocol, server: &ModelServer) -> Server {
    connect(config(protocol, server))
}
