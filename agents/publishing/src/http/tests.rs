use galley_tests_support::web_server::{Page, WebServer};

use super::*;

fn key() -> (tempfile::NamedTempFile, Secret) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret-key\n").unwrap();
    let secret = Secret::new(file.path());
    (file, secret)
}

#[test]
fn an_address_without_tls_is_for_this_machine_unless_it_is_said() {
    for (url, plain, fits) in [
        ("https://blog.example.org", false, true),
        ("http://127.0.0.1:80/", false, true),
        ("http://[::1]/", false, true),
        ("http://localhost/", false, true),
        ("http://blog.example.org/", false, false),
        ("http://blog.example.org/", true, true),
        ("https://me:pass@blog.example.org/", false, false),
        ("file:///etc/passwd", true, false),
        ("blog", true, false),
    ] {
        assert_eq!(origin(url, plain).is_ok(), fits, "{url}");
    }
}

#[tokio::test]
async fn no_other_host_is_asked() {
    let server = WebServer::start([
        ("/to", Page::Redirect("/there".to_owned())),
        ("/there", Page::html("x")),
    ])
    .await;
    let http = Http::new("test", &server.url("/"), false).unwrap();
    for path in ["http://127.0.0.1:1/", "//elsewhere.example/x", "https://127.0.0.1/"] {
        assert!(http.ask(Method::GET, path).is_err(), "{path}");
    }
    let reply = http.send(http.ask(Method::GET, "to").unwrap()).await.unwrap();
    assert_eq!(reply.status, StatusCode::FOUND);
    assert_eq!(server.asked(), ["/to"]);
}

#[tokio::test]
async fn what_went_wrong_says_whether_it_may_have_happened() {
    let server = WebServer::start([
        ("/400", Page::Body("text/plain", b"no s3cret-key".to_vec())),
        ("/broken", Page::Broken),
        ("/500", Page::Status(500)),
        ("/401", Page::Status(401)),
        ("/404", Page::Status(404)),
        ("/endless", Page::Endless),
    ])
    .await;
    let http = Http::new("test", &server.url("/"), false).unwrap();
    let (_file, key) = key();
    for (path, may) in
        [("broken", true), ("500", true), ("401", false), ("404", false), ("endless", true)]
    {
        let asked = http.ask(Method::GET, path).unwrap();
        let trouble = http.json::<serde_json::Value>(asked, &key).await.unwrap_err();
        assert_eq!(trouble.may_have_happened(), may, "{path}: {trouble}");
    }
    let nobody = Http::new("test", "http://127.0.0.1:9/", false).unwrap();
    let trouble = nobody.send(nobody.ask(Method::GET, "").unwrap()).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unreachable { .. }) && !trouble.may_have_happened());
}

#[test]
fn a_key_shows_nowhere() {
    let (_file, key) = key();
    assert!(!format!("{key:?} {:?}", key.read().unwrap()).contains("s3cret"));
    assert_eq!(key.hide("wrong: s3cret-key!"), "wrong: [key]!");
    let missing = Secret::new(Path::new("/nowhere/key")).read().unwrap_err();
    assert_eq!(missing.fault().code, "GLY0713");
}

use std::path::Path;
