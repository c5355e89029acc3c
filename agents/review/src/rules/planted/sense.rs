//! False claims in nearly the words of their quotes.

use super::*;

/// Plants a fact in the place of the one that cites this claim; it must be found out and go.
fn false_claim(rule: &str, section: usize, place: usize, text: &str) {
    let planted = |planted: &mut Planted| nth(planted, section, place).text = text.to_owned();
    check(rule, planted, (Outcome::Mended, ReviewVerdict::Revise));
}

#[test]
fn a_statement_turned_round_is_taken_out() {
    for text in [
        "By its second year, the number of calls had risen by 14 percent.",
        "The number of calls grew by 14 percent in the second year.",
        "In the second year, calls did not fall by 14 percent.",
        "The number of calls never fell by 14 percent in that second year.",
    ] {
        false_claim("contradicts_evidence", 2, 1, text);
    }
    for text in [
        "The Oslo desk took 120 calls in the first of its weeks, and most came after midnight.",
        "In its last week, the desk in Oslo took 120 calls, most before midnight.",
        "The Oslo desk did not take 120 calls in its first week, most of them before midnight.",
    ] {
        false_claim("contradicts_evidence", 1, 1, text);
    }
}

#[test]
fn a_number_with_another_unit_is_taken_out() {
    for (section, place, text) in [
        (2, 1, "By its second year, the number of calls had fallen by 14 million."),
        (2, 1, "By its second year, the number of calls had fallen by fifteen percent."),
        (2, 1, "By its second year, the number of calls had fallen by $14."),
        (1, 1, "The Oslo desk took calls for thirty weeks, most of them before midnight."),
    ] {
        false_claim("quantity_not_in_evidence", section, place, text);
    }
}

#[test]
fn a_date_or_a_name_of_another_quote_is_taken_out() {
    let text = "In March 2021, the number of calls fell by 14 percent in the second year.";
    false_claim("date_not_in_evidence", 2, 1, text);
    // Turku stands in the source, but not in the quote that the sentence cites.
    let text = "Turku took 120 calls in its first week, most of them before midnight.";
    false_claim("name_not_in_evidence", 1, 1, text);
}

#[test]
fn what_says_the_same_in_other_words_stays() {
    for (section, place, text) in [
        (2, 1, "By the second year, calls had dropped by fourteen percent."),
        (2, 1, "In its second year, the number of calls declined by 14 %."),
        (
            1,
            1,
            "Of the 120 calls that the Oslo desk took in its first week, most came before midnight.",
        ),
    ] {
        let mut planted = sound();
        nth(&mut planted, section, place).text = text.to_owned();
        let (article, report) = review(&planted);
        assert_eq!(report.verdict, ReviewVerdict::Pass, "{text}: {report:#?}");
        assert_eq!(article.sections, planted.article.sections, "{text}");
    }
}

#[test]
fn a_fact_said_again_in_other_words_goes_and_one_with_another_number_stays() {
    let again = |planted: &mut Planted| {
        let text = "By its second year the number of calls had fallen by 14 percent already.";
        let fact = sentence(text, Role::Fact, &["c5"]);
        planted.article.sections[2].paragraphs[0].sentences.push(fact);
    };
    check("nearly_said_twice", again, (Outcome::Mended, ReviewVerdict::Revise));
}

#[test]
fn a_long_piece_of_a_source_does_not_hide_in_single_marks() {
    let copied = |planted: &mut Planted| {
        let text = "Callers, it says, \u{2018}asked mostly for the opening hours of the library and its \
                    branches\u{2019}.";
        *nth(planted, 1, 2) = sentence(text, Role::Fact, &["c3"]);
    };
    check("unmarked_copy", copied, (Outcome::Left, ReviewVerdict::Revise));
}

#[test]
fn every_factual_sentence_has_its_ground_in_the_report() {
    let report = review(&sound()).1;
    assert_eq!(report.grounds.len(), 7);
    assert!(report.grounds.iter().all(|ground| ground.is_borne_out && ground.overlap > 0.3));
    let doubt = galley_schemas::content::Finding {
        rule: "model_doubts".to_owned(),
        severity: galley_schemas::content::Severity::Major,
        section: Some(1),
        sentence: Some(report.grounds[1].sentence.clone()),
        advice: String::new(),
    };
    let config = Config::default();
    let Planted { article, material } = sound();
    let doubted = decide(examine(&article, &material, &config), vec![doubt], &config).1;
    assert!(!doubted.grounds[1].is_borne_out && doubted.grounds[0].is_borne_out);
}
