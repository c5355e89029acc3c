use chrono::DateTime;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{
    Article, Card, Claim, ClaimKind, Length, Meta, Paragraph, Quote, Role, Section, Sentence,
    Source, Style, Writing,
};
use galley_schemas::id::GoalId;

use super::*;

fn source(name: &str, url: Option<&str>) -> Source {
    let id = Digest::of(name.as_bytes());
    let artifact =
        ArtifactRef { sha256: id.clone(), bytes: 1, media_type: "text/plain".to_owned() };
    Source {
        id,
        original: artifact.clone(),
        text: artifact,
        locator: name.to_owned(),
        url: url.map(str::to_owned),
        title: format!("On {name} & <more>"),
        author: None,
        publisher: Some("The Mill".to_owned()),
        published: chrono::NaiveDate::from_ymd_opt(2021, 3, 4),
        language: Some("en".to_owned()),
        words: 100,
        headings: Vec::new(),
    }
}

fn claim(id: &str, source: &Source, text: &str) -> Claim {
    Claim {
        id: id.to_owned(),
        statement: text.to_owned(),
        quote: Quote {
            source: source.id.clone(),
            text_sha256: source.text.sha256.clone(),
            start: 0,
            end: text.len() as u64,
            text: text.to_owned(),
        },
        kind: ClaimKind::Fact,
        relevance: 1.0,
        also_in: Vec::new(),
    }
}

fn sentence(text: &str, claims: &[&str]) -> Sentence {
    let role = if claims.is_empty() { Role::Link } else { Role::Quote };
    Sentence {
        text: text.to_owned(),
        role,
        claims: claims.iter().map(|c| (*c).to_owned()).collect(),
    }
}

pub(crate) fn article() -> Article {
    let (one, two) = (source("rye", Some("https://example.org/rye")), source("oven", None));
    let hostile = "Bread <script>alert(1)</script> & \"butter\"";
    Article {
        title: "Rye bread: what bakers say".to_owned(),
        language: "en".to_owned(),
        keyphrase: "rye bread".to_owned(),
        writing: Writing::Digest,
        drafted: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        claims: vec![claim("a", &one, "Rye holds water."), claim("b", &two, hostile)],
        sections: vec![
            Section {
                heading: None,
                paragraphs: vec![Paragraph {
                    style: Style::Body,
                    sentences: vec![
                        sentence("This is about rye.", &[]),
                        sentence("The Mill says: “Rye holds water.”", &["a"]),
                    ],
                }],
            },
            Section {
                heading: Some("Ovens & *heat*".to_owned()),
                paragraphs: ["a", "b"]
                    .map(|id| Paragraph {
                        style: Style::Item,
                        sentences: vec![sentence(hostile, &[id, "a"])],
                    })
                    .to_vec(),
            },
        ],
        sources: vec![one, two],
        length: Length { words: 40, minutes: 1 },
        meta: Meta {
            title: "Rye bread".to_owned(),
            description: "What bakers say about rye \"bread\" & ovens.".to_owned(),
            slug: "rye-bread".to_owned(),
            tags: vec!["rye".to_owned()],
            related: vec![
                ("Sourdough".to_owned(), "https://example.org/sour".to_owned()),
                ("Trap".to_owned(), "javascript:alert(1)".to_owned()),
            ],
            ..Meta::default()
        },
    }
}

pub(crate) fn post(slug: &str) -> PostRecord {
    let article = article();
    PostRecord {
        goal: GoalId::new(uuid_of(slug)),
        mark: None,
        revision: None,
        content: Digest::of(slug.as_bytes()),
        slug: slug.to_owned(),
        title: article.title.clone(),
        description: article.meta.description.clone(),
        language: "en".to_owned(),
        published: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        words: 40,
        minutes: 1,
        sources: 2,
        tags: vec!["rye".to_owned()],
        html: article_body(&article).unwrap(),
    }
}

fn uuid_of(text: &str) -> uuid::Uuid {
    let digest = Digest::of(text.as_bytes());
    uuid::Uuid::parse_str(&digest.as_str()[..32]).unwrap()
}

#[test]
fn text_is_text_on_the_page() {
    let page = article_page(&Config::default(), &article(), &post("rye-bread")).unwrap();
    assert!(!page.contains("<script>alert"), "markup in a sentence became markup");
    assert!(!page.contains("javascript:"), "an address that is not of the web became a link");
    assert!(page.contains("&lt;script&gt;"));
    assert!(page.contains("<h2>Ovens &amp; *heat*</h2>"));
}

#[test]
fn citations_point_to_numbered_sources() {
    let page = article_page(&Config::default(), &article(), &post("rye-bread")).unwrap();
    assert!(page.contains("<a href=\"#source-1\" aria-label=\"Source 1\">1</a>"));
    assert!(page.contains("id=\"source-2\""));
    assert!(page.contains("<time datetime=\"2023-11-14T22:13:20Z\">"));
}

#[test]
fn items_beside_each_other_are_one_list() {
    let body = article_body(&article()).unwrap();
    assert_eq!((body.matches("<ul>").count(), body.matches("<li>").count()), (1, 2));
}

#[test]
fn structured_data_is_json_that_cannot_leave_its_element() {
    let page = article_page(&Config::default(), &article(), &post("rye-bread")).unwrap();
    let start = page.find("application/ld+json\">").unwrap() + "application/ld+json\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(&page[start..end]).unwrap();
    assert_eq!(data["headline"], "Rye bread: what bakers say");
    assert_eq!(data["citation"][0]["name"], "On rye & <more>");
    assert_eq!(data["mainEntityOfPage"], "http://localhost:8000/rye-bread/");
}

#[test]
fn a_card_and_translations_are_told_in_the_head() {
    let bare = article_page(&Config::default(), &article(), &post("rye-bread")).unwrap();
    assert!(!bare.contains("og:image") && !bare.contains("hreflang"));
    let mut article = article();
    let image =
        ArtifactRef { sha256: Digest::of(b"card"), bytes: 4, media_type: "image/png".to_owned() };
    let alt = "Rye \"bread\"".to_owned();
    article.meta.card = Some(Card { image, alt, width: 1200, height: 630 });
    article.meta.translations = vec![
        ("de".to_owned(), "https://example.org/roggen".to_owned()),
        ("fr".to_owned(), "javascript:alert(1)".to_owned()),
    ];
    let page = article_page(&Config::default(), &article, &post("rye-bread")).unwrap();
    let page = page.replace("&#x2f;", "/");
    for part in [
        "property=\"og:image\" content=\"http://localhost:8000/rye-bread/card.png\"",
        "property=\"og:image:width\" content=\"1200\"",
        "name=\"twitter:card\" content=\"summary_large_image\"",
        "hreflang=\"en\" href=\"http://localhost:8000/rye-bread/\"",
        "hreflang=\"de\" href=\"https://example.org/roggen\"",
        "\"image\":[{\"@type\":\"ImageObject\"",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("hreflang=\"fr\""));
}

#[test]
fn front_matter_is_yaml_and_text_is_escaped() {
    let text = markdown(&Config::default(), &article(), &post("rye-bread"));
    let front = text.split("---\n").nth(1).unwrap();
    assert!(front.contains("description: \"What bakers say about rye \\\"bread\\\" & ovens.\"\n"));
    assert!(front.contains("writing: {\"kind\":\"digest\",\"model\":\"none\"}\n"));
    assert!(text.contains("## Ovens & \\*heat\\*\n"));
    assert!(text.contains("\\<script\\>") && !text.contains("<script>"));
    assert!(text.contains("[^1]: [On rye & \\<more\\>](<https://example.org/rye>)\n"));
}

#[test]
fn feeds_are_read_by_a_feed_reader() {
    let (config, posts) = (Config::default(), [post("one"), post("two")]);
    for text in [rss(&config, &posts), atom(&config, &posts)] {
        let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
        assert_eq!(feed.entries.len(), 2);
        assert_eq!(feed.entries[0].links[0].href, "http://localhost:8000/one/");
        assert_eq!(feed.entries[0].published, Some(posts[0].published));
    }
}

#[test]
fn feeds_are_bounded_and_the_sitemap_is_not_cut_with_them() {
    let config = Config { feed_entries_max: 1, ..Config::default() };
    let posts = [post("one"), post("two")];
    assert_eq!(rss(&config, &posts).matches("<item>").count(), 1);
    assert_eq!(sitemap(&config, &posts).matches("<loc>").count(), 3);
}

#[test]
fn an_empty_site_has_an_index() {
    let page = index_page(&Config::default(), &[]).unwrap();
    assert!(page.contains("Nothing is published yet."));
}
