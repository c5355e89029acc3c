//! Law: whatever instant of a write the process dies at, and dies at again, there is one post.
//!
//! The process is the attempt's future, dropped while a request is held up at a gate before the target:
//! before the target has it, or when nobody has heard its answer. `tests/e2e/tests/publishing_kill.rs`
//! does the same to processes.

use std::process::Command;

use galley_tests_support::gate::{Gate, Hold};
use galley_tests_support::targets::{bluesky, ghost, indexnow, mastodon, webhook};
use galley_tests_support::wordpress::WordPress;
use serde_json::{Value, json};

use super::bench::{Bench, Desk};
use crate::Publishing;

/// A target behind a gate, and an agent that publishes to it.
struct World {
    gate: Gate,
    agent: Publishing,
    posts: Box<dyn Fn() -> usize>,
    _bench: Bench,
}

impl World {
    async fn new(
        url: &str,
        targets: impl FnOnce(&Bench, &str) -> Value,
        posts: impl Fn() -> usize + 'static,
    ) -> Self {
        let (gate, bench) = (Gate::before(url).await, Bench::new());
        let agent = bench.agent(&targets(&bench, &gate.url()));
        Self { gate, agent, posts: Box::new(posts), _bench: bench }
    }

    /// Publishes until a request is held up; then the attempt is dropped, as a crash drops it.
    async fn crash(&self, desk: &Desk, hold: Hold) {
        self.gate.hold(Some(hold));
        tokio::select! {
            biased;
            () = self.gate.held() => {}
            published = desk.publish(&self.agent) => {
                // There was no such request any more.
                assert!(published.is_ok(), "{hold:?}: {published:?}");
            }
        }
        self.gate.hold(None);
    }

    /// Publishes, and sees that there is one post.
    async fn publish(&self, desk: &Desk, when: &str) {
        let output = desk.publish(&self.agent).await.unwrap();
        assert_eq!(output.missed, [], "{when}");
        assert_eq!((self.posts)(), 1, "{when}");
        assert_eq!(desk.publish(&self.agent).await.unwrap(), output, "{when}, again");
        assert_eq!((self.posts)(), 1, "{when}, again");
    }
}

/// Every pair of instants, each in a world of its own; returns how often it crashed.
async fn hold_law<F: Future<Output = World>>(world: impl Fn() -> F) -> usize {
    let requests = {
        let (world, desk) = (world().await, Desk::new().await);
        world.publish(&desk, "without a crash").await;
        world.gate.passed()
    };
    let mut crashes = 0;
    for first in Hold::around(requests) {
        for second in Hold::around(requests) {
            let (world, desk) = (world().await, Desk::new().await);
            world.crash(&desk, first).await;
            world.crash(&desk, second).await;
            world.publish(&desk, &format!("{first:?}, {second:?}")).await;
            crashes += 2;
        }
    }
    crashes
}

fn with_site(target: &Value) -> Value {
    json!([{ "site": {} }, target])
}

#[tokio::test]
async fn mastodon_has_one_status_even_when_its_keys_are_forgotten() {
    let crashes = hold_law(|| async {
        let server = mastodon::Mastodon::start().await;
        let url = server.url().to_owned();
        let targets = |bench: &Bench, url: &str| {
            with_site(
                &json!({ "mastodon": { "url": url, "token_file": bench.key(mastodon::TOKEN) } }),
            )
        };
        let posts = move || {
            server.forget_keys();
            server.texts().len()
        };
        World::new(&url, targets, posts).await
    });
    assert!(crashes.await >= 100);
}

#[tokio::test]
async fn bluesky_has_one_record() {
    let crashes = hold_law(|| async {
        let server = bluesky::Bluesky::start().await;
        let url = server.url().to_owned();
        let targets = |bench: &Bench, url: &str| {
            let key = bench.key(bluesky::PASSWORD);
            with_site(
                &json!({ "bluesky": { "url": url, "handle": bluesky::HANDLE, "password_file": key } }),
            )
        };
        World::new(&url, targets, move || server.records().len()).await
    });
    assert!(crashes.await >= 50);
}

#[tokio::test]
async fn ghost_has_one_post() {
    let crashes = hold_law(|| async {
        let server = ghost::Ghost::start().await;
        let url = server.url().to_owned();
        let targets = |bench: &Bench, url: &str| json!([{ "ghost": { "url": url, "key_file": bench.key(ghost::KEY) } }]);
        World::new(&url, targets, move || server.posts().len()).await
    });
    assert!(crashes.await >= 50);
}

#[tokio::test]
async fn a_webhook_that_can_be_asked_gets_one_message_once() {
    let crashes = hold_law(|| async {
        let server = webhook::Webhook::start().await;
        let url = server.url().to_owned();
        let targets = |bench: &Bench, url: &str| {
            json!([{ "webhook": {
                "url": format!("{url}hook"), "secret_file": bench.key(webhook::SECRET),
                "status_url": format!("{url}status/{{id}}"),
            } }])
        };
        // One message, and it came once.
        let posts = move || {
            server.messages().iter().map(|(times, _)| usize::try_from(*times).unwrap()).sum()
        };
        World::new(&url, targets, posts).await
    });
    assert!(crashes.await >= 8);
}

#[tokio::test]
async fn a_webhook_that_drops_repeats_has_one_message() {
    hold_law(|| async {
        let server = webhook::Webhook::start().await;
        let url = server.url().to_owned();
        let targets = |bench: &Bench, url: &str| {
            json!([{ "webhook": {
                "url": format!("{url}hook"), "secret_file": bench.key(webhook::SECRET), "deduplicates": true,
            } }])
        };
        World::new(&url, targets, move || server.messages().len()).await
    })
    .await;
}

#[tokio::test]
async fn of_a_webhook_that_tells_nothing_a_person_is_asked() {
    let server = webhook::Webhook::start().await;
    let targets = |bench: &Bench, url: &str| {
        let key = bench.key(webhook::SECRET);
        json!([{ "webhook": { "url": format!("{url}hook"), "secret_file": key } }])
    };
    let url = server.url().to_owned();
    let world = World::new(&url, targets, move || server.messages().len()).await;
    let desk = Desk::new().await;
    world.crash(&desk, Hold::After(1)).await;
    assert_eq!(desk.publish(&world.agent).await.unwrap_err().code, "GLY0310");
    assert_eq!((world.posts)(), 1, "and it was not sent again");
}

#[tokio::test]
async fn a_search_engine_is_told_of_one_page() {
    hold_law(|| async {
        let server = indexnow::IndexNow::start().await;
        let url = server.url().to_owned();
        let targets = |bench: &Bench, url: &str| {
            let endpoint = format!("{url}indexnow");
            with_site(&json!({ "indexnow": { "endpoint": endpoint, "key_file": bench.key(indexnow::KEY) } }))
        };
        World::new(&url, targets, move || server.told().len()).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wordpress_has_one_post_and_one_picture() {
    let Some(server) = WordPress::start().map(std::sync::Arc::new) else { return };
    let targets = |bench: &Bench, url: &str| {
        let password = std::fs::read_to_string(server.password_file()).unwrap();
        json!([{ "wordpress": {
            "url": url, "user": "galley", "password_file": bench.key(&password), "categories": ["Baking"],
        } }])
    };
    let counted = std::sync::Arc::clone(&server);
    let posts = move || {
        let pictures = counted.sql("SELECT ID FROM wp_posts WHERE post_type = 'attachment'").len();
        assert!(pictures <= 1, "{pictures} pictures");
        counted.posts().len()
    };
    let world = World::new(server.url(), targets, posts).await;
    world.publish(&Desk::new().await, "without a crash").await;
    let requests = world.gate.passed();
    // Before a request, the server is as it was after the one before.
    for hold in (1..=requests).map(Hold::After) {
        server.clear();
        let desk = Desk::new().await;
        world.crash(&desk, hold).await;
        world.publish(&desk, &format!("{hold:?}")).await;
    }
    assert!(requests >= 9, "looks, a picture, terms, meta, the post: {requests}");
}

#[tokio::test]
async fn a_repository_has_one_commit_when_the_answer_of_a_push_is_lost() {
    let bench = Bench::new();
    let repository = bench.path("site.git");
    let made = Command::new("git").args(["init", "--quiet", "--bare"]).arg(&repository).status();
    assert!(made.is_ok_and(|status| status.success()));
    // The server takes the push and then tells that it failed.
    let hook = repository.join("hooks/post-update");
    std::fs::create_dir_all(repository.join("hooks")).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nkill -9 $PPID\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let agent = bench.agent(&json!([{ "git": {
        "repository": repository, "base_url": "https://example.org/posts/" } }]));
    let desk = Desk::new().await;
    let output = desk.publish(&agent).await.unwrap();
    assert_eq!(output.url, "https://example.org/posts/rye-bread/");
    let log = Command::new("git")
        .arg("-C")
        .arg(&repository)
        .args(["log", "--format=%s", "main"])
        .output();
    assert_eq!(String::from_utf8_lossy(&log.unwrap().stdout).lines().count(), 1);
}
