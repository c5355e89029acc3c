//! A folder of documents.

use std::fs;
use std::path::Path;

use galley_agents_web::search::FolderConfig;
use galley_agents_web::{ExtractConfig, extract};

use super::*;

/// Enough words for a document that says this.
fn words(text: &str) -> String {
    format!("{text} {}", "It is told here in plain words that anybody can read. ".repeat(5))
}

fn folder(path: &Path) -> EngineConfig {
    EngineConfig::Folder(FolderConfig { path: path.to_owned(), documents_max: 100 })
}

#[tokio::test]
async fn documents_are_found_by_their_text_and_come_along() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("notes")).unwrap();
    let write = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
    write("notes/green.md", format!("# Green tea\n\n{}", words("Green tea is steamed.")));
    write("coffee.html", format!("<title>Coffee</title><p>{}", words("Coffee is roasted.")));
    write("short.txt", "Tea.".into());
    let engines = engines(folder(dir.path()));
    let findings = engines.search(&SearchQuery::new("steamed tea"), 10).await;
    assert_eq!(urls(&findings), ["notes/green.md"], "{:?}", findings.failed);
    let Hit { title, snippet, document, .. } = &findings.hits[0];
    assert_eq!(title, "Green tea");
    assert!(snippet.starts_with("Green tea is steamed."), "{snippet}");
    let raw = document.clone().expect("it comes along");
    assert!(extract(&raw, &ExtractConfig::default()).unwrap().text.contains("steamed"));

    // What changes is read anew; what is gone is gone.
    write(
        "notes/green.md",
        format!("# Black tea\n\n{}", words("Black tea is oxidised and strong.")),
    );
    let findings = engines.search(&SearchQuery::new("oxidised tea"), 10).await;
    assert_eq!(findings.hits[0].title, "Black tea");
    fs::remove_file(dir.path().join("notes/green.md")).unwrap();
    assert!(engines.search(&SearchQuery::new("oxidised tea"), 10).await.hits.is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_says_so() {
    let findings = ask(folder(Path::new("/nonexistent/folder")), "tea").await;
    assert!(failure(&findings).to_string().contains("cannot be opened"), "{:?}", findings.failed);
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_outside_of_the_folder_is_found() {
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(inside.path().join("a.md"), words("Green tea is steamed.")).unwrap();
    fs::write(outside.path().join("secret.md"), words("The secret of tea.")).unwrap();
    std::os::unix::fs::symlink(outside.path(), inside.path().join("out")).unwrap();
    let secret = outside.path().join("secret.md");
    std::os::unix::fs::symlink(secret, inside.path().join("secret.md")).unwrap();
    assert_eq!(urls(&ask(folder(inside.path()), "tea").await), ["a.md"]);
}
