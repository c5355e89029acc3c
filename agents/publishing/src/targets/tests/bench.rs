//! What tests of targets share: an agent with targets, keys in files, and one article to publish.

use std::path::PathBuf;

use galley_agents_sdk::harness::Harness;
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Article, Card};
use galley_schemas::fault::Fault;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::config::Config;
use crate::rules::tests::article;
use crate::{Input, Output, Publishing};

/// A PNG of one pixel.
pub(super) const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T',
    0x78, 0xda, 0x63, 0x64, 0xf8, 0xcf, 0x50, 0x0f, 0, 0x03, 0x86, 0x01, 0x80, 0x5a, 0x34, 0x7d,
    0x6b, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// A folder with the site and the keys.
pub(super) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file with a key.
    pub(super) fn key(&self, key: &str) -> PathBuf {
        let path = self.path("key");
        std::fs::write(&path, key).unwrap();
        path
    }

    /// An agent with these targets, as the configuration's file has them.
    pub(super) fn agent(&self, targets: &Value) -> Publishing {
        let config: Config = serde_json::from_value(json!({
            "out": self.path("site"), "base_url": "https://example.org/", "targets": targets,
        }))
        .unwrap();
        Publishing::new(&config).unwrap()
    }
}

/// A task, and the article that it is to publish.
pub(super) struct Desk {
    pub(super) harness: Harness,
    article: ArtifactRef,
}

impl Desk {
    /// The article of all tests, with a picture.
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Article)) -> Self {
        let harness = Harness::new();
        let image = harness.put_bytes(PIXEL, "image/png").await.unwrap();
        let mut article = article();
        article.meta.card = Some(Card { image, alt: "Rye".to_owned(), width: 1, height: 1 });
        change(&mut article);
        let article = harness.put(&article).await.unwrap();
        Self { harness, article }
    }

    pub(super) fn input(&self) -> Input {
        Input { article: Some(self.article.clone()), ..Input::default() }
    }

    pub(super) async fn publish(&self, agent: &Publishing) -> Result<Output, Fault> {
        self.harness.run(agent, self.input()).await
    }
}

/// Takes a publication back, as a workflow's undo does.
pub(super) async fn undo(agent: &Publishing, output: &Output) -> Result<Output, Fault> {
    let input = Input { retract: Some(output.clone()), ..Input::default() };
    Harness::new().run(agent, input).await
}
