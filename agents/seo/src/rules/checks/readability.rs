//! What readers stumble over.

use galley_agents_knowledge::words::{Language, fold, words};

use super::{GOOD, Result, Subject, at_most, good_or};
use crate::rules::lists::{has_transition, is_passive};
use crate::rules::text::{count_words, paragraphs, percent};

const SENTENCE_WORDS_MAX: usize = 20;
/// Shorter texts need no joins.
const TRANSITION_WORDS_MIN: usize = 200;
/// A word of more letters is hard, unless it belongs to the subject.
const EASY_LETTERS_MAX: usize = 11;

/// All of them.
pub(super) fn checks(subject: &Subject<'_>) -> Vec<Result> {
    vec![
        subheading_distribution(subject),
        paragraph_length(subject),
        sentence_length(subject),
        consecutive(subject),
        passive(subject),
        transitions(subject),
        complexity(subject),
        presence(subject),
    ]
}

fn result(
    name: &'static str,
    value: String,
    wanted: &'static str,
    score: u8,
    fix: &'static str,
) -> Result {
    Result { name, value, wanted, score: Some(score), fix }
}

fn whole(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn subheading_distribution(subject: &Subject<'_>) -> Result {
    let words = |section| paragraphs(section).map(|text| count_words(&text)).sum();
    let longest: usize = subject.article.sections.iter().map(words).max().unwrap_or(0);
    let score = at_most(whole(longest), 300.0, 350.0);
    let fix = "put a heading into the longest stretch";
    let value = format!("longest stretch: {longest} words");
    result("subheading_distribution", value, "no stretch over 300 words", score, fix)
}

fn paragraph_length(subject: &Subject<'_>) -> Result {
    let longest = subject.paragraphs.iter().map(|text| count_words(text)).max().unwrap_or(0);
    let score = at_most(whole(longest), 150.0, 200.0);
    let value = format!("longest: {longest} words");
    result(
        "paragraph_length",
        value,
        "at most 150 words",
        score,
        "cut the longest paragraph in two",
    )
}

fn sentence_length(subject: &Subject<'_>) -> Result {
    let long = subject.sentences.iter().filter(|s| count_words(s) > SENTENCE_WORDS_MAX).count();
    let share = percent(long, subject.sentences.len());
    let score = at_most(share, 25.0, 30.0);
    let fix = "shorten sentences, or quote shorter ones";
    let value = format!("{share:.0} % over {SENTENCE_WORDS_MAX} words");
    result("sentence_length", value, "at most 25 % over 20 words", score, fix)
}

fn consecutive(subject: &Subject<'_>) -> Result {
    let first = |sentence: &String| words(sentence).next().map(|(_, word)| fold(word));
    let openings: Vec<_> = subject.sentences.iter().map(first).collect();
    let (mut longest, mut run) = (0, 0);
    let mut before = None;
    for opening in &openings {
        run = if before == Some(opening) { run + 1 } else { 1 };
        longest = longest.max(run);
        before = Some(opening);
    }
    let fix = "begin neighbouring sentences with different words";
    let value = format!("{longest} in a row");
    result("consecutive_sentences", value, "fewer than 3 in a row", good_or(longest < 3, 3), fix)
}

fn passive(subject: &Subject<'_>) -> Result {
    if subject.language == Language::Other {
        let value = "no list for this language".to_owned();
        return Result {
            name: "passive_voice",
            value,
            wanted: "at most 10 %",
            score: None,
            fix: "",
        };
    }
    let count = subject.sentences.iter().filter(|s| is_passive(s, subject.language)).count();
    let share = percent(count, subject.sentences.len());
    let score = at_most(share, 10.0, 15.0);
    result("passive_voice", format!("{share:.0} %"), "at most 10 %", score, "say who does it")
}

fn transitions(subject: &Subject<'_>) -> Result {
    let absent = |why: &str| Result {
        name: "transition_words",
        value: why.to_owned(),
        wanted: "at least 30 % of the sentences",
        score: None,
        fix: "",
    };
    if subject.language == Language::Other {
        return absent("no list for this language");
    }
    if subject.words <= TRANSITION_WORDS_MIN {
        return absent("the text is short");
    }
    let count = subject.sentences.iter().filter(|s| has_transition(s, subject.language)).count();
    let share = percent(count, subject.sentences.len());
    let score = at_most(-share, -30.0, -20.0);
    let fix = "join sentences with words such as 'however' or 'for example'";
    result(
        "transition_words",
        format!("{share:.0} %"),
        "at least 30 % of the sentences",
        score,
        fix,
    )
}

/// Long words that are not the subject's own.
fn complexity(subject: &Subject<'_>) -> Result {
    let is_hard = |word: &str| {
        word.chars().count() > EASY_LETTERS_MAX
            && !subject.phrase.stems.contains(&subject.language.stem(&fold(word)))
    };
    let all = subject.sentences.iter().flat_map(|sentence| words(sentence).map(|(_, word)| word));
    let hard = all.filter(|word| is_hard(word)).count();
    let share = percent(hard, subject.words);
    let score = at_most(share, 10.0, 15.0);
    let fix = "use shorter words where you can";
    result("word_complexity", format!("{share:.0} % long words"), "at most 10 %", score, fix)
}

fn presence(subject: &Subject<'_>) -> Result {
    let chars: usize = subject.paragraphs.iter().map(|text| text.chars().count()).sum();
    let score = if chars >= 50 { GOOD } else { 3 };
    let value = format!("{chars} characters");
    result("text_presence", value, "at least 50 characters", score, "write something")
}
