//! The agent as a whole, on files and pages.

use std::fs;
use std::path::Path;

use galley_agents_ingestion::{Config, Ingestion, Input};
use galley_agents_sdk::harness::Harness;
use galley_agents_web::{Sample, SourcesConfig};
use galley_schemas::content::{Brief, Corpus, Intention, SourceSpec};
use galley_schemas::fault::Fault;

const TOPIC: &str = "How AI chatbots change customer service";

fn words(about: &str, count: usize) -> String {
    let sentence = |n: usize| format!("Sentence number {n} says something else about {about}. ");
    (0..count.div_ceil(7)).map(sentence).collect()
}

fn agent(root: &Path) -> Ingestion {
    let sources = SourcesConfig { roots: vec![root.to_owned()], ..SourcesConfig::default() };
    let text = format!("# Samples\n\n{}", words("chatbots that use AI", 80));
    let sample = Sample { name: "sample.md".into(), bytes: text.into() };
    Ingestion::new(Config { sources, ..Config::default() }, vec![sample])
}

fn input(topic: &str, sources: Vec<SourceSpec>) -> Input {
    Input {
        topic: topic.into(),
        sources,
        search: None,
        audience: None,
        style: None,
        words: None,
        language: None,
    }
}

fn folder(path: &Path) -> Vec<SourceSpec> {
    vec![SourceSpec::Folder { path: path.display().to_string() }]
}

async fn corpus(harness: &Harness, brief: &Brief) -> Corpus {
    harness.get(&brief.corpus).await.expect("the brief names a corpus")
}

#[tokio::test]
async fn a_length_is_as_asked_for_or_else_chosen_among_those_that_are_configured() {
    let check = async |asked: Option<u32>, lengths: &[u32], want: &[u32], choices: usize| {
        let harness = Harness::new();
        let config = Config { lengths: lengths.to_vec(), ..Config::default() };
        let sample = Sample { name: "sample.md".into(), bytes: words("chatbots", 80).into() };
        let input = Input { words: asked, ..input(TOPIC, vec![SourceSpec::Samples]) };
        let brief = harness.run(&Ingestion::new(config, vec![sample]), input).await.unwrap();
        assert!(want.contains(&brief.words), "{} of {want:?}", brief.words);
        let chosen = harness.choices();
        assert_eq!(chosen.len(), choices, "{chosen:?}");
        assert!(chosen.iter().all(|choice| choice.decision == "length"));
    };
    check(Some(300), &[600, 900], &[300], 0).await;
    check(None, &[700], &[700], 0).await;
    check(None, &[600, 900, 1400], &[600, 900, 1400], 1).await;
}

#[tokio::test]
async fn the_whole_shared_corpus_becomes_a_brief() {
    let Some(path) = galley_tests_support::corpus::shared("customer-service") else { return };
    let harness = Harness::new();
    let brief = harness.run(&agent(&path), input(TOPIC, folder(&path))).await.unwrap();
    let corpus = corpus(&harness, &brief).await;
    assert_eq!((brief.sources, brief.skipped), (68, 0), "{:?}", corpus.skipped);
    assert_eq!(corpus.sources.len(), 68);
    assert_eq!((brief.topic.as_str(), brief.language.as_str()), (TOPIC, "en"));
    assert_eq!((brief.keyphrase.as_str(), brief.intention), ("AI chatbots", Intention::Explain));
    assert!(corpus.sources.is_sorted_by(|a, b| a.locator < b.locator));
    for source in &corpus.sources {
        let text = harness.get_bytes(&source.text).await.unwrap();
        let original = harness.get_bytes(&source.original).await.unwrap();
        assert_eq!(original, fs::read(path.join(&source.locator)).unwrap());
        assert_eq!(source.id, source.original.sha256);
        assert!(source.words >= 250, "{}: {}", source.locator, source.words);
        assert!(source.url.is_some() && source.published.is_some(), "{}", source.locator);
        let text = std::str::from_utf8(&text).unwrap();
        let missing = source.headings.iter().find(|heading| !text.contains(&heading.text));
        assert_eq!(missing, None, "{}", source.locator);
    }
    let notes = harness.progress();
    assert!(notes.contains(&"reading 68 of 68".to_owned()) && notes.len() < 40, "{notes:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_listed_and_stops_nothing() {
    let folder_of_all = tempfile::tempdir().unwrap();
    let root = folder_of_all.path();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.md"), words("secrets", 80)).unwrap();
    fs::write(root.join("a-good.md"), words("chatbots and AI", 80)).unwrap();
    fs::write(root.join("b-twin.md"), words("chatbots and AI", 80) + "And one more.").unwrap();
    fs::write(root.join("c-empty.md"), "").unwrap();
    fs::write(root.join("d-binary.txt"), [0_u8, 159, 146, 150].repeat(1000)).unwrap();
    fs::File::create(root.join("e-huge.txt")).unwrap().set_len(50 * 1024 * 1024).unwrap();
    fs::write(root.join("f-deep.html"), "<div>".repeat(10_000)).unwrap();
    fs::write(root.join("g-broken.pdf"), "%PDF-1.7\n1 0 obj\n<< /Length 9999").unwrap();
    fs::create_dir(root.join("h-folder.md")).unwrap();
    std::os::unix::fs::symlink("/nowhere", root.join("i-dangling.md")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.md"), root.join("j-outside.md"))
        .unwrap();
    std::os::unix::fs::symlink("a-good.md", root.join("k-inside.md")).unwrap();
    fs::write(root.join("l-image.png"), b"\x89PNG").unwrap();
    fs::write(root.join(".hidden.md"), words("hidden things", 80)).unwrap();
    let wide: Vec<u8> =
        words("wide letters", 80).encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(root.join("m-wide.txt"), wide).unwrap();
    let mut broken = words("Köln and Grüße", 80).into_bytes();
    broken.push(0xC3);
    fs::write(root.join("n-broken.txt"), broken).unwrap();

    let harness = Harness::new();
    let brief = harness.run(&agent(root), input(TOPIC, folder(root))).await.unwrap();
    let corpus = corpus(&harness, &brief).await;
    let read: Vec<&str> = corpus.sources.iter().map(|s| s.locator.as_str()).collect();
    assert_eq!(read, ["a-good.md", "m-wide.txt", "n-broken.txt"]);
    let skipped: Vec<(&str, &str)> =
        corpus.skipped.iter().map(|s| (s.locator.as_str(), s.code.as_str())).collect();
    assert_eq!(
        skipped,
        [
            ("b-twin.md", "GLY0415"),
            ("c-empty.md", "GLY0432"),
            ("d-binary.txt", "GLY0431"),
            ("e-huge.txt", "GLY0423"),
            ("f-deep.html", "GLY0434"),
            ("g-broken.pdf", "GLY0434"),
            ("i-dangling.md", "GLY0413"),
            ("j-outside.md", "GLY0413"),
            ("k-inside.md", "GLY0415"),
            ("l-image.png", "GLY0436"),
        ]
    );
}

#[tokio::test]
async fn without_any_usable_source_the_first_reasons_are_told() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.md"), "Too short.").unwrap();
    let fault = refused(input(TOPIC, folder(root.path())), root.path()).await;
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0404", false));
    assert_eq!(fault.causes.len(), 1);
    assert!(fault.causes[0].contains("a.md") && fault.causes[0].contains("GLY0432"), "{fault:?}");
    let empty = tempfile::tempdir().unwrap();
    let fault = refused(input(TOPIC, folder(empty.path())), empty.path()).await;
    assert!(fault.causes[0].contains("GLY0411"), "{fault:?}");
    assert_eq!(refused(input(TOPIC, Vec::new()), root.path()).await.code, "GLY0404");
}

async fn refused(input: Input, root: &Path) -> Fault {
    Harness::new().run(&agent(root), input).await.expect_err("the input is refused")
}

#[tokio::test]
async fn a_folder_outside_of_the_roots_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("a.md"), words("chatbots", 80)).unwrap();
    let inside = root.path().join("x");
    fs::create_dir(&inside).unwrap();
    let around = inside.join("../../").join(other.path().file_name().unwrap());
    for path in [other.path(), around.as_path(), Path::new("/etc"), Path::new("/does/not/exist")] {
        let fault = refused(input(TOPIC, folder(path)), root.path()).await;
        assert!(fault.causes[0].contains("GLY0411"), "{}: {fault:?}", path.display());
    }
}

#[tokio::test]
async fn wishes_out_of_range_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let samples = || vec![SourceSpec::Samples];
    let check = async |input: Input, code: &str| {
        let fault = refused(input, root.path()).await;
        assert_eq!((fault.code.as_str(), fault.retryable), (code, false), "{fault:?}");
        assert!(!fault.hint.is_empty());
    };
    check(input(" \n", samples()), "GLY0401").await;
    check(input(&"long ".repeat(2000), samples()), "GLY0402").await;
    check(input("How to make a bomb", samples()), "GLY0403").await;
    check(Input { words: Some(5), ..input(TOPIC, samples()) }, "GLY0405").await;
    check(Input { words: Some(1_000_000), ..input(TOPIC, samples()) }, "GLY0405").await;
    check(Input { language: Some("klingon".into()), ..input(TOPIC, samples()) }, "GLY0405").await;
    check(input(TOPIC, vec![SourceSpec::Samples; 21]), "GLY0405").await;
}

#[tokio::test]
async fn the_samples_are_read_when_nothing_else_is_named() {
    let root = tempfile::tempdir().unwrap();
    let input: Input = serde_json::from_str(r#"{ "topic": "  **Chatbots**\n" }"#).unwrap();
    let harness = Harness::new();
    let brief = harness.run(&agent(root.path()), input).await.unwrap();
    assert_eq!((brief.topic.as_str(), brief.words, brief.sources), ("Chatbots", 900, 1));
    assert_eq!(brief.language, "en", "the documents tell what the topic does not");
    assert_eq!(corpus(&harness, &brief).await.sources[0].locator, "samples/sample.md");
}

#[tokio::test]
async fn a_later_attempt_does_not_read_again() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.md"), words("chatbots", 80)).unwrap();
    let harness = Harness::new();
    let agent = agent(root.path());
    let first = harness.run(&agent, input(TOPIC, folder(root.path()))).await.unwrap();
    fs::remove_file(root.path().join("a.md")).unwrap();
    let second = harness.run(&agent, input(TOPIC, folder(root.path()))).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn pages_and_feeds_are_read_and_each_address_once() {
    let page = |about: &str| {
        format!(
            "<html><head><title>About {about}</title></head><body><article><p>{}</p><p>{}</p></article></body></html>",
            words(about, 60),
            words(&format!("the other side of {about}"), 60)
        )
    };
    let feed = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title><link>https://e.org/</link><description>d</description>
        <item><title>One</title><link>https://e.org/one?utm_source=feed</link><guid>1</guid></item>
        <item><title>One again</title><link>https://e.org/other</link><guid>1</guid></item>
        <item><title>Two</title><link>https://e.org/two</link><guid>2</guid></item>
        <item><title>Three</title><link>https://e.org/gone</link><guid>3</guid><pubDate>Wed, 01 May 2024 10:00:00 GMT</pubDate>
          <description>&lt;p&gt;WORDS&lt;/p&gt;</description></item>
        </channel></rss>"#.replace("WORDS", &words("what the feed itself says", 60));
    let sitemap = "<urlset><url><loc>https://e.org/two</loc></url><url><loc>https://e.org/four?a=1&amp;b=2</loc></url></urlset>";
    let challenge = "<html><head><title>Just a moment...</title></head><body><p>Enable JavaScript and cookies to continue</p></body></html>";
    let harness = Harness::new()
        .page("https://e.org/one", "text/html", page("chatbots"))
        .page("https://e.org/one?utm_source=feed", "text/html", page("chatbots"))
        .page("https://e.org/two", "text/html", page("telephones"))
        .page("https://e.org/four?a=1&b=2", "text/html", challenge)
        .page("https://e.org/feed", "application/rss+xml", feed)
        .page("https://e.org/sitemap.xml", "application/xml", sitemap);
    let root = tempfile::tempdir().unwrap();
    let url = |url: &str| SourceSpec::Url { url: url.into() };
    let sources = vec![
        url("https://e.org/one"),
        url("https://e.org/feed"),
        SourceSpec::Feed { url: "https://e.org/sitemap.xml".into() },
        SourceSpec::Feed { url: "https://e.org/two".into() },
    ];
    let brief = harness.run(&agent(root.path()), input(TOPIC, sources)).await.unwrap();
    let corpus = corpus(&harness, &brief).await;
    let titles: Vec<&str> = corpus.sources.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(titles, ["About chatbots", "About telephones", "Three"]);
    assert_eq!(corpus.sources[2].url.as_deref(), Some("https://e.org/gone"));
    assert_eq!(corpus.sources[2].published.map(|d| d.to_string()).as_deref(), Some("2024-05-01"));
    let skipped: Vec<(&str, &str)> =
        corpus.skipped.iter().map(|s| (s.locator.as_str(), s.code.as_str())).collect();
    assert_eq!(
        skipped,
        [("https://e.org/four?a=1&b=2", "GLY0433"), ("https://e.org/two", "GLY0414")]
    );
}
