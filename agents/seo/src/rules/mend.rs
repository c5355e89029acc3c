//! Small changes to the article's own words, for the checks that rules can mend.
//!
//! Only links, comments and headings change; a quotation or a fact never does.

use galley_agents_knowledge::words::Language;
use galley_schemas::content::{Article, Paragraph, Role, Section, Sentence};

use super::keyphrase::Keyphrase;
use super::text::{count_words, is_own, percent, sentences, upper_first, words_of};

const SENTENCE_WORDS_MAX: usize = 20;
/// Per cent of the words that the keyphrase should make up at least.
const DENSITY_MIN: f64 = 0.5;
/// A rule that names the keyphrase more often than this would be heard as a rule.
const NAMED_MAX: usize = 3;
/// Per cent of the headings that should reflect the keyphrase at least.
const HEADINGS_MIN: f64 = 30.0;
const HEADINGS_NAMED_MAX: usize = 2;
/// A text reflects the keyphrase when it has so many per cent of its words.
const REFLECTED: f64 = 50.0;

/// Joins that point at the subject without naming it, and how to name it (English).
const POINTERS: [(&str, &str); 5] = [
    ("On this point,", "On {k},"),
    ("speak to this,", "speak to {k},"),
    ("took this up.", "took up {k}."),
    ("Here, the sources", "On {k}, the sources"),
    ("have something to say.", "have something to say on {k}."),
];

/// Mends what can be mended.
pub(crate) fn mend(article: &mut Article, phrase: &Keyphrase, language: Language) {
    split_long(article);
    if phrase.stems.is_empty() {
        return;
    }
    introduce(article, phrase, language);
    if language == Language::English && is_natural(article, phrase) {
        name_in_headings(article, phrase);
        name_in_text(article, phrase);
    }
}

/// Two sentences instead of a long one of the article's own, cut at its semicolon.
fn split_long(article: &mut Article) {
    for paragraph in article.sections.iter_mut().flat_map(|section| &mut section.paragraphs) {
        let sentences = std::mem::take(&mut paragraph.sentences);
        paragraph.sentences = sentences.into_iter().flat_map(halves).collect();
    }
}

fn halves(sentence: Sentence) -> Vec<Sentence> {
    let is_long = is_own(sentence.role) && count_words(&sentence.text) > SENTENCE_WORDS_MAX;
    let cut =
        sentence.text.split_once("; ").filter(|_| is_long && !sentence.text.contains('\u{201c}'));
    let Some((first, second)) = cut else { return vec![sentence] };
    let half =
        |text: String| Sentence { text, role: sentence.role, claims: sentence.claims.clone() };
    vec![half(format!("{first}.")), half(upper_first(second))]
}

/// The keyphrase in one sentence of the first paragraph.
fn introduce(article: &mut Article, phrase: &Keyphrase, language: Language) {
    let Some(paragraph) = article.sections.first_mut().and_then(|s| s.paragraphs.first_mut())
    else {
        return;
    };
    if paragraph.sentences.iter().any(|sentence| phrase.is_in(&sentence.text)) {
        return;
    }
    let text = match language {
        Language::German => format!("Das Thema, kurz gesagt: {}.", phrase.text),
        Language::French => format!("Le sujet, en bref : {}.", phrase.text),
        Language::Spanish => format!("El tema, en resumen: {}.", phrase.text),
        Language::English | Language::Other => format!("The subject, in short: {}.", phrase.text),
    };
    let place = first_own(paragraph);
    paragraph.sentences.insert(place, Sentence { text, role: Role::Comment, claims: Vec::new() });
}

/// After the sentence that says what the article is about.
fn first_own(paragraph: &Paragraph) -> usize {
    usize::from(paragraph.sentences.first().is_some_and(|sentence| is_own(sentence.role)))
}

/// Whether people put the keyphrase like that: it stands word for word in the title, a heading or a
/// quote. What is only a string of search words is not put into sentences.
fn is_natural(article: &Article, phrase: &Keyphrase) -> bool {
    let quotes = article.claims.iter().map(|claim| claim.quote.text.as_str());
    let headings = article.sections.iter().filter_map(|section| section.heading.as_deref());
    std::iter::once(article.title.as_str())
        .chain(headings)
        .chain(quotes)
        .any(|text| phrase.is_verbatim_in(text))
}

/// Names the keyphrase in headings, but only of sections that are about it.
fn name_in_headings(article: &mut Article, phrase: &Keyphrase) {
    let reflects = |heading: &str| phrase.covered(heading) >= REFLECTED;
    let headings: Vec<String> = article.sections.iter().filter_map(|s| s.heading.clone()).collect();
    let reflected = headings.iter().filter(|heading| reflects(heading)).count();
    let others: Vec<String> = article
        .sections
        .iter()
        .filter(|section| is_about(section, article, phrase))
        .filter_map(|section| section.heading.clone())
        .filter(|heading| !reflects(heading))
        .take(HEADINGS_NAMED_MAX)
        .collect();
    for (named, heading) in others.iter().enumerate() {
        if percent(reflected + named, headings.len()) >= HEADINGS_MIN {
            break;
        }
        rename(article, heading, &format!("{}: {heading}", upper_first(&phrase.text)));
    }
}

/// Whether most of what a section cites has the keyphrase, or half of its words: only then may it be
/// said to be about it.
fn is_about(section: &Section, article: &Article, phrase: &Keyphrase) -> bool {
    let cited: Vec<&str> = section
        .paragraphs
        .iter()
        .flat_map(|paragraph| &paragraph.sentences)
        .flat_map(|sentence| &sentence.claims)
        .filter_map(|id| article.claims.iter().find(|claim| claim.id == *id))
        .map(|claim| claim.quote.text.as_str())
        .collect();
    let on_it = cited.iter().filter(|quote| phrase.covered(quote) >= REFLECTED).count();
    percent(on_it, cited.len()) > 50.0
}

/// Changes a heading, and the sentences that announce it.
fn rename(article: &mut Article, old: &str, new: &str) {
    let (marked, renamed) = (format!("\u{2018}{old}\u{2019}"), format!("\u{2018}{new}\u{2019}"));
    for section in &mut article.sections {
        if section.heading.as_deref() == Some(old) {
            section.heading = Some(new.to_owned());
        }
        let sentences =
            section.paragraphs.iter_mut().flat_map(|paragraph| &mut paragraph.sentences);
        for sentence in sentences.filter(|sentence| is_own(sentence.role)) {
            sentence.text = sentence.text.replace(&marked, &renamed);
        }
    }
}

/// Names the keyphrase where a join only points at it, until it stands often enough; only in
/// sections that are about it, so that the sentence stays true.
fn name_in_text(article: &mut Article, phrase: &Keyphrase) {
    let words = words_of(article);
    let mut stands: usize = sentences(article).iter().map(|sentence| phrase.count(sentence)).sum();
    let about: Vec<bool> =
        article.sections.iter().map(|section| is_about(section, article, phrase)).collect();
    let sections = article.sections.iter_mut().zip(about).filter(|(_, is_about)| *is_about);
    let own = sections
        .flat_map(|(section, _)| &mut section.paragraphs)
        .flat_map(|paragraph| &mut paragraph.sentences)
        .filter(|sentence| is_own(sentence.role));
    let mut named = 0;
    for sentence in own {
        if named == NAMED_MAX || percent(stands, words) >= DENSITY_MIN {
            break;
        }
        let pointer = POINTERS.iter().find(|(pointer, _)| sentence.text.contains(pointer));
        if let Some((pointer, name)) = pointer {
            sentence.text = sentence.text.replacen(pointer, &name.replace("{k}", &phrase.text), 1);
            stands += 1;
            named += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{article, phrase};

    fn mended(article: &Article, keyphrase: &str) -> Article {
        let mut mended = article.clone();
        mend(&mut mended, &phrase(keyphrase), Language::English);
        mended
    }

    fn texts(article: &Article, wanted: fn(Role) -> bool) -> Vec<String> {
        article
            .sections
            .iter()
            .flat_map(|section| &section.paragraphs)
            .flat_map(|paragraph| &paragraph.sentences)
            .filter(|sentence| wanted(sentence.role))
            .map(|sentence| sentence.text.clone())
            .collect()
    }

    #[test]
    fn quotations_and_facts_never_change() {
        let states = |role: Role| !is_own(role);
        for keyphrase in ["night desk", "opening hours", "callers", "zebra", ""] {
            let mended = mended(&article(), keyphrase);
            assert_eq!(texts(&mended, states), texts(&article(), states), "{keyphrase}");
        }
    }

    #[test]
    fn a_keyphrase_that_is_missing_is_introduced_once() {
        let once = mended(&article(), "zebra stripes");
        let first = &once.sections[0].paragraphs[0].sentences;
        assert_eq!(first[1].text, "The subject, in short: zebra stripes.");
        assert_eq!(mended(&once, "zebra stripes"), once);
    }

    #[test]
    fn a_natural_keyphrase_is_named_in_a_heading_and_announced_there() {
        let mut article = article();
        article.sections[1].heading = Some("What they want".to_owned());
        let way = &mut article.sections[0].paragraphs[0].sentences[2].text;
        *way = way.replace("What callers want", "What they want");
        let mended = mended(&article, "callers");
        assert_eq!(mended.sections[1].heading.as_deref(), Some("Callers: What they want"));
        let own = texts(&mended, is_own).join(" ");
        assert!(own.contains("\u{2018}Callers: What they want\u{2019}"), "{own}");
    }

    #[test]
    fn a_natural_keyphrase_is_named_where_a_join_only_points_at_it() {
        let mut long = article();
        let filler = Sentence { text: "Nobody complained. ".repeat(400), ..fact(&long) };
        long.sections[2].paragraphs[0].sentences.push(filler);
        let own = texts(&mended(&long, "callers"), is_own).join(" ");
        assert!(own.contains("On callers, two documents"), "{own}");
        // Only one of the two documents has these words: the sentence would no longer be true.
        let own = texts(&mended(&long, "opening hours"), is_own).join(" ");
        assert!(own.contains("On this point, two documents"), "{own}");
    }

    fn fact(article: &Article) -> Sentence {
        article.sections[2].paragraphs[0].sentences[1].clone()
    }

    #[test]
    fn a_long_sentence_of_its_own_becomes_two() {
        let mut long = article();
        let text = format!(
            "First comes this{}; then comes that{}.",
            " and this".repeat(5),
            " and that".repeat(5)
        );
        long.sections[0].paragraphs[0].sentences[0].text = text;
        let halves = mended(&long, "");
        let sentences = &halves.sections[0].paragraphs[0].sentences;
        assert!(
            sentences[0].text.ends_with("and this.") && sentences[1].text.starts_with("Then comes")
        );
    }
}
