//! Several targets together: their order, how far they go, what fails, and what is taken back.

use chrono::DateTime;
use galley_schemas::content::PostState;
use galley_tests_support::targets::{bluesky, ghost, indexnow, mastodon, webhook};
use serde_json::{Value, json};

use super::bench::{Bench, Desk, undo};
use crate::{Input, Mode, Output, Publishing};

/// Every kind of target but those that run for real elsewhere.
struct All {
    bench: Bench,
    mastodon: mastodon::Mastodon,
    bluesky: bluesky::Bluesky,
    ghost: ghost::Ghost,
    webhook: webhook::Webhook,
    indexnow: indexnow::IndexNow,
    agent: Publishing,
}

impl All {
    async fn new() -> Self {
        let bench = Bench::new();
        let mastodon = mastodon::Mastodon::start().await;
        let bluesky = bluesky::Bluesky::start().await;
        let ghost = ghost::Ghost::start().await;
        let webhook = webhook::Webhook::start().await;
        let indexnow = indexnow::IndexNow::start().await;
        let key = |name: &str, key: &str| {
            let path = bench.path(name);
            std::fs::write(&path, format!("{key}\n")).unwrap();
            path
        };
        let agent = bench.agent(&json!([
            { "mastodon": { "url": mastodon.url(), "token_file": key("m", mastodon::TOKEN) } },
            { "ghost": { "url": ghost.url(), "key_file": key("g", ghost::KEY), "tags": ["News"] } },
            { "bluesky": { "url": bluesky.url(), "handle": bluesky::HANDLE, "password_file": key("b", bluesky::PASSWORD) } },
            { "indexnow": { "endpoint": format!("{}indexnow", indexnow.url()), "key_file": key("i", indexnow::KEY) } },
            { "name": "hook", "webhook": {
                "url": format!("{}hook", webhook.url()), "secret_file": key("w", webhook::SECRET), "deduplicates": true } },
        ]));
        Self { bench, mastodon, bluesky, ghost, webhook, indexnow, agent }
    }
}

fn targets(output: &Output) -> Vec<&str> {
    output.posts.iter().map(|post| post.target.as_str()).collect()
}

#[tokio::test]
async fn pages_come_first_and_are_announced_by_their_address() {
    let all = All::new().await;
    let output = Desk::new().await.publish(&all.agent).await.unwrap();
    assert_eq!(targets(&output), ["ghost", "hook", "mastodon", "bluesky", "indexnow"]);
    let page = "https://ghost.example/rye-bread/";
    assert_eq!((output.url.as_str(), &output.missed), (page, &Vec::new()));
    assert!(all.mastodon.texts()[0].contains(page));
    let record = &all.bluesky.records()[0];
    assert_eq!(record["embed"]["external"]["uri"], page);
    assert_eq!(record["embed"]["external"]["thumb"]["mimeType"], "image/png");
    assert_eq!(all.indexnow.told(), [page]);
    let post = &all.ghost.posts()[0];
    assert_eq!(post["status"], "published");
    assert_eq!(post["tags"], json!([{ "name": "News" }, { "name": "rye" }]));
    assert_eq!(post["feature_image"], "https://ghost.example/content/images/1.png");
    let (times, message) = &all.webhook.messages()[0];
    assert_eq!((*times, &message["type"]), (1, &json!("article.published")));
    for html in [&post["html"], &message["data"]["html"]] {
        let html = html.as_str().unwrap();
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    }
}

#[tokio::test]
async fn an_undo_takes_all_of_it_back() {
    let all = All::new().await;
    let output = Desk::new().await.publish(&all.agent).await.unwrap();
    undo(&all.agent, &output).await.unwrap();
    assert!(all.mastodon.texts().is_empty() && all.bluesky.records().is_empty());
    assert!(all.ghost.posts().is_empty());
    let taken: Vec<Value> =
        all.webhook.messages().into_iter().map(|(_, message)| message["type"].clone()).collect();
    assert!(taken.contains(&json!("article.retracted")), "{taken:?}");
}

#[tokio::test]
async fn a_draft_is_a_draft_and_is_not_announced() {
    let all = All::new().await;
    let desk = Desk::new().await;
    let input = Input { mode: Some(Mode::Draft), ..desk.input() };
    let output = desk.harness.run(&all.agent, input).await.unwrap();
    assert_eq!(all.ghost.posts()[0]["status"], "draft");
    assert!(output.posts.iter().all(|post| post.state == PostState::Draft));
    let missed: Vec<(&str, &str)> = output
        .missed
        .iter()
        .map(|missed| (missed.target.as_str(), missed.fault.code.as_str()))
        .collect();
    assert_eq!(missed, [("mastodon", "GLY0717"), ("bluesky", "GLY0717"), ("indexnow", "GLY0717")]);
    assert!(all.mastodon.texts().is_empty());
}

#[tokio::test]
async fn a_time_that_is_set_is_handed_on() {
    let all = All::new().await;
    let desk = Desk::new().await;
    let at = DateTime::from_timestamp(4_000_000_000, 0);
    let output =
        desk.harness.run(&all.agent, Input { publish_at: at, ..desk.input() }).await.unwrap();
    assert_eq!(output.posts[0].state, PostState::Scheduled);
    let post = &all.ghost.posts()[0];
    assert_eq!(
        (&post["status"], &post["published_at"]),
        (&json!("scheduled"), &json!("2096-10-02T07:06:40.000Z"))
    );
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_shows_all() {
    let all = All::new().await;
    let desk = Desk::new().await;
    let input = Input { mode: Some(Mode::DryRun), ..desk.input() };
    let output = desk.harness.run(&all.agent, input).await.unwrap();
    assert!(output.posts.is_empty() && output.url.is_empty());
    assert_eq!(output.previews.len(), 5);
    for preview in &output.previews {
        let shown: Value = desk.harness.get(&preview.shows).await.unwrap();
        assert!(shown["writes"].is_object(), "{shown}");
    }
    assert!(desk.harness.effects().is_empty());
    let nothing = all.ghost.posts().is_empty()
        && all.mastodon.texts().is_empty()
        && all.webhook.messages().is_empty();
    assert!(nothing && all.bluesky.records().is_empty() && all.indexnow.told().is_empty());
}

#[tokio::test]
async fn an_update_changes_what_stands_also_when_others_change_it() {
    let all = All::new().await;
    let first = Desk::new().await.publish(&all.agent).await.unwrap();
    all.ghost.change_meanwhile(2);
    let desk = Desk::with(|article| article.title = "Rye bread, again".to_owned()).await;
    let input = Input { update: Some(first.clone()), ..desk.input() };
    let second = desk.harness.run(&all.agent, input).await.unwrap();
    assert_eq!((&second.mark, second.updated), (&first.mark, true));
    let posts = all.ghost.posts();
    assert_eq!((posts.len(), &posts[0]["title"]), (1, &json!("Rye bread, again")));
    assert_eq!((all.mastodon.texts().len(), all.bluesky.records().len()), (1, 1));
}

#[tokio::test]
async fn a_post_that_fails_does_not_take_the_article_with_it() {
    let all = All::new().await;
    std::fs::write(all.bench.path("m"), "another token").unwrap();
    let desk = Desk::new().await;
    let output = desk.publish(&all.agent).await.unwrap();
    assert_eq!(targets(&output), ["ghost", "hook", "bluesky", "indexnow"]);
    let missed = &output.missed[0];
    assert_eq!((missed.target.as_str(), missed.fault.code.as_str()), ("mastodon", "GLY0711"));
    assert!(!missed.fault.to_string().contains("another token"), "{}", missed.fault);
    assert_eq!(all.ghost.posts().len(), 1);
}

#[tokio::test]
async fn a_page_that_fails_is_tried_again_behind_those_that_stand() {
    let all = All::new().await;
    std::fs::remove_file(all.bench.path("w")).unwrap();
    let desk = Desk::new().await;
    assert_eq!(desk.publish(&all.agent).await.unwrap_err().code, "GLY0713");
    assert!(all.mastodon.texts().is_empty(), "nothing is announced before all pages stand");
    std::fs::write(all.bench.path("w"), webhook::SECRET).unwrap();
    let output = desk.publish(&all.agent).await.unwrap();
    assert_eq!((output.posts.len(), all.ghost.posts().len()), (5, 1));
}

#[tokio::test]
async fn a_target_that_is_configured_no_more_keeps_its_post_and_says_so() {
    let all = All::new().await;
    let output = Desk::new().await.publish(&all.agent).await.unwrap();
    let site = all.bench.agent(&json!([{ "site": {} }]));
    assert_eq!(undo(&site, &output).await.unwrap_err().code, "GLY0718");
    assert_eq!(all.ghost.posts().len(), 1);
}

#[tokio::test]
async fn a_target_goes_no_further_than_it_is_set() {
    let server = ghost::Ghost::start().await;
    let bench = Bench::new();
    let key = bench.key(ghost::KEY);
    let agent = bench
        .agent(&json!([{ "mode": "draft", "ghost": { "url": server.url(), "key_file": key } }]));
    let desk = Desk::new().await;
    desk.harness.run(&agent, Input { mode: Some(Mode::Live), ..desk.input() }).await.unwrap();
    assert_eq!(server.posts()[0]["status"], "draft");
}
