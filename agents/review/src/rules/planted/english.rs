//! Grammar and spelling.

use super::*;

#[test]
fn what_harper_sees_in_own_words_is_told_and_what_stands_in_quotations_is_not() {
    let grammar = |planted: &mut Planted| {
        nth(planted, 2, 0).text = "Later on, an desk grew quieter.".to_owned();
    };
    check("grammar", grammar, (Outcome::Left, ReviewVerdict::Pass));
    let spelling = |planted: &mut Planted| {
        nth(planted, 2, 0).text = "Later on, things grew quieterr.".to_owned();
    };
    check("spelling", spelling, (Outcome::Left, ReviewVerdict::Pass));
    let mut planted = sound();
    let text = "A night desk answers the phone between dusk and dawn.";
    nth(&mut planted, 0, 2).text =
        format!("Nordic Libraries wrote in 2021: \u{201c}{text}\u{201d}");
    let report = review(&planted).1;
    let slips: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| ["grammar", "spelling"].contains(&finding.rule.as_str()))
        .collect();
    assert_eq!(slips, Vec::<&galley_schemas::content::Finding>::new());
}
