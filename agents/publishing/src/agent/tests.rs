//! The agent as a goal sees it: published, and taken back by its undo.

use galley_agents_sdk::harness::Harness;
use galley_schemas::id::TaskId;
use tempfile::TempDir;

use super::*;
use crate::rules::tests::article;

fn publishing(dir: &TempDir) -> Publishing {
    Publishing::new(Config { out: dir.path().join("out"), ..Config::default() })
}

async fn publish(agent: &Publishing) -> Output {
    let harness = Harness::new();
    let article = harness.put(&article()).await.unwrap();
    let input = Input { article: Some(article), verdict: None, retract: None };
    harness.run(agent, input).await.unwrap()
}

const NOTHING: Input = Input { article: None, verdict: None, retract: None };

#[tokio::test]
async fn an_undo_takes_back_what_was_published() {
    let dir = tempfile::tempdir().unwrap();
    let agent = publishing(&dir);
    let output = publish(&agent).await;
    let input = Input { retract: Some(output), ..NOTHING };
    let undo = Harness::new().undoes(TaskId::new("publish"));
    undo.run(&agent, input).await.unwrap();
    assert!(!dir.path().join("out/rye-bread").exists());
}

#[tokio::test]
async fn an_undo_without_an_output_takes_back_what_stands_of_the_goal() {
    let dir = tempfile::tempdir().unwrap();
    let agent = publishing(&dir);
    let output = publish(&agent).await;
    let undo = || Harness::new().undoes(TaskId::new("publish"));
    assert_eq!(undo().run(&agent, NOTHING).await.unwrap(), output);
    assert!(!dir.path().join("out/rye-bread").exists());
    assert!(undo().run(&agent, NOTHING).await.unwrap().posts.is_empty());
}

#[tokio::test]
async fn nothing_to_publish_and_nothing_to_undo_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let fault = Harness::new().run(&publishing(&dir), NOTHING).await.unwrap_err();
    assert_eq!(fault.code, "GLY0704");
}
