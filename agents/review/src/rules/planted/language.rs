//! False claims in other languages.

use super::*;

/// A fact with one quote, in a language; what the review finds in it.
fn found(language: &str, quote: &str, fact: &str) -> Vec<String> {
    let mut planted = sound();
    let text = format!("{TEXT} {quote}");
    let mut claim = claim("c1", "A night desk answers the phone between dusk and dawn.");
    let start = text.find(quote).unwrap();
    claim.quote.text = quote.to_owned();
    claim.quote.start = u64::try_from(start).unwrap();
    claim.quote.end = u64::try_from(start + quote.len()).unwrap();
    claim.quote.text_sha256 = Digest::of(text.as_bytes());
    planted.article.sources[0].text = artifact(text.as_bytes());
    let texts = &mut planted.material.texts;
    texts.clear();
    texts.insert(Digest::of(text.as_bytes()), text.into_bytes());
    planted.article.language = language.to_owned();
    planted.article.sections = vec![section(None, vec![sentence(fact, Role::Fact, &["c1"])])];
    planted.article.claims = vec![claim.clone()];
    planted.material.evidence[0].claims = vec![claim];
    let report = review(&planted).1;
    report.mended.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_false_claim_is_found_in_every_language() {
    let german = "Im zweiten Jahr sank die Zahl der Anrufe um 14 Prozent.";
    let french = "La deuxi\u{e8}me ann\u{e9}e, le nombre d'appels a baiss\u{e9} de 14 pour cent.";
    let spanish = "En el segundo a\u{f1}o, el n\u{fa}mero de llamadas baj\u{f3} un 14 por ciento.";
    for (language, quote, fact, rule) in [
        (
            "de",
            german,
            "Im zweiten Jahr stieg die Zahl der Anrufe um 14 Prozent.",
            "contradicts_evidence",
        ),
        (
            "de",
            german,
            "Im zweiten Jahr sank die Zahl der Anrufe nicht um 14 Prozent.",
            "contradicts_evidence",
        ),
        (
            "de",
            german,
            "Im zweiten Jahr sank die Zahl der Anrufe um 14 Millionen.",
            "quantity_not_in_evidence",
        ),
        (
            "de",
            german,
            "Im M\u{e4}rz 2021 sank die Zahl der Anrufe um 14 Prozent.",
            "date_not_in_evidence",
        ),
        (
            "fr",
            french,
            "La deuxi\u{e8}me ann\u{e9}e, le nombre d'appels a augment\u{e9} de 14 pour cent.",
            "contradicts_evidence",
        ),
        (
            "fr",
            french,
            "Le nombre d'appels a baiss\u{e9} de quinze pour cent la deuxi\u{e8}me ann\u{e9}e.",
            "quantity_not_in_evidence",
        ),
        (
            "es",
            spanish,
            "En el segundo a\u{f1}o, el n\u{fa}mero de llamadas subi\u{f3} un 14 por ciento.",
            "contradicts_evidence",
        ),
        (
            "es",
            spanish,
            "En el segundo a\u{f1}o, el n\u{fa}mero de llamadas baj\u{f3} un quince por ciento.",
            "quantity_not_in_evidence",
        ),
    ] {
        let found = found(language, quote, fact);
        assert!(found.contains(&rule.to_owned()), "{language}: {fact}: {found:?}");
    }
}

#[test]
fn a_true_claim_in_other_words_is_left_alone() {
    for (language, quote, fact) in [
        (
            "de",
            "Im zweiten Jahr sank die Zahl der Anrufe um 14 Prozent.",
            "Die Zahl der Anrufe ging im zweiten Jahr um vierzehn Prozent zur\u{fc}ck.",
        ),
        (
            "fr",
            "Le fromage m\u{fb}rit trois semaines dans une cave.",
            "Dans sa cave, le fromage m\u{fb}rit pendant 3 semaines.",
        ),
        (
            "es",
            "La cosecha de la aceituna comienza en octubre.",
            "En octubre comienza la cosecha de aceituna.",
        ),
    ] {
        let found = found(language, quote, fact);
        assert_eq!(found, Vec::<String>::new(), "{language}: {fact}");
    }
}
