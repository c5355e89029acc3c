//! kill -9 around each write to a target, then resume: exactly one post.
//!
//! A gate holds up one request, before the target has it or when nobody has heard its answer; the process
//! is killed then. The instants run side by side, since a killed process keeps the latch of its effect for
//! up to 15 s. `GALLEY_KILLS=100` asks for so many kills of each target, instead of the few of a usual run.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use galley_tests_e2e::{Place, Running};
use galley_tests_support::gate::{Gate, Hold};
use galley_tests_support::services::set;
use galley_tests_support::targets::mastodon::{Mastodon, TOKEN};
use galley_tests_support::wait::until;
use galley_tests_support::wordpress::WordPress;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Most runs side by side.
const TOGETHER: usize = 10;

fn configure(place: &Place, targets: &Value) {
    let config = json!({ "agents": { "publishing": { "base_url": "https://example.org/", "targets": targets } } });
    std::fs::write(place.path("galley.yaml"), config.to_string()).unwrap();
}

fn start(place: &Place, topic: &[&str]) -> Running {
    let (config, site) = (place.path("galley.yaml"), place.site());
    let mut arguments = vec![
        "run",
        "--json",
        "--config",
        config.to_str().unwrap(),
        "--out",
        site.to_str().unwrap(),
    ];
    arguments.extend(topic);
    Running::start(place.command(&arguments))
}

fn resume(place: &Place) {
    // 4: the kill came after the end.
    let code = start(place, &["--resume"]).wait();
    assert!(matches!(code, Some(0 | 4)), "{code:?}");
}

/// What every run is about: the same, so that each asks its target for the same.
const TOPIC: [&str; 3] = ["How coffee is roasted", "--words", "200"];

/// Kills a run at an instant and lets it go on; whether it came to that instant.
async fn kill_at(url: String, hold: Hold, targets: impl FnOnce(&Place, &str) -> Value) -> bool {
    let (gate, place) = (Gate::before(&url).await, Place::new());
    configure(&place, &targets(&place, &gate.url()));
    gate.hold(Some(hold));
    let mut running = start(&place, &TOPIC);
    let mut held = false;
    while !held && !running.has_ended() {
        held = tokio::time::timeout(Duration::from_millis(50), gate.held()).await.is_ok();
    }
    running.kill();
    gate.hold(None);
    tokio::task::spawn_blocking(move || resume(&place)).await.unwrap();
    held
}

/// Which instants are tried: those of a usual run, or as many as are asked for.
fn instants(usual: &[Hold], requests: u32) -> Vec<Hold> {
    match set("GALLEY_KILLS").and_then(|number| number.parse::<usize>().ok()) {
        Some(number) => {
            let all: Vec<Hold> = Hold::around(requests).collect();
            all.into_iter().cycle().take(number).collect()
        }
        None => usual.to_vec(),
    }
}

/// Runs all, so many at a time; returns how many were killed at their instant.
async fn all<F>(works: impl Iterator<Item = F>) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let (mut running, mut killed) = (JoinSet::new(), 0);
    for work in works {
        if running.len() >= TOGETHER {
            killed += usize::from(running.join_next().await.unwrap().unwrap());
        }
        running.spawn(work);
    }
    while let Some(done) = running.join_next().await {
        killed += usize::from(done.unwrap());
    }
    killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wordpress_has_each_article_once() {
    let Some(server) = WordPress::start().map(Arc::new) else { return };
    let targets = |server: &WordPress| {
        let password = server.password_file();
        move |_: &Place, gate: &str| json!([{ "wordpress": { "url": gate, "user": "galley", "password_file": password } }])
    };
    // Two whole runs: the first makes the tags, the second says how many requests a run has then.
    let mut requests = 0;
    for _ in 0..2 {
        let (gate, place) = (Gate::before(server.url()).await, Place::new());
        configure(&place, &targets(&server)(&place, &gate.url()));
        let run = start(&place, &TOPIC);
        let code = tokio::task::spawn_blocking(move || run.wait()).await.unwrap();
        assert_eq!(code, Some(0));
        requests = gate.passed();
    }
    // The look, the picture, and the post itself.
    let usual = [Hold::After(1), Hold::After(4), Hold::Before(requests), Hold::After(requests)];
    let instants = instants(&usual, requests);
    let works =
        instants.iter().map(|hold| kill_at(server.url().to_owned(), *hold, targets(&server)));
    assert_eq!(all(works).await, instants.len());
    let posts = server.sql(
        "SELECT COUNT(*), COUNT(DISTINCT REGEXP_SUBSTR(post_content, 'galley-[0-9a-f]+')) FROM wp_posts \
         WHERE post_type = 'post' AND post_status = 'publish' AND post_content LIKE '%<!-- galley-%'",
    );
    assert_eq!(posts, [format!("{0}\t{0}", instants.len() + 2)], "one post for each goal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mastodon_has_each_announcement_once() {
    let server = Arc::new(Mastodon::start().await);
    let instants = instants(&[Hold::Before(1), Hold::Before(4), Hold::After(4)], 4);
    let works = instants.iter().map(|hold| {
        kill_at(server.url().to_owned(), *hold, |place, gate| {
            let token = place.path("token");
            std::fs::write(&token, TOKEN).unwrap();
            // Each has pages at an address of its own.
            let base_url = format!("https://{}.example/", address(place));
            json!([
                { "git": { "repository": repository(place), "base_url": base_url } },
                { "mastodon": { "url": gate, "token_file": token } },
            ])
        })
    });
    assert_eq!(all(works).await, instants.len());
    let mut links: BTreeMap<String, u32> = BTreeMap::new();
    for text in server.texts() {
        let link = text.split_whitespace().find(|word| word.starts_with("https://"));
        *links.entry(link.unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert_eq!(links.len(), instants.len());
    assert!(links.values().all(|times| *times == 1), "{links:?}");
}

fn address(place: &Place) -> String {
    let path = place.path("");
    let name =
        path.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    name.to_lowercase()
}

/// A bare repository of the place's own.
fn repository(place: &Place) -> std::path::PathBuf {
    let path = place.path("site.git");
    let made = Command::new("git").args(["init", "--quiet", "--bare"]).arg(&path).status();
    assert!(made.is_ok_and(|status| status.success()), "git is here");
    path
}

fn hook(repository: &Path, name: &str) {
    let path = repository.join("hooks").join(name);
    let script = "#!/bin/sh\ntouch held\nwhile [ ! -e go ]; do sleep 0.02; done\n";
    std::fs::create_dir_all(repository.join("hooks")).unwrap();
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

/// Kills a run while the repository's server is at one of its steps. The push goes on by itself: what it
/// was before the kill, it is after it.
fn kill_in(step: &str) -> bool {
    let place = Place::new();
    let repository = repository(&place);
    hook(&repository, step);
    let to = json!({ "repository": repository, "base_url": "https://example.org/" });
    configure(&place, &json!([{ "git": to }]));
    let running = start(&place, &TOPIC);
    until("the push", || repository.join("held").exists().then_some(()));
    running.kill();
    std::fs::write(repository.join("go"), "").unwrap();
    resume(&place);
    let mut log = Command::new("git");
    let log = log.arg("-C").arg(&repository).args(["log", "--format=%s", "main"]).output().unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    assert_eq!(log.lines().count(), 1, "killed in {step}: {log}");
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_has_each_article_once() {
    let steps = ["pre-receive", "update", "post-receive", "post-update"];
    let kills = set("GALLEY_KILLS").and_then(|number| number.parse().ok()).unwrap_or(steps.len());
    let works = steps.into_iter().cycle().take(kills);
    let works = works.map(|step| async move {
        tokio::task::spawn_blocking(move || kill_in(step)).await.unwrap()
    });
    assert_eq!(all(works).await, kills);
}
