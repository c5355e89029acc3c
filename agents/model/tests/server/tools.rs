//! Tool calls, in every protocol.

use galley_agents_model::{
    Call, Chat, Completion, Finish, Message, Model, ModelCard, ModelError, Outcome, Prompt,
    Protocol, Recorded, ToolUse, Turn, Usage,
};
use galley_tests_support::model_server::{Answer, ModelServer};
use serde_json::{Value, json};

use crate::bench::{ALL, chat, model, prompt, shaped};

fn calls(calls: &[(&str, Value)]) -> Answer {
    Answer::Calls(calls.iter().map(|(name, input)| ((*name).to_owned(), input.clone())).collect())
}

#[tokio::test]
async fn a_model_calls_tools_hears_what_came_of_them_and_answers() {
    for protocol in ALL {
        let (grass, moss) = (json!({ "query": "grass" }), json!({ "query": "moss" }));
        let script = [calls(&[("find", grass.clone()), ("find", moss)])];
        let server = ModelServer::start(script, Answer::Text("Grass grows.".to_owned())).await;
        let model = model(protocol, &server);
        let mut chat = chat();
        let turn = model.converse(&chat, &()).await.unwrap();
        assert_eq!(turn.calls.len(), 2, "{protocol:?}");
        assert_eq!((turn.calls[0].name.as_str(), &turn.calls[0].input), ("find", &grass));
        assert!(turn.calls.iter().all(|call| call.fault.is_none()), "{protocol:?}");
        assert_ne!(turn.calls[0].id, turn.calls[1].id, "{protocol:?}");

        chat.messages.push(turn.message());
        let found = Outcome::of(&turn.calls[0], "Grass grows in May.");
        let lost = Outcome::failure(&turn.calls[1], "The page is gone.");
        chat.messages.push(Message::Tools { outcomes: vec![found, lost] });
        let turn = model.converse(&chat, &()).await.unwrap();
        assert_eq!((turn.said.text.as_str(), turn.calls.len()), ("Grass grows.", 0));
        let asked = &server.asked()[1].body;
        let (pointer, want) = match protocol {
            Protocol::Openai => ("/messages/3/tool_call_id", json!("call_0")),
            Protocol::OpenaiResponses => ("/input/3/call_id", json!("call_0")),
            Protocol::Anthropic => ("/messages/2/content/1/is_error", json!(true)),
            Protocol::Ollama => ("/messages/3/tool_name", json!("find")),
        };
        assert_eq!(asked.pointer(pointer), Some(&want), "{protocol:?}: {asked}");
        for part in ["moss", "Grass grows in May.", "The page is gone."] {
            assert!(asked.to_string().contains(part), "{protocol:?}: {part} in {asked}");
        }
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_carried_out_says_why() {
    for protocol in ALL {
        let wrong =
            calls(&[("seek", json!({})), ("find", json!({ "query": 3 })), ("find", json!({}))]);
        let server = ModelServer::start([], wrong).await;
        let turn = model(protocol, &server).converse(&chat(), &()).await.unwrap();
        let faults: Vec<&str> =
            turn.calls.iter().map(|call| call.fault.as_deref().unwrap_or_default()).collect();
        assert!(faults[0].contains("no tool 'seek'"), "{protocol:?}: {faults:?}");
        assert!(faults[1].contains("/query"), "{protocol:?}: {faults:?}");
        assert!(faults[2].contains("required"), "{protocol:?}: {faults:?}");
    }
}

#[tokio::test]
async fn tools_may_must_or_must_not_be_called() {
    let check = async |protocol: Protocol, tool_use: ToolUse, want: Value| {
        let server = ModelServer::start([], Answer::Text("said".to_owned())).await;
        let mut chat = chat();
        chat.tool_use = tool_use;
        model(protocol, &server).converse(&chat, &()).await.unwrap();
        let body = &server.asked()[0].body;
        let asked = body.get("tool_choice").cloned();
        let asked = asked.unwrap_or_else(|| json!(body.get("tools").is_some()));
        assert_eq!(asked, want, "{protocol:?} {tool_use:?}");
    };
    for protocol in [Protocol::Openai, Protocol::OpenaiResponses] {
        check(protocol, ToolUse::May, json!("auto")).await;
        check(protocol, ToolUse::Must, json!("required")).await;
        check(protocol, ToolUse::MustNot, json!("none")).await;
    }
    check(Protocol::Anthropic, ToolUse::May, json!({ "type": "auto" })).await;
    check(Protocol::Anthropic, ToolUse::Must, json!({ "type": "any" })).await;
    check(Protocol::Anthropic, ToolUse::MustNot, json!({ "type": "none" })).await;
    // This protocol has no such choice: what must not be called is not offered.
    check(Protocol::Ollama, ToolUse::May, json!(true)).await;
    check(Protocol::Ollama, ToolUse::MustNot, json!(false)).await;
}

#[tokio::test]
async fn a_turn_without_calls_meets_its_schema() {
    for protocol in ALL {
        let script = [calls(&[("find", json!({ "query": "grass" }))])];
        let server = ModelServer::start(script, Answer::Json(json!({ "n": 7 }))).await;
        let model = model(protocol, &server);
        let mut chat = chat();
        chat.schema = shaped().schema;
        let turn = model.converse(&chat, &()).await.unwrap();
        assert_eq!((turn.said.value.clone(), turn.calls.len()), (None, 1), "{protocol:?}");
        chat.messages.push(turn.message());
        let outcomes = vec![Outcome::of(&turn.calls[0], "seven")];
        chat.messages.push(Message::Tools { outcomes });
        chat.tool_use = ToolUse::MustNot;
        let turn = model.converse(&chat, &()).await.unwrap();
        assert_eq!(turn.said.value, Some(json!({ "n": 7 })), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_turn_is_journaled_as_it_was() {
    for protocol in ALL {
        let call = calls(&[("find", json!({ "query": "grass" }))]);
        let server = ModelServer::start([], call).await;
        let turn = model(protocol, &server).converse(&chat(), &()).await.unwrap();
        let kept = serde_json::to_string(&turn).unwrap();
        let back: Turn = serde_json::from_str(&kept).unwrap();
        assert_eq!(back, turn);
    }
}

#[tokio::test]
async fn too_many_tools_and_broken_ones_are_told_before_anything_is_paid() {
    let server = ModelServer::start([], Answer::BySchema).await;
    let model = model(Protocol::Openai, &server);
    let mut many = chat();
    many.tools = vec![many.tools[0].clone(); 65];
    assert!(model.converse(&many, &()).await.unwrap_err().to_string().contains("65 tools"));
    let mut broken = chat();
    broken.tools[0].input = json!({ "type": "thing" });
    assert!(model.converse(&broken, &()).await.unwrap_err().to_string().contains("tool 'find'"));
    assert_eq!(server.asked().len(), 0);
}

fn said(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        value: None,
        model: "recorded".to_owned(),
        usage: Usage::default(),
        usd_micros: 0,
        finish: Finish::Stop,
    }
}

/// A model that only completes.
#[derive(Debug)]
struct Plain(Recorded);

#[async_trait::async_trait]
impl Model for Plain {
    fn card(&self) -> &ModelCard {
        self.0.card()
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        self.0.complete(prompt).await
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.0.embed(texts).await
    }
}

#[tokio::test]
async fn a_model_that_only_completes_takes_a_single_prompt() {
    let plain = Plain(Recorded::new([("outline".to_owned(), said("said"))]));
    let turn = plain.converse(&Chat::from(&prompt()), &()).await.unwrap();
    assert_eq!((turn.said.text.as_str(), plain.0.asked()), ("said", vec![prompt()]));
    assert!(plain.converse(&chat(), &()).await.unwrap_err().to_string().contains("tools"));
}

#[tokio::test]
async fn recorded_turns_are_given_back_in_order() {
    let input = json!({ "query": "moss" });
    let call = Call { id: "a".to_owned(), name: "find".to_owned(), input, fault: None };
    let first = Turn { said: said(""), calls: vec![call], kept: Vec::new() };
    let last = Turn { said: said("Moss."), calls: Vec::new(), kept: Vec::new() };
    let turns = [first.clone(), last.clone()].map(|turn| ("research".to_owned(), turn));
    let recorded = Recorded::conversing(turns);
    let mut chat = chat();
    assert_eq!(recorded.converse(&chat, &()).await.unwrap(), first);
    chat.messages.push(first.message());
    assert_eq!(recorded.converse(&chat, &()).await.unwrap(), last);
    assert_eq!(recorded.conversed()[1], chat);
    assert!(recorded.converse(&chat, &()).await.is_err(), "no more is recorded");
}
