//! A bare repository, for real.

use std::process::Command;

use chrono::DateTime;
use galley_agents_sdk::harness::Harness;
use galley_schemas::content::PostState;
use galley_schemas::id::TaskId;
use serde_json::json;

use super::bench::{Bench, Desk, undo};
use crate::{Input, Mode, Publishing};

struct Repository {
    bench: Bench,
    agent: Publishing,
}

impl Repository {
    fn new() -> Self {
        let bench = Bench::new();
        let path = bench.path("site.git");
        let made = Command::new("git").args(["init", "--quiet", "--bare"]).arg(&path).status();
        assert!(made.is_ok_and(|status| status.success()), "git is here");
        let agent = bench.agent(&json!([{ "git": {
            "repository": path, "folder": "content/posts", "base_url": "https://example.org/posts/" } }]));
        Self { bench, agent }
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        let ran =
            command.arg("-C").arg(self.bench.path("site.git")).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    }

    fn commits(&self) -> Vec<String> {
        self.git(&["log", "--format=%s", "main"]).lines().map(str::to_owned).collect()
    }

    fn page(&self, path: &str) -> String {
        self.git(&["show", &format!("main:{path}")])
    }
}

#[tokio::test]
async fn an_article_is_one_commit_with_a_page_as_hugo_reads_it() {
    let to = Repository::new();
    let output = Desk::new().await.publish(&to.agent).await.unwrap();
    assert_eq!(output.url, "https://example.org/posts/rye-bread/");
    assert_eq!(to.commits(), ["Publish \"Rye bread: what bakers say\""]);
    let page = to.page("content/posts/rye-bread/index.md");
    for line in [
        "title: \"Rye bread: what bakers say\"",
        "draft: false",
        "slug: \"rye-bread\"",
        "images: [\"card.png\"]",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
    assert!(!page.contains("\n# "), "the generator prints the title");
    assert!(to.git(&["cat-file", "-s", "main:content/posts/rye-bread/card.png"]).trim() == "70");
    assert_eq!(to.git(&["log", "--format=%an <%ae>", "main"]).trim(), "Galley <galley@localhost>");
}

#[tokio::test]
async fn what_others_keep_there_stays_and_their_names_are_theirs() {
    let to = Repository::new();
    let blob = to.bench.path("theirs");
    std::fs::write(&blob, "theirs").unwrap();
    let blob = to.git(&["hash-object", "-w", blob.to_str().unwrap()]);
    for path in ["content/posts/rye-bread.md", "config.toml"] {
        to.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("100644,{},{path}", blob.trim()),
        ]);
    }
    let tree = to.git(&["write-tree"]);
    let commit = to.git(&[
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@y",
        "commit-tree",
        "-m",
        "Theirs",
        tree.trim(),
    ]);
    to.git(&["update-ref", "refs/heads/main", commit.trim()]);
    let output = Desk::new().await.publish(&to.agent).await.unwrap();
    assert_eq!(output.posts[0].id, "rye-bread-2");
    assert_eq!(to.page("config.toml"), "theirs");
    assert_eq!(to.page("content/posts/rye-bread.md"), "theirs");
    undo(&to.agent, &output).await.unwrap();
    assert_eq!(
        to.git(&["ls-tree", "-r", "--name-only", "main"]),
        "config.toml\ncontent/posts/rye-bread.md\n"
    );
    assert_eq!(to.commits().len(), 3);
}

#[tokio::test]
async fn drafts_and_times_are_in_the_front_matter() {
    for (input, state, line) in [
        (Input { mode: Some(Mode::Draft), ..Input::default() }, PostState::Draft, "draft: true"),
        (
            Input { publish_at: DateTime::from_timestamp(4_000_000_000, 0), ..Input::default() },
            PostState::Scheduled,
            "publishDate: \"2096-10-02T07:06:40Z\"",
        ),
    ] {
        let (to, desk) = (Repository::new(), Desk::new().await);
        let input = Input { article: desk.input().article, ..input };
        let output = desk.harness.run(&to.agent, input).await.unwrap();
        assert_eq!(output.posts[0].state, state);
        assert!(to.page("content/posts/rye-bread/index.md").contains(line), "{line}");
    }
}

#[tokio::test]
async fn an_update_changes_the_page_that_stands() {
    let to = Repository::new();
    let first = Desk::new().await.publish(&to.agent).await.unwrap();
    let desk = Desk::with(|article| article.title = "Rye bread, again".to_owned()).await;
    let input = Input { update: Some(first.clone()), ..desk.input() };
    let second = desk.harness.run(&to.agent, input).await.unwrap();
    assert_eq!((second.posts.clone(), second.updated), (first.posts, true));
    assert_eq!(
        to.commits(),
        ["Update \"Rye bread, again\"", "Publish \"Rye bread: what bakers say\""]
    );
    undo(&to.agent, &second).await.unwrap();
    assert_eq!(to.commits().len(), 2, "what stood before stays");
}

#[tokio::test]
async fn an_undo_without_an_output_finds_the_page_by_its_mark() {
    let to = Repository::new();
    Desk::new().await.publish(&to.agent).await.unwrap();
    let harness = Harness::new().undoes(TaskId::new("task"));
    let output = harness.run(&to.agent, Input::default()).await.unwrap();
    assert_eq!(output.posts.len(), 1);
    assert_eq!(to.git(&["ls-tree", "-r", "--name-only", "main"]), "");
}

#[tokio::test]
async fn many_at_once_share_the_branch() {
    let to = std::sync::Arc::new(Repository::new());
    let mut all = tokio::task::JoinSet::new();
    for n in 0..4 {
        let to = std::sync::Arc::clone(&to);
        all.spawn(async move {
            // The harness has one goal: other articles under other names are other posts here.
            let desk = Desk::with(|article| article.meta.slug = format!("loaf-{n}")).await;
            let input = Input {
                update: Some(crate::Output {
                    mark: format!("galley-{n:032x}-00000000"),
                    ..crate::Output::default()
                }),
                ..desk.input()
            };
            desk.harness.run(&to.agent, input).await.unwrap()
        });
    }
    all.join_all().await;
    assert_eq!(to.commits().len(), 4);
    assert_eq!(to.git(&["ls-tree", "--name-only", "main:content/posts"]).lines().count(), 4);
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_told_and_nothing_of_the_surroundings_is_read() {
    let bench = Bench::new();
    let agent = bench.agent(&json!([{ "git": {
        "repository": bench.path("nowhere.git"), "base_url": "https://example.org/" } }]));
    let fault = Desk::new().await.publish(&agent).await.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0716", true));
}
