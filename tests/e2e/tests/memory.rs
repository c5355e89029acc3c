//! The memory across goals on a real Postgres: one for processes that share nothing else.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::fs;

use galley_tests_e2e::nats::{OnNats, Role};
use galley_tests_e2e::{Place, Running};
use galley_tests_support::postgres::Server;

/// A place whose memory is on the server, by a file that holds the address.
fn place(server: &Server) -> (Place, String) {
    let place = Place::new();
    let (address, config) = (place.path("address"), place.path("galley.yaml"));
    fs::write(&address, server.url("galley")).unwrap();
    let text = format!("knowledge:\n  postgres:\n    url_file: {}\n", address.display());
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap().to_owned();
    (place, config)
}

#[test]
fn what_one_machine_published_another_knows() {
    let Some(server) = Server::start() else { return };
    let (one, config) = place(&server);
    let topic = "How coffee is roasted";
    let _first = one.run_topic(topic, &["--config", &config]).success();
    assert!(!one.state().join("memory.db").exists());
    let (other, config) = place(&server);
    // Ideation does not tell the same story twice: it knows the title that the other one published.
    let _second = other.run_topic(topic, &["--config", &config]).success();
    let titles = [&one, &other].map(|place| {
        let posts = place.posts();
        assert_eq!(posts.len(), 1, "{posts:?}");
        posts.into_keys().next().unwrap()
    });
    assert_ne!(titles[0], titles[1]);
}

/// The memory as `/readyz` tells it.
fn told(role: &Role) -> String {
    role.probe("readyz").unwrap().1
}

#[test]
fn a_role_whose_memory_is_away_says_so_and_is_ready_once_it_is_back() {
    let Some(server) = Server::start().filter(Server::is_own) else { return };
    let Some(on) = OnNats::start() else { return };
    let config = on.path("galley.yaml");
    let address = server.url("galley");
    fs::write(&config, format!("knowledge: {{ postgres: {{ url: '{address}' }} }}")).unwrap();
    let command = |args: &[&str]| {
        let mut command = on.command(args);
        command.arg("--config").arg(&config);
        command
    };
    let first = Role::start(command(&["agent", "ideation"]));
    assert!(told(&first).contains(r#""memory":true"#));
    server.stop();
    let late = Role::begun(Running::start_with_notes(command(&["agent", "seo"])));
    assert!(late.said.contains("waits for the memory on Postgres: "), "{}", late.said);
    assert!(late.said.contains("GLY0281") && told(&late).contains(r#""memory":false"#));
    first.is_soon("readyz", 503);
    assert!(told(&first).contains(r#""connected":true,"bound":true"#), "{}", told(&first));
    assert_eq!(first.probe("healthz").unwrap().0, 200);
    // Whoever remembers nothing does not wait for it.
    let coordinator = Role::start(command(&["coordinator"]));
    assert!(!told(&coordinator).contains("memory"));
    server.start_again();
    first.is_soon("readyz", 200);
    late.is_soon("readyz", 200);
}

#[test]
fn a_memory_that_is_away_is_told_without_its_password() {
    let Some(server) = Server::start().filter(Server::is_own) else { return };
    let (place, config) = place(&server);
    server.stop();
    let ran = place.run_topic("How coffee is roasted", &["--config", &config]).exits(1);
    let url = server.url("galley");
    let password = url.split([':', '@']).nth(2).unwrap();
    assert!(ran.err().contains("GLY0281"), "{}", ran.err());
    assert!(!ran.err().contains(password), "{}", ran.err());
}
