//! A real WordPress.

use chrono::DateTime;
use galley_agents_sdk::harness::Harness;
use galley_schemas::content::PostState;
use galley_schemas::id::TaskId;
use galley_tests_support::wordpress::WordPress;
use serde_json::json;

use super::bench::{Bench, Desk, undo};
use crate::{Input, Mode, Publishing};

struct Stand {
    server: WordPress,
    bench: Bench,
    agent: Publishing,
}

impl Stand {
    fn new() -> Option<Self> {
        let (server, bench) = (WordPress::start()?, Bench::new());
        let agent = bench.agent(&json!([{ "wordpress": {
            "url": server.url(), "user": "galley", "password_file": server.password_file(),
            "categories": ["Bread & butter"],
        } }]));
        Some(Self { server, bench, agent })
    }

    /// One value of the newest post.
    fn post(&self, column: &str) -> String {
        let rows = self.server.sql(&format!(
            "SELECT {column} FROM wp_posts WHERE post_type = 'post' ORDER BY ID DESC LIMIT 1"
        ));
        rows.into_iter().next().unwrap_or_default()
    }

    fn terms(&self, kind: &str) -> Vec<String> {
        self.server.sql(&format!(
            "SELECT t.name FROM wp_term_relationships r JOIN wp_term_taxonomy x USING (term_taxonomy_id) \
             JOIN wp_terms t USING (term_id) WHERE x.taxonomy = '{kind}' AND r.object_id = ({})",
            "SELECT MAX(ID) FROM wp_posts WHERE post_type = 'post'"
        ))
    }
}

/// One server for all: to start one takes longer than all of this.
#[tokio::test]
async fn a_wordpress_gets_what_its_readers_and_search_engines_want() {
    let Some(stand) = Stand::new() else { return };
    an_article_is_a_post(&stand).await;
    a_second_one_has_a_name_of_its_own(&stand).await;
    drafts_and_times(&stand).await;
    updates_and_undos(&stand).await;
    meta_that_is_registered(&stand).await;
    a_wrong_password(&stand).await;
}

async fn an_article_is_a_post(stand: &Stand) {
    let output = Desk::new().await.publish(&stand.agent).await.unwrap();
    assert_eq!(
        (stand.post("post_status"), stand.post("post_name")),
        ("publish".to_owned(), "rye-bread".to_owned())
    );
    assert_eq!(stand.post("post_excerpt"), "What bakers say about rye \"bread\" & ovens.");
    assert_eq!(stand.terms("category"), ["Bread &amp; butter"]);
    assert_eq!(stand.terms("post_tag"), ["rye"]);
    let content = stand.post("post_content");
    assert!(
        content.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !content.contains("<script"),
        "{content}"
    );
    let pictures =
        "SELECT m.meta_value FROM wp_postmeta m WHERE m.meta_key = '_wp_attachment_image_alt'";
    assert_eq!(stand.server.sql(pictures), ["Rye"]);
    assert_eq!(
        stand.server.sql("SELECT COUNT(*) FROM wp_postmeta WHERE meta_key = '_thumbnail_id'"),
        ["1"]
    );
    assert!(output.url.starts_with(stand.server.url()), "{}", output.url);
    let (status, page) = galley_tests_support::http::get(&output.url).await;
    assert!(
        status == 200
            && page.contains("Rye bread: what bakers say")
            && page.contains("Rye holds water.")
    );
    undo(&stand.agent, &output).await.unwrap();
    assert_eq!(stand.post("post_status"), "trash");
    stand.server.clear();
}

async fn a_second_one_has_a_name_of_its_own(stand: &Stand) {
    Desk::new().await.publish(&stand.agent).await.unwrap();
    // As another goal's: without this mark.
    drop(stand.server.sql("UPDATE wp_posts SET post_content = 'theirs' WHERE post_type = 'post'"));
    Desk::new().await.publish(&stand.agent).await.unwrap();
    assert_eq!(stand.post("post_name"), "rye-bread-2");
    assert_eq!(stand.server.sql("SELECT COUNT(*) FROM wp_terms WHERE name = 'rye'"), ["1"]);
    stand.server.clear();
}

async fn drafts_and_times(stand: &Stand) {
    let later = DateTime::from_timestamp(4_000_000_000, 0);
    for (mode, publish_at, status, state) in [
        (Some(Mode::Draft), None, "draft", PostState::Draft),
        (None, later, "future", PostState::Scheduled),
    ] {
        let desk = Desk::new().await;
        let input = Input { mode, publish_at, ..desk.input() };
        let output = desk.harness.run(&stand.agent, input).await.unwrap();
        assert_eq!((stand.post("post_status").as_str(), output.posts[0].state), (status, state));
        // What only its editors see is found as well.
        let undo = Harness::new().undoes(TaskId::new("task"));
        let found = undo.run(&stand.agent, Input::default()).await.unwrap();
        assert_eq!(found.posts.len(), 1, "{status}");
        stand.server.clear();
    }
}

async fn updates_and_undos(stand: &Stand) {
    let first = Desk::new().await.publish(&stand.agent).await.unwrap();
    let desk = Desk::with(|article| article.title = "Rye bread, again".to_owned()).await;
    let input = Input { update: Some(first.clone()), ..desk.input() };
    let second = desk.harness.run(&stand.agent, input).await.unwrap();
    assert_eq!(first.posts[0].id, second.posts[0].id);
    assert_eq!(
        (stand.post("post_title"), stand.server.posts().len()),
        ("Rye bread, again".to_owned(), 1)
    );
    stand.server.clear();
}

async fn meta_that_is_registered(stand: &Stand) {
    let register = "<?php add_action('init', function () { register_post_meta('post', '_yoast_wpseo_metadesc', \
        ['show_in_rest' => true, 'single' => true, 'type' => 'string', 'auth_callback' => '__return_true']); });";
    stand.server.plug_in("seo", register);
    Desk::new().await.publish(&stand.agent).await.unwrap();
    let meta = "SELECT meta_key, meta_value FROM wp_postmeta WHERE meta_key LIKE '%wpseo%'";
    assert_eq!(
        stand.server.sql(meta),
        ["_yoast_wpseo_metadesc\tWhat bakers say about rye \"bread\" & ovens."]
    );
    stand.server.clear();
}

async fn a_wrong_password(stand: &Stand) {
    let password = stand.bench.key("aaaa bbbb cccc dddd eeee ffff");
    let agent = stand.bench.agent(&json!([{ "wordpress": {
        "url": stand.server.url(), "user": "galley", "password_file": password } }]));
    let fault = Desk::new().await.publish(&agent).await.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0711", false));
    assert!(!format!("{fault:?}").contains("aaaa bbbb"), "{fault:?}");
    assert!(stand.server.posts().is_empty());
}
