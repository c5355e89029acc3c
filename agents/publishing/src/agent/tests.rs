//! The agent as a goal sees it: published, and taken back by its undo.

use galley_agents_sdk::harness::Harness;
use galley_schemas::id::TaskId;
use tempfile::TempDir;

use super::*;
use crate::rules::tests::article;

fn publishing(dir: &TempDir) -> Publishing {
    Publishing::new(&Config { out: dir.path().join("out"), ..Config::default() }).unwrap()
}

async fn publish(agent: &Publishing) -> Output {
    let harness = Harness::new();
    let article = harness.put(&article()).await.unwrap();
    let input = Input { article: Some(article), ..Input::default() };
    harness.run(agent, input).await.unwrap()
}

#[tokio::test]
async fn an_undo_takes_back_what_was_published() {
    let dir = tempfile::tempdir().unwrap();
    let agent = publishing(&dir);
    let output = publish(&agent).await;
    let input = Input { retract: Some(output), ..Input::default() };
    let undo = Harness::new().undoes(TaskId::new("publish"));
    undo.run(&agent, input).await.unwrap();
    assert!(!dir.path().join("out/rye-bread").exists());
}

#[tokio::test]
async fn an_undo_without_an_output_takes_back_what_stands_of_the_goal() {
    let dir = tempfile::tempdir().unwrap();
    let agent = publishing(&dir);
    let output = publish(&agent).await;
    // The harness calls its one task so.
    let undo = || Harness::new().undoes(TaskId::new("task"));
    assert_eq!(undo().run(&agent, Input::default()).await.unwrap(), output);
    assert!(!dir.path().join("out/rye-bread").exists());
    assert!(undo().run(&agent, Input::default()).await.unwrap().posts.is_empty());
}

#[tokio::test]
async fn nothing_to_publish_and_nothing_to_undo_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let fault = Harness::new().run(&publishing(&dir), Input::default()).await.unwrap_err();
    assert_eq!(fault.code, "GLY0704");
}
