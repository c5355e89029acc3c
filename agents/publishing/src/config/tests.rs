use std::path::PathBuf;

use super::*;

fn wordpress(url: &str) -> Target {
    let wordpress = WordPress {
        url: url.to_owned(),
        user: "galley".to_owned(),
        password_file: PathBuf::from("/run/secrets/wordpress"),
        categories: Vec::new(),
        author: None,
        plain_http: false,
    };
    Target { wordpress: Some(wordpress), ..Target::default() }
}

fn check(targets: Vec<Target>, wanted: &[&str]) {
    let faults = Config { targets, ..Config::default() }.check();
    let told: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(told.len(), wanted.len(), "{told:?}");
    for (told, wanted) in told.iter().zip(wanted) {
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn what_was_set_before_there_were_targets_still_holds() {
    let config: Config = serde_json::from_str(r#"{"out":"x","base_url":"https://e.org"}"#).unwrap();
    assert!(config.has_site() && config.check().is_empty());
}

#[test]
fn every_fault_of_a_target_is_told_with_its_name() {
    let https = || wordpress("https://blog.example.org/");
    check(vec![https(), Target::site()], &[]);
    check(vec![https(), https()], &["two targets are called 'wordpress'"]);
    check(vec![wordpress("http://blog.example.org/")], &["without TLS"]);
    check(vec![Target::default()], &["target without a kind: name one of"]);
    check(vec![Target { site: Some(Site {}), ..https() }], &["two kinds"]);
    check(vec![Target { name: Some("My blog".to_owned()), ..https() }], &["a name has"]);
    check(vec![Target { mode: Mode::Draft, ..Target::site() }], &["keeps no drafts"]);
}

#[test]
fn announcements_need_a_page() {
    let text = r#"{"mastodon":{"url":"https://m.example/","token_file":"/run/t"}}"#;
    let mastodon: Target = serde_json::from_str(text).unwrap();
    check(vec![mastodon.clone()], &["needs a page"]);
    check(vec![mastodon, Target::site()], &[]);
}

#[test]
fn a_repository_is_not_an_option_or_a_helper() {
    let git = |text: &str| serde_json::from_str::<Target>(text).unwrap();
    let with = |repository: &str, branch: &str, folder: &str| {
        git(&format!(
            r#"{{"git":{{"repository":"{repository}","branch":"{branch}","folder":"{folder}","base_url":"https://e.org/"}}}}"#
        ))
    };
    check(vec![with("/srv/site.git", "main", "content/posts")], &[]);
    check(vec![with("--upload-pack=x", "main", "posts")], &["a path, https"]);
    check(vec![with("ext::sh -c x", "main", "posts")], &["a path, https"]);
    check(vec![with("/srv/x.git", "-f", "posts")], &["branch"]);
    check(vec![with("/srv/x.git", "main", "../../etc")], &["folder"]);
}
