//! Applies a review: which sentences go, which claims are not used again.

use std::collections::BTreeSet;

use galley_schemas::content::{Article, Finding, Section, Severity};

use super::cite::sentences;

/// The findings that ask for a change: the major ones, or the minor ones when there are no others.
pub(crate) fn weighty(findings: &[Finding]) -> Vec<&Finding> {
    let at_least = |least: Severity| findings.iter().filter(move |f| f.severity >= least);
    let major: Vec<&Finding> = at_least(Severity::Major).collect();
    if major.is_empty() { at_least(Severity::Minor).collect() } else { major }
}

/// The claims behind the sentences that findings name: a digest does not quote them again.
pub(crate) fn banned(findings: &[&Finding], articles: &[&Article]) -> BTreeSet<String> {
    let named: BTreeSet<&str> = findings.iter().filter_map(|f| f.sentence.as_deref()).collect();
    articles
        .iter()
        .flat_map(|article| sentences(&article.sections))
        .filter(|sentence| named.contains(sentence.text.as_str()))
        .flat_map(|sentence| sentence.claims.iter().cloned())
        .collect()
}

/// The sections without the sentences that findings name; what is left empty goes too.
pub(crate) fn without(mut sections: Vec<Section>, findings: &[&Finding]) -> Vec<Section> {
    let named: BTreeSet<&str> = findings.iter().filter_map(|f| f.sentence.as_deref()).collect();
    for section in &mut sections {
        for paragraph in &mut section.paragraphs {
            paragraph.sentences.retain(|sentence| !named.contains(sentence.text.as_str()));
        }
        section.paragraphs.retain(|paragraph| !paragraph.sentences.is_empty());
    }
    sections.retain(|section| !section.paragraphs.is_empty());
    sections
}

#[cfg(test)]
mod tests {
    use galley_schemas::content::{Paragraph, Role, Sentence, Style};

    use super::*;

    fn finding(severity: Severity, sentence: &str) -> Finding {
        Finding {
            rule: "x".to_owned(),
            severity,
            section: None,
            sentence: Some(sentence.to_owned()),
            advice: String::new(),
        }
    }

    #[test]
    fn major_findings_outweigh_minor_ones() {
        let both = [finding(Severity::Minor, "a"), finding(Severity::Major, "b")];
        assert_eq!(weighty(&both).len(), 1);
        assert_eq!(weighty(&both[..1]).len(), 1);
        assert!(weighty(&[finding(Severity::Note, "a")]).is_empty());
    }

    #[test]
    fn named_sentences_go_and_leave_nothing_empty() {
        let sentence =
            |text: &str| Sentence { text: text.to_owned(), role: Role::Link, claims: Vec::new() };
        let section = |texts: &[&str]| Section {
            heading: None,
            paragraphs: vec![Paragraph {
                style: Style::Body,
                sentences: texts.iter().map(|text| sentence(text)).collect(),
            }],
        };
        let finding = finding(Severity::Major, "b");
        let left = without(vec![section(&["a", "b"]), section(&["b"])], &[&finding]);
        assert_eq!(left, [section(&["a"])]);
    }
}
