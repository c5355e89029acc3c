//! Dead links, addresses and data of people.

use super::*;
use crate::rules::links::Link;

const DEAD: &str = "https://gone.example/desks";

#[test]
fn a_dead_link_is_taken_off_its_source_and_its_neighbours() {
    let mut planted = sound();
    let dead = || Link::Dead { reason: "it answers 404".to_owned() };
    planted.article.sources[0].url = Some(DEAD.to_owned());
    planted.article.meta.related = vec![
        ("Old".to_owned(), "https://gone.example/old".to_owned()),
        ("New".to_owned(), "https://here.example/new".to_owned()),
    ];
    planted.material.links = BTreeMap::from([
        (DEAD.to_owned(), dead()),
        ("https://gone.example/old".to_owned(), dead()),
        ("https://here.example/new".to_owned(), Link::Alive),
    ]);
    let (article, report) = review(&planted);
    assert_eq!(report.verdict, ReviewVerdict::Pass, "{report:#?}");
    assert_eq!(article.sources[0].url, None);
    assert_eq!(article.meta.related.len(), 1);
    assert_eq!(report.edits.iter().filter(|edit| edit.before == DEAD).count(), 1);
    assert!(report.mended.iter().any(|finding| finding.rule == "dead_link"));
    assert!(!serde_json::to_string(&article).unwrap().contains("gone.example"));
    assert!(report.score < review(&sound()).1.score);
}

#[test]
fn a_link_that_nobody_could_check_is_noted_and_stays() {
    let mut planted = sound();
    planted.article.sources[0].url = Some(DEAD.to_owned());
    let unknown = Link::Unknown { reason: "no host can be reached from here".to_owned() };
    planted.material.links = BTreeMap::from([(DEAD.to_owned(), unknown)]);
    let (article, report) = review(&planted);
    assert_eq!(article.sources[0].url.as_deref(), Some(DEAD));
    assert_eq!(report.verdict, ReviewVerdict::Pass);
    assert_eq!(report.findings[0].rule, "unchecked_links");
}

#[test]
fn addresses_and_data_of_people_go() {
    let address = |planted: &mut Planted| {
        nth(planted, 2, 0).text = "Later on, see https://evil.example/?q=secret.".to_owned();
    };
    check("address_in_text", address, (Outcome::Mended, ReviewVerdict::Pass));
    let mail = |planted: &mut Planted| {
        nth(planted, 2, 0).text = "Later on, write to jo@example.org for more.".to_owned();
    };
    check("personal_data", mail, (Outcome::Mended, ReviewVerdict::Pass));
}

#[test]
fn what_asks_for_care_is_said_and_what_urges_harm_is_refused() {
    let harm = |planted: &mut Planted| nth(planted, 2, 0).text = "Some deserve to die.".to_owned();
    check("sensitive", harm, (Outcome::Left, ReviewVerdict::Reject));
    let care = |planted: &mut Planted| nth(planted, 2, 0).text = "Suicide is rare.".to_owned();
    check("sensitive", care, (Outcome::Left, ReviewVerdict::Pass));
}

#[test]
fn a_sentence_that_leads_nowhere_goes_and_a_section_off_the_subject_is_told() {
    let nowhere = |planted: &mut Planted| {
        let link = sentence("And what came of it?", Role::Link, &[]);
        planted.article.sections[1].paragraphs[0].sentences.push(link);
    };
    check("dangling_link", nowhere, (Outcome::Mended, ReviewVerdict::Pass));
    let off = |planted: &mut Planted| {
        let text = "Ships passed, and nobody in the harbour counted them, as far as is known.";
        let strange = section(Some("Weather"), vec![sentence(text, Role::Comment, &[])]);
        planted.article.sections.push(strange);
    };
    check("off_topic_section", off, (Outcome::Left, ReviewVerdict::Pass));
}
