//! The laws of a digest, held on made-up evidence and on real documents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::artifact::Digest;
use galley_schemas::content::{
    Brief, Claim, ClaimKind, Contradiction, Evidence, Intention, Outline, Role, Section, Source,
};

use super::sample::{artifact, claim, claim_in, evidence, outline, source};
use super::text::{count_words, first_word, outside_quotes, quoted_spans};
use super::{Asked, cite, digest};
use crate::config::Config;

fn brief(topic: &str, words: u32) -> Brief {
    Brief {
        topic: topic.to_owned(),
        keyphrase: "chatbots customer service".to_owned(),
        language: "en".to_owned(),
        intention: Intention::Explain,
        audience: None,
        style: None,
        words,
        corpus: artifact("corpus"),
        sources: 9,
        skipped: 0,
        similar: Vec::new(),
    }
}

fn write(brief: &Brief, outline: &Outline, evidence: &[Evidence]) -> Option<Vec<Section>> {
    let banned = BTreeSet::new();
    let asked = Asked { brief, outline, evidence, banned: &banned, this_year: 2026 };
    digest(asked, &Config::default())
}

fn print(sections: &[Section]) {
    for section in sections {
        println!("\n## {}\n", section.heading.as_deref().unwrap_or("(lead)"));
        for paragraph in &section.paragraphs {
            let text: Vec<&str> = paragraph.sentences.iter().map(|s| s.text.as_str()).collect();
            println!("{}\n", text.join(" "));
        }
    }
    println!("[{} words]", cite::words(sections));
}

/// What must hold for every digest, whatever it is made from.
fn hold(sections: &[Section], evidence: &[Evidence]) {
    let claims: BTreeMap<&str, &Claim> =
        evidence.iter().flat_map(|e| &e.claims).map(|c| (c.id.as_str(), c)).collect();
    let mut quoted: Vec<&str> = Vec::new();
    for sentence in cite::sentences(sections) {
        let cited: Vec<&Claim> = sentence
            .claims
            .iter()
            .map(|id| *claims.get(id.as_str()).expect("a known claim"))
            .collect();
        let spans = quoted_spans(&sentence.text);
        for span in &spans {
            assert!(cited.iter().any(|c| c.quote.text.contains(span)), "not verbatim: {span}");
        }
        match sentence.role {
            Role::Fact | Role::Quote => {
                assert!(!cited.is_empty() && !spans.is_empty(), "{sentence:?}")
            }
            Role::Link | Role::Comment => assert!(spans.is_empty(), "{sentence:?}"),
        }
        quoted.extend(spans);
        assert!(sentence.text.ends_with(['.', '?', '\u{201d}', '!']), "{}", sentence.text);
        assert!(
            !sentence.text.contains(['{', '}']) && !sentence.text.contains("  "),
            "{}",
            sentence.text
        );
        let own = runs(&outside_quotes(&sentence.text));
        for claim in claims.values() {
            assert!(
                runs(&claim.quote.text).is_disjoint(&own),
                "copied unmarked: {}",
                sentence.text
            );
        }
    }
    let once: BTreeSet<&&str> = quoted.iter().collect();
    assert_eq!(once.len(), quoted.len(), "a span is quoted twice");
    for paragraph in sections.iter().flat_map(|section| &section.paragraphs) {
        let words: usize = paragraph.sentences.iter().map(|s| count_words(&s.text)).sum();
        assert!(words <= 150, "{words} words in one paragraph");
    }
    let openings: Vec<String> = cite::sentences(sections).map(|s| first_word(&s.text)).collect();
    for three in openings.windows(3) {
        assert!(three[0] != three[1] || three[1] != three[2], "{three:?} open three in a row");
    }
}

fn runs(text: &str) -> BTreeSet<Vec<String>> {
    let words: Vec<String> = words(text).map(|(_, word)| fold(word)).collect();
    words.windows(8).map(<[String]>::to_vec).collect()
}

fn front_desk() -> (Outline, Vec<Evidence>) {
    let outline =
        outline(&["What a chatbot is", "What it changes at the desk", "Prices", "Where it fails"]);
    let mut first = evidence(
        0,
        "What a chatbot is",
        vec![
            claim("a1", "A chatbot is a program that answers questions in plain sentences."),
            claim("a2", "Most chatbots match a question to a list of prepared answers."),
            claim("a3", "When a question is new, the program hands it to a person."),
            claim("a4", "Visitors type to a chatbot as they would type to a friend."),
            claim_in(
                "a5",
                "Newer programs compose their answers from a library of documents.",
                "a4",
            ),
        ],
    );
    first.claims[0].kind = ClaimKind::Definition;
    first.claims[1]
        .also_in
        .push(claim("z", "Most bots match a question to prepared answers.").quote);
    let mut second = evidence(
        1,
        "What it changes at the desk",
        vec![
            claim("b1", "The desk in Reno took 14 percent fewer calls in its second year."),
            claim("b2", "The desk in Reno took as many calls as before the chatbot came."),
            claim("b3", "However, the calls that remain are longer and harder than before."),
            claim("b4", "Managers should read a sample of the transcripts every week."),
            claim(
                "b5",
                "For example, a library in Oslo moved two clerks from the phone to the floor.",
            ),
        ],
    );
    for (place, kind) in [(0, ClaimKind::Figure), (3, ClaimKind::Advice), (4, ClaimKind::Example)] {
        second.claims[place].kind = kind;
    }
    second.contradictions.push(Contradiction {
        one: "b1".to_owned(),
        other: "b2".to_owned(),
        about: "the number of calls in Reno".to_owned(),
    });
    let last = evidence(
        3,
        "Where it fails",
        vec![
            claim("c1", "Sarcasm and spelling mistakes still lead the programs astray."),
            claim("c2", "A wrong answer given with confidence costs more than no answer at all."),
        ],
    );
    (outline, vec![first, second, evidence(2, "Prices", Vec::new()), last])
}

#[test]
fn a_digest_of_made_up_evidence_keeps_its_laws() {
    let (outline, evidence) = front_desk();
    let sections =
        write(&brief("How chatbots change the front desk", 400), &outline, &evidence).unwrap();
    print(&sections);
    hold(&sections, &evidence);
    let headings: Vec<&str> = sections.iter().filter_map(|s| s.heading.as_deref()).collect();
    assert_eq!(
        headings,
        [
            "What a chatbot is",
            "What it changes at the desk",
            "Where it fails",
            "What the sources leave open"
        ]
    );
    let text = cite::sentences(&sections).map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
    for part in ["how chatbots change the front desk", "the number of calls in Reno", "Prices"] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_same_evidence_gives_the_same_digest() {
    let (outline, evidence) = front_desk();
    let brief = brief("How chatbots change the front desk", 300);
    assert_eq!(write(&brief, &outline, &evidence), write(&brief, &outline, &evidence));
}

#[test]
fn nothing_to_quote_gives_no_digest() {
    let outline = outline(&["One"]);
    let empty = [evidence(0, "One", vec![claim("a", "http://x")])];
    assert_eq!(write(&brief("Bots", 300), &outline, &empty), None);
    assert_eq!(write(&brief("Bots", 300), &outline, &[]), None);
}

#[test]
fn a_short_order_gives_a_short_digest() {
    let (outline, evidence) = front_desk();
    let words = |n| cite::words(&write(&brief("Bots", n), &outline, &evidence).unwrap());
    assert!(words(120) < words(300));
}

#[test]
fn every_language_has_its_digest() {
    let (outline, evidence) = front_desk();
    for language in ["de", "fr", "es", "pt"] {
        let brief = Brief { language: language.to_owned(), ..brief("Bots", 300) };
        let sections = write(&brief, &outline, &evidence).unwrap();
        println!("\n# {language}");
        print(&sections);
        hold(&sections, &evidence);
    }
}

#[test]
fn a_digest_of_real_documents_keeps_its_laws_and_its_length() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/customer-service");
    let documents = documents(Path::new(folder));
    if documents.is_empty() {
        println!("skipped: no documents at {folder}");
        return;
    }
    let parts = [
        ("What chatbots are", "chatbot chatbots conversational virtual assistant machine"),
        ("What customers expect", "customer customers expect experience satisfaction"),
        ("How contact centers change", "contact center centers calls agents channel phone"),
        ("What artificial intelligence can do", "artificial intelligence ai automate learning"),
        ("How to measure success", "measure metrics survey score data nps"),
    ];
    let outline = outline(&parts.map(|(heading, _)| heading));
    let evidence: Vec<Evidence> =
        (0..).zip(parts).map(|(index, (h, terms))| crude(index, h, terms, &documents)).collect();
    for words in [500, 900, 1500] {
        let sections =
            write(&brief("How AI chatbots change customer service", words), &outline, &evidence)
                .unwrap();
        if words == 900 {
            print(&sections);
        }
        hold(&sections, &evidence);
        let share = f64::from(cite::length(&sections).words) / f64::from(words);
        assert!((0.9..=1.1).contains(&share), "{share} of {words} words");
    }
}

/// Title, date and text of each document, read as simply as can be.
fn documents(folder: &Path) -> Vec<(Source, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).ok()?;
        let (front, body) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
        let field = |name: &str| {
            let line = front.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_matches(['\'', '"']).replace("''", "'"))
        };
        let name = path.file_name()?.to_str()?;
        let mut source = source(name, &field("title:")?, 2016);
        source.published =
            field("date:").and_then(|d| NaiveDate::parse_from_str(&d, "%Y-%m-%d").ok());
        source.publisher = Some("digital.gov".to_owned());
        source.url = field("source:");
        Some((source, body.to_owned()))
    };
    paths.iter().filter_map(read).collect()
}

/// A stand-in for research: the sentences with the most of the terms.
fn crude(index: u32, heading: &str, terms: &str, documents: &[(Source, String)]) -> Evidence {
    let terms: BTreeSet<String> = Language::English.terms(terms).into_iter().collect();
    let mut claims: Vec<(f64, Claim, &Source)> = Vec::new();
    for (source, text) in documents {
        for line in text.lines().filter(|line| !line.starts_with(['#', '<', '!', '>', '-', '*'])) {
            for sentence in line.split_inclusive(". ").map(str::trim) {
                let stems: BTreeSet<String> =
                    Language::English.terms(sentence).into_iter().collect();
                let shared = stems.intersection(&terms).count();
                if shared >= 2 {
                    let id = Digest::of(sentence.as_bytes()).short().to_owned();
                    let mut claim = claim_in(&id, sentence, &source.locator);
                    claim.quote.source = source.id.clone();
                    claim.kind = kind(sentence);
                    let share = f64::from(u32::try_from(shared).unwrap()) / 5.0;
                    claim.relevance = share.min(1.0);
                    claims.push((share, claim, source));
                }
            }
        }
    }
    claims.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    claims.truncate(24);
    let mut evidence = evidence(index, heading, Vec::new());
    for (_, claim, source) in claims {
        if evidence.sources.iter().all(|known| known.id != source.id) {
            evidence.sources.push(source.clone());
        }
        evidence.claims.push(claim);
    }
    evidence
}

fn kind(sentence: &str) -> ClaimKind {
    let has = |part: &str| sentence.contains(part);
    if has(" should ") || has(" must ") {
        ClaimKind::Advice
    } else if has(" is a ") || has(" is the ") {
        ClaimKind::Definition
    } else if has("or example") || has("such as") {
        ClaimKind::Example
    } else if sentence.bytes().any(|b| b.is_ascii_digit()) {
        ClaimKind::Figure
    } else {
        ClaimKind::Fact
    }
}
