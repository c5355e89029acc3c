//! What a model says, in every protocol: texts, values, vectors, and what they cost.

use std::sync::Mutex;

use galley_agents_model::{
    Chat, Config, Elsewhere, Finish, Heard, Model, ModelError, Protocol, Server, Usage,
};
use galley_tests_support::model_server::{Answer, ModelServer};
use serde_json::json;

use crate::bench::{ALL, config, connect, model, prompt, shaped, url};

#[tokio::test]
async fn a_streamed_text_comes_whole_with_its_cost() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::Text("Ein grünes Blatt.".to_owned())).await;
        let done = model(protocol, &server).complete(&prompt()).await.unwrap();
        assert_eq!((done.text.as_str(), done.finish), ("Ein grünes Blatt.", Finish::Stop));
        assert_eq!((done.usage.input_tokens, done.usage.output_tokens), (100, 20), "{protocol:?}");
        assert_eq!((done.usd_micros, done.model.as_str()), (300, "scripted"), "{protocol:?}");
        let asked = server.asked();
        assert!(asked[0].key.as_ref().unwrap().ends_with("s3cret"), "{protocol:?}");
        let sent = asked[0].body.to_string();
        for part in ["You plan.", "Plan this.", "0.5", "100"] {
            assert!(sent.contains(part), "{protocol:?}: {part} in {sent}");
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::Plain("whole".to_owned())).await;
        let heard: Mutex<String> = Mutex::default();
        let ear = |piece: Heard<'_>| {
            if let Heard::Text(text) = piece {
                heard.lock().unwrap().push_str(text);
            }
        };
        let turn = model(protocol, &server).converse(&Chat::from(&prompt()), &ear).await.unwrap();
        let done = turn.said;
        assert_eq!((done.text.as_str(), done.usage.input_tokens), ("whole", 100), "{protocol:?}");
        assert_eq!(*heard.lock().unwrap(), "whole", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_reply_is_over_when_it_says_so_whether_the_connection_ends_or_not() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::KeptOpen("said".to_owned())).await;
        let patient = Config { idle_ms: 3_600_000, ..config(protocol, &server) };
        let done = connect(patient).complete(&prompt()).await.unwrap();
        assert_eq!((done.text.as_str(), done.usage.output_tokens), ("said", 20), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_text_that_was_cut_off_says_so() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::Cut("and so".to_owned())).await;
        let done = model(protocol, &server).complete(&prompt()).await.unwrap();
        assert_eq!((done.text.as_str(), done.finish), ("and so", Finish::Length), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_model_that_thinks_gets_room_for_it_or_is_told_that_it_has_none() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::Cut(String::new())).await;
        let roomy = Config { thought_tokens: 3_000, ..config(protocol, &server) };
        let model = connect(roomy);
        let error = model.complete(&prompt()).await.unwrap_err();
        let ModelError::Invalid { usage, reason } = error else { panic!("{error}") };
        assert!(reason.contains("thought_tokens") && usage.output_tokens == 20, "{protocol:?}");
        let sent = server.asked()[0].body.to_string();
        assert!(sent.contains("3100"), "{protocol:?}: {sent}");
        // The room is held in money before a call.
        let most = model.price(Usage { input_tokens: 0, output_tokens: 100 });
        assert_eq!(most, 31_000, "{protocol:?}");
    }
}

#[tokio::test]
async fn it_is_heard_while_it_is_said_and_what_broke_off_does_not_count() {
    for protocol in ALL {
        let script = [Answer::HalfStream("Not this, but ".to_owned())];
        let server = ModelServer::start(script, Answer::Text("this is said.".to_owned())).await;
        let heard: Mutex<(Vec<String>, usize)> = Mutex::default();
        let ear = |piece: Heard<'_>| {
            let mut heard = heard.lock().unwrap();
            match piece {
                Heard::Text(text) => heard.0.push(text.to_owned()),
                Heard::Anew => {
                    heard.0.clear();
                    heard.1 += 1;
                }
            }
        };
        let turn = model(protocol, &server).converse(&Chat::from(&prompt()), &ear).await.unwrap();
        let (pieces, anew) = &*heard.lock().unwrap();
        assert_eq!((pieces.concat(), *anew), (turn.said.text, 1), "{protocol:?}");
        assert!(pieces.len() > 1, "{protocol:?}: {pieces:?}");
    }
}

#[tokio::test]
async fn a_value_meets_its_schema() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::BySchema).await;
        let done = model(protocol, &server).complete(&shaped()).await.unwrap();
        assert_eq!(
            (done.value, server.asked().len()),
            (Some(json!({ "n": 0 })), 1),
            "{protocol:?}"
        );
    }
}

#[tokio::test]
async fn a_reply_that_misses_the_schema_gets_one_repair_turn() {
    for protocol in ALL {
        let script = [Answer::Text("{\"n\": \"one\"}".to_owned())];
        let server = ModelServer::start(script, Answer::Json(json!({ "n": 1 }))).await;
        let done = model(protocol, &server).complete(&shaped()).await.unwrap();
        assert_eq!(done.value, Some(json!({ "n": 1 })));
        assert_eq!((done.usage.input_tokens, done.usd_micros), (200, 600), "both are paid for");
        let repair = server.asked()[1].body.to_string();
        for part in ["does not meet the schema", "one", "Plan this."] {
            assert!(repair.contains(part), "{protocol:?}: {part} in {repair}");
        }
    }
}

#[tokio::test]
async fn a_reply_that_misses_it_twice_is_invalid_and_its_cost_is_known() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::Text("no value here".to_owned())).await;
        let error = model(protocol, &server).complete(&shaped()).await.unwrap_err();
        let ModelError::Invalid { usage, .. } = error else { panic!("{error}") };
        assert_eq!((usage.output_tokens, server.asked().len()), (40, 2), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_schema_that_is_none_is_told_before_anything_is_paid() {
    let server = ModelServer::start([], Answer::BySchema).await;
    let mut wrong = shaped();
    wrong.schema = Some(json!({ "type": "thing" }));
    let error = model(Protocol::Openai, &server).complete(&wrong).await.unwrap_err();
    assert!(error.to_string().contains("schema cannot be used"), "{error}");
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn what_a_server_does_not_tell_is_estimated_so_that_a_budget_holds() {
    for protocol in ALL {
        let server = ModelServer::start([], Answer::Untold("six bytes a word".to_owned())).await;
        let done = model(protocol, &server).complete(&prompt()).await.unwrap();
        assert!(done.usage.input_tokens > 20 && done.usage.output_tokens == 6, "{protocol:?}");
        assert!(done.usd_micros > 80, "{protocol:?}: {}", done.usd_micros);
    }
}

#[tokio::test]
async fn what_came_from_the_cache_costs_less() {
    for protocol in [Protocol::Openai, Protocol::OpenaiResponses, Protocol::Anthropic] {
        let server = ModelServer::start([], Answer::Cached("said".to_owned(), 80)).await;
        let done = model(protocol, &server).complete(&prompt()).await.unwrap();
        assert_eq!((done.usage.input_tokens, done.usd_micros), (100, 260), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_call_never_costs_more_than_the_most_that_was_told() {
    let server = ModelServer::start([], Answer::Text("said".to_owned())).await;
    let dear = Elsewhere { model: "claude-opus-4-1".to_owned(), ..Elsewhere::default() };
    let config = Config { fallbacks: vec![dear], ..config(Protocol::Openai, &server) };
    let model = connect(config);
    let done = model.complete(&prompt()).await.unwrap();
    assert_eq!(model.price(done.usage), 100 * 15 + 20 * 75, "the dearest of the chain");
}

#[tokio::test]
async fn a_model_that_was_chosen_is_asked_first_and_the_others_after_it() {
    let second = Elsewhere { model: "second".to_owned(), ..Elsewhere::default() };
    let third = Elsewhere { model: "third".to_owned(), ..Elsewhere::default() };
    let server =
        ModelServer::start([Answer::Status(400, None)], Answer::Text("said".to_owned())).await;
    let fallbacks = vec![second.clone(), third, second];
    let learned = Config { fallbacks, learned: true, ..config(Protocol::Openai, &server) };
    let fixed = Config { learned: false, ..learned.clone() };
    let first = learned.model.clone();
    assert_eq!(connect(fixed).names(), [first.as_str()]);
    let model = connect(learned);
    assert_eq!(model.names(), [first.as_str(), "second", "third"]);
    assert!(model.preferring(&first).is_none() && model.preferring("unknown").is_none());
    let chosen = model.preferring("third").expect("it is one of them");
    assert_eq!(chosen.card().name, "third");
    chosen.complete(&prompt()).await.unwrap();
    let asked: Vec<_> = server.asked().iter().map(|asked| asked.body["model"].clone()).collect();
    assert_eq!(asked, ["third", "second"], "a refusal goes on to the next");
}

#[tokio::test]
async fn texts_become_vectors_in_order() {
    for protocol in [Protocol::Openai, Protocol::OpenaiResponses, Protocol::Ollama] {
        let script = [Answer::Status(503, Some(0))];
        let server = ModelServer::start(script, Answer::BySchema).await;
        let model = model(protocol, &server);
        assert!(model.card().embeds);
        let texts = ["a", "bcd", ""].map(str::to_owned);
        let vectors = model.embed(&texts).await.unwrap();
        assert_eq!(vectors, [[1.0, 1.0], [1.0, 3.0], [1.0, 1.0]], "{protocol:?}");
        assert_eq!(server.asked()[1].body["input"][2], " ", "a server takes no empty text");
        assert_eq!(model.embed(&[]).await.unwrap(), Vec::<Vec<f32>>::new());
    }
}

#[tokio::test]
async fn vectors_may_come_from_another_server() {
    let server = ModelServer::start([], Answer::BySchema).await;
    let here = config(Protocol::Anthropic, &server);
    let without = connect(here.clone());
    assert!(!without.card().embeds, "this protocol has no vectors");
    assert!(without.embed(&["a".to_owned()]).await.is_err());
    let protocol = Protocol::Ollama;
    let at = Elsewhere {
        model: "vectors".to_owned(),
        url: url(protocol, &server),
        protocol: Some(protocol),
        ..Elsewhere::default()
    };
    let with = connect(Config { embedding: Some(at), ..here });
    assert_eq!(with.embed(&["abc".to_owned()]).await.unwrap(), [[1.0, 3.0]]);
    assert_eq!((with.card().embeds, server.asked()[0].key.as_deref()), (true, None));
}

#[tokio::test]
async fn a_server_is_asked_for_its_model_when_none_is_named() {
    for (protocol, want) in
        ALL.into_iter().zip(["scripted", "scripted", "scripted", "scripted:latest"])
    {
        let server = ModelServer::start([], Answer::Text("done".to_owned())).await;
        let unnamed = Config { model: String::new(), ..config(protocol, &server) };
        let model = Server::discover(unnamed, None).await.unwrap();
        assert_eq!(model.card().name, want);
        assert_eq!(model.complete(&prompt()).await.unwrap().text, "done");
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_told_before_the_first_call() {
    let connect = |url: &str, model: &str| {
        let config = Config { url: url.to_owned(), model: model.to_owned(), ..Config::default() };
        Server::connect(config, None).unwrap_err().to_string()
    };
    assert!(connect("not an address", "m").contains("'not an address'"));
    assert!(connect("ftp://example.org", "m").contains("http://"));
    assert!(connect("http://localhost:1/v1", "").contains("no model is named"));
    let wrong = |change: fn(&mut Config)| {
        let mut config =
            Config { url: "http://h/v1".to_owned(), model: "m".to_owned(), ..Config::default() };
        change(&mut config);
        Server::connect(config, None).unwrap_err().to_string()
    };
    let many = wrong(|config| config.fallbacks = vec![Elsewhere::default(); 9]);
    assert!(many.contains("9 models"), "{many}");
    let unnamed = wrong(|config| config.fallbacks = vec![Elsewhere::default()]);
    assert!(unnamed.contains("no model is named"), "{unnamed}");
    let mute = wrong(|config| {
        config.protocol = Protocol::Anthropic;
        config.embedding = Some(Elsewhere { model: "m".to_owned(), ..Elsewhere::default() });
    });
    assert!(mute.contains("does not turn texts into vectors"), "{mute}");
}
