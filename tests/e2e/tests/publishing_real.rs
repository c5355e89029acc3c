//! The main job, published to a real WordPress and to a real Git repository.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::process::Command;

use galley_tests_e2e::{Place, Ran, events};
use galley_tests_support::corpus;
use galley_tests_support::wordpress::WordPress;
use serde_json::{Value, json};

/// A place with targets: a bare repository, and a WordPress where there is one.
struct Stand {
    place: Place,
    wordpress: Option<WordPress>,
}

impl Stand {
    fn new() -> Self {
        let stand = Self { place: Place::new(), wordpress: WordPress::start() };
        let made = Command::new("git")
            .args(["init", "--quiet", "--bare"])
            .arg(stand.repository())
            .status();
        assert!(made.is_ok_and(|status| status.success()), "git is here");
        let mut targets = vec![
            json!({ "name": "repo", "git": {
                "repository": stand.repository(), "base_url": "https://example.org/posts/" } }),
            json!({ "site": {} }),
        ];
        if let Some(wordpress) = &stand.wordpress {
            targets.insert(0, json!({ "name": "blog", "wordpress": {
                "url": wordpress.url(), "user": "galley", "password_file": wordpress.password_file() } }));
        }
        // JSON is YAML.
        let config = json!({ "agents": { "publishing": { "targets": targets } } });
        std::fs::write(stand.place.path("galley.yaml"), config.to_string()).unwrap();
        stand
    }

    fn repository(&self) -> std::path::PathBuf {
        self.place.path("site.git")
    }

    fn run(&self, more: &[&str]) -> Ran {
        let config = self.place.path("galley.yaml");
        let folder = corpus::shared("customer-service");
        let mut arguments = vec!["--config", config.to_str().unwrap()];
        match &folder {
            Some(folder) => arguments.extend(["--sources", folder.to_str().unwrap()]),
            None => arguments.extend(["--words", "300"]),
        }
        arguments.extend(more);
        self.place.run_topic("How AI chatbots change customer service", &arguments)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let ran =
            Command::new("git").arg("-C").arg(self.repository()).args(arguments).output().unwrap();
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }
}

fn receipts(records: &[Value]) -> Vec<&Value> {
    events(records).filter_map(|event| event.pointer("/settlement/receipt")).collect()
}

#[test]
fn an_article_stands_in_every_target_once() {
    let stand = Stand::new();
    // A dry run writes nothing anywhere.
    let shown = stand.run(&["--mode", "dry-run"]).success().out();
    assert!(shown.contains("nothing written"), "{shown}");
    let previews = stand.place.state().join("previews");
    assert!(std::fs::read_dir(previews).unwrap().count() >= 2, "each is shown in a file");
    assert!(stand.git(&["branch"]).is_empty() && stand.place.posts().is_empty());

    let out = stand.run(&[]).success().out();
    let slug = stand.place.posts().pop_first().unwrap().0;
    assert!(out.contains(&format!("https://example.org/posts/{slug}/")), "{out}");
    let page = stand.git(&["show", &format!("main:content/posts/{slug}/index.md")]);
    assert!(page.starts_with("---\n") && page.contains("[^1]"), "{page}");
    assert_eq!(stand.git(&["log", "--format=%h", "main"]).lines().count(), 1);
    let records = stand.place.records(None);
    let wanted = if stand.wordpress.is_some() { 3 } else { 2 };
    assert_eq!(receipts(&records).len(), wanted, "one effect for each target");
    if let Some(wordpress) = &stand.wordpress {
        assert_eq!(wordpress.posts().len(), 1);
        let seen = wordpress.sql("SELECT post_status, post_name FROM wp_posts WHERE post_content LIKE '%<!-- galley-%' AND post_type = 'post'");
        assert_eq!(seen, [format!("publish\t{slug}")]);
        let url = receipts(&records)[0]["url"].as_str().unwrap();
        assert!(out.contains(url), "{out}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_told_before_any_work() {
    let place = Place::new();
    let config = r#"{"agents":{"publishing":{"targets":[{"wordpress":{"url":"http://blog.example.org/","user":"me","password_file":"/nowhere"}}]}}}"#;
    std::fs::write(place.path("galley.yaml"), config).unwrap();
    let ran = place
        .run_topic("Coffee", &["--config", place.path("galley.yaml").to_str().unwrap()])
        .exits(2);
    assert!(ran.err().contains("GLY0715") && ran.err().contains("without TLS"), "{}", ran.err());
}
