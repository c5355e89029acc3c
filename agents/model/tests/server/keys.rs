//! Keys: where they go, and where they never show.

use futures::future::join_all;
use galley_agents_model::{Config, Elsewhere, Model, Protocol, Server};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until_async;
use secrecy::SecretString;
use serde_json::json;

use crate::bench::{ALL, config, prompt, url};

fn says_the_key() -> Answer {
    let message = "Incorrect API key provided: s3cret.";
    Answer::Fault(401, Vec::new(), json!({ "error": { "message": message } }))
}

#[tokio::test]
async fn no_text_shows_the_key_also_when_the_server_repeats_it() {
    for protocol in ALL {
        let server = ModelServer::start([], says_the_key()).await;
        let key = Some(SecretString::from("s3cret"));
        let model = Server::connect(config(protocol, &server), key).unwrap();
        let error = model.complete(&prompt()).await.unwrap_err();
        let shown = format!("{model:?} {error:?} {error}");
        assert!(!shown.contains("s3cret") && shown.contains("[key]"), "{protocol:?}: {shown}");
    }
}

#[tokio::test]
async fn a_key_that_was_changed_in_its_file_is_taken_without_a_restart() {
    for protocol in ALL {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "old\n").unwrap();
        let script = [says_the_key()];
        let server = ModelServer::start(script, Answer::Text("done".to_owned())).await;
        let config =
            Config { key_file: Some(file.clone()), tries_max: 1, ..config(protocol, &server) };
        let model = Server::connect(config, None).unwrap();
        std::fs::write(&file, "new\n").unwrap();
        assert_eq!(model.complete(&prompt()).await.unwrap().text, "done", "{protocol:?}");
        let keys: Vec<String> = server.asked().into_iter().filter_map(|asked| asked.key).collect();
        assert!(keys[0].ends_with("old") && keys[1].ends_with("new"), "{keys:?}");
    }
}

#[tokio::test]
async fn a_changed_key_is_taken_by_all_calls_that_are_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "old\n").unwrap();
    let server = ModelServer::gated(Answer::Locked("new", "done".to_owned())).await;
    let config = Config { key_file: Some(file.clone()), ..config(Protocol::Openai, &server) };
    let model = Server::connect(config, None).unwrap();
    let asked = prompt();
    let calls = join_all((0..4).map(|_| model.complete(&asked)));
    let watch = async {
        until_async("all at the gate", || async { (server.held() == 4).then_some(()) }).await;
        std::fs::write(&file, "new\n").unwrap();
        server.allow(8);
    };
    let (ended, ()) = futures::future::join(calls, watch).await;
    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
}

#[tokio::test]
async fn another_server_never_gets_the_first_ones_key() {
    let first = ModelServer::start([], Answer::Status(500, None)).await;
    let second = ModelServer::start([], Answer::Text("done".to_owned())).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "seconds").unwrap();
    for (key_file, want) in [(None, None), (Some(file), Some("seconds"))] {
        let at = Elsewhere {
            model: "second".to_owned(),
            url: url(Protocol::Anthropic, &second),
            protocol: Some(Protocol::Anthropic),
            key_file,
            ..Elsewhere::default()
        };
        let config =
            Config { fallbacks: vec![at], tries_max: 1, ..config(Protocol::Openai, &first) };
        let model = Server::connect(config, Some(SecretString::from("s3cret"))).unwrap();
        model.complete(&prompt()).await.unwrap();
        assert_eq!(first.asked().last().unwrap().key.as_deref(), Some("Bearer s3cret"));
        assert_eq!(second.asked().last().unwrap().key.as_deref(), want);
    }
}
