//! What search engines look at.

use super::{GOOD, Result, Subject, good_or};
use crate::rules::text::percent;
use crate::rules::width::px;

/// All of them, in the order in which editors know them.
pub(super) fn checks(subject: &Subject<'_>) -> Vec<Result> {
    vec![
        introduction(subject),
        length_of_phrase(subject),
        density(subject),
        distribution(subject),
        in_description(subject),
        description_length(subject),
        in_subheadings(subject),
        in_title(subject),
        title_width(subject),
        in_slug(subject),
        previously_used(subject),
        text_length(subject),
        outbound(subject),
        internal(subject),
        competing(subject),
        images(subject),
        image_alt(subject),
        single_h1(),
    ]
}

const fn result(
    name: &'static str,
    value: String,
    wanted: &'static str,
    score: u8,
    fix: &'static str,
) -> Result {
    Result { name, value, wanted, score: Some(score), fix }
}

fn absent(name: &'static str, why: &str, wanted: &'static str) -> Result {
    Result { name, value: why.to_owned(), wanted, score: None, fix: "" }
}

fn introduction(subject: &Subject<'_>) -> Result {
    let first = subject.paragraphs.first().map(String::as_str).unwrap_or_default();
    let sentences = crate::rules::text::split_sentences(first);
    let whole = sentences.iter().any(|sentence| subject.phrase.is_in(sentence));
    let (value, score) = match (whole, subject.phrase.is_in(first)) {
        (true, _) => ("in one sentence", GOOD),
        (false, true) => ("spread over the first paragraph", 6),
        (false, false) => ("not in the first paragraph", 3),
    };
    result(
        "keyphrase_in_introduction",
        value.to_owned(),
        "all its words in one sentence of the first paragraph",
        score,
        "name the subject in the keyphrase's words in the first paragraph",
    )
}

fn length_of_phrase(subject: &Subject<'_>) -> Result {
    let count = subject.phrase.stems.len();
    let score = match count {
        0 => 0,
        1..=4 => GOOD,
        5..=8 => 6,
        _ => 3,
    };
    let fix = "choose a keyphrase of 1 to 4 words that carry a subject";
    result("keyphrase_length", format!("{count} content words"), "1-4 content words", score, fix)
}

fn density(subject: &Subject<'_>) -> Result {
    let times: usize =
        subject.sentences.iter().map(|sentence| subject.phrase.count(sentence)).sum();
    let share = percent(times, subject.words);
    let score = if share < 0.5 {
        4
    } else if share <= 3.5 {
        GOOD
    } else {
        0
    };
    let fix =
        if share < 0.5 { "name the keyphrase more often" } else { "name the keyphrase less often" };
    result("keyphrase_density", format!("{times} times, {share:.1} %"), "0.5-3.5 %", score, fix)
}

/// The longest run of sentences without any word of the keyphrase.
fn distribution(subject: &Subject<'_>) -> Result {
    let (mut longest, mut run) = (0, 0);
    for sentence in &subject.sentences {
        run = if subject.phrase.covered(sentence) > 0.0 { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    let share = percent(longest, subject.sentences.len());
    let score = if share < 30.0 {
        GOOD
    } else if share <= 50.0 {
        6
    } else {
        1
    };
    let fix = "come back to the subject in the longest stretch without it";
    let value = format!("longest stretch without it: {share:.0} %");
    result("keyphrase_distribution", value, "below 30 % of the sentences", score, fix)
}

fn in_description(subject: &Subject<'_>) -> Result {
    let description = &subject.article.meta.description;
    let sentences = crate::rules::text::split_sentences(description);
    let matches = sentences.iter().filter(|sentence| subject.phrase.is_in(sentence)).count();
    let score = if (1..=2).contains(&matches) { GOOD } else { 3 };
    let fix = "put the keyphrase into one sentence of the description";
    result("keyphrase_in_description", format!("{matches} sentences"), "1-2 sentences", score, fix)
}

fn description_length(subject: &Subject<'_>) -> Result {
    let chars = subject.article.meta.description.chars().count();
    let score = match chars {
        0 => 1,
        121..=156 => GOOD,
        _ => 6,
    };
    let fix = "write a description of 121 to 156 characters";
    result("description_length", format!("{chars} characters"), "121-156 characters", score, fix)
}

fn in_subheadings(subject: &Subject<'_>) -> Result {
    let headings: Vec<&str> =
        subject.article.sections.iter().filter_map(|section| section.heading.as_deref()).collect();
    let with = headings.iter().filter(|heading| subject.phrase.covered(heading) >= 50.0).count();
    let share = percent(with, headings.len());
    let score = match headings.len() {
        0 if subject.words <= 300 => GOOD,
        0 => 2,
        _ => good_or((30.0..=75.0).contains(&share) || (headings.len() == 1 && with == 1), 3),
    };
    let fix = "let a third to three quarters of the headings reflect the keyphrase";
    let value = format!("{with} of {}", headings.len());
    result("keyphrase_in_subheadings", value, "30-75 % of the headings", score, fix)
}

fn in_title(subject: &Subject<'_>) -> Result {
    let title = &subject.article.meta.title;
    let is_exact = subject.phrase.is_verbatim_in(title);
    let leads = title.to_lowercase().starts_with(&subject.phrase.text.to_lowercase());
    let (value, score) = if is_exact && leads {
        ("exact, at the beginning", GOOD)
    } else if is_exact {
        ("exact, not at the beginning", 6)
    } else if subject.phrase.is_in(title) {
        ("all its words, not in this order", 6)
    } else {
        ("words are missing", 2)
    };
    let fix = "begin the title with the keyphrase, where that reads well";
    result("keyphrase_in_title", value.to_owned(), "exact, at the beginning", score, fix)
}

fn title_width(subject: &Subject<'_>) -> Result {
    let width = px(&subject.article.meta.title);
    let score = match width {
        0 => 1,
        1..=600 => GOOD,
        _ => 3,
    };
    result(
        "title_width",
        format!("{width} px"),
        "1-600 px",
        score,
        "shorten the title for search results",
    )
}

fn in_slug(subject: &Subject<'_>) -> Result {
    let slug = subject.article.meta.slug.replace('-', " ");
    let share = subject.phrase.covered(&slug);
    let is_good = if subject.phrase.stems.len() <= 2 { share >= 100.0 } else { share > 50.0 };
    let fix = "put the keyphrase's words into the slug";
    let value = format!("{share:.0} % of its words");
    result("keyphrase_in_slug", value, "all of 1-2 words, else over half", good_or(is_good, 6), fix)
}

fn previously_used(subject: &Subject<'_>) -> Result {
    let used = subject.earlier.same_keyphrase;
    let score = match used {
        0 => GOOD,
        1 => 6,
        _ => 1,
    };
    let fix = "choose another keyphrase, so that two articles do not compete";
    result(
        "previously_used_keyphrase",
        format!("on {used} earlier articles"),
        "never used before",
        score,
        fix,
    )
}

fn text_length(subject: &Subject<'_>) -> Result {
    let score = match subject.words {
        0..=199 => 0,
        200..=249 => 3,
        250..=299 => 6,
        _ => GOOD,
    };
    result(
        "text_length",
        format!("{} words", subject.words),
        "at least 300 words",
        score,
        "write more",
    )
}

fn outbound(subject: &Subject<'_>) -> Result {
    let links = subject.article.sources.iter().filter(|source| source.url.is_some()).count();
    let fix = "cite at least one source that has an address";
    result(
        "outbound_links",
        format!("{links} sources linked"),
        "at least 1",
        good_or(links > 0, 3),
        fix,
    )
}

fn internal(subject: &Subject<'_>) -> Result {
    let links = subject.article.meta.related.len();
    if subject.earlier.articles == 0 {
        return absent("internal_links", "there is no earlier article to link to", "at least 1");
    }
    let fix = "link to an earlier article on a related subject";
    result(
        "internal_links",
        format!("{links} earlier articles"),
        "at least 1",
        good_or(links > 0, 3),
        fix,
    )
}

/// Links whose text is the keyphrase tell search engines that another page is the one on it.
fn competing(subject: &Subject<'_>) -> Result {
    let article = subject.article;
    let titles = article.meta.related.iter().map(|(title, _)| title.as_str());
    let linked = article.sources.iter().filter(|source| source.url.is_some());
    let texts = titles.chain(linked.map(|source| source.title.as_str()));
    let is_it = |text: &&str| text.trim().to_lowercase() == subject.phrase.text.to_lowercase();
    let count = texts.filter(is_it).count();
    let fix = "link with other words than the keyphrase";
    let value = format!("{count} links on the keyphrase");
    result("competing_links", value, "no link on the keyphrase", good_or(count == 0, 2), fix)
}

fn images(subject: &Subject<'_>) -> Result {
    let count = usize::from(subject.article.meta.card.is_some());
    let fix = "add a picture; the title has letters that the card cannot show";
    result("images", format!("{count}, the card"), "at least 1", good_or(count > 0, 3), fix)
}

fn image_alt(subject: &Subject<'_>) -> Result {
    let Some(card) = &subject.article.meta.card else {
        return absent("image_alt", "there is no image", "keyphrase in at least 1");
    };
    let has_phrase = subject.phrase.is_in(&card.alt);
    let value = if has_phrase { "keyphrase in 1 of 1" } else { "keyphrase in 0 of 1" };
    let fix = "name the keyphrase in the words for the picture";
    result("image_alt", value.to_owned(), "keyphrase in at least 1", good_or(has_phrase, 6), fix)
}

/// The page's only H1 is its title: the body's headings are H2.
fn single_h1() -> Result {
    result("single_h1", "none in the body".to_owned(), "none in the body", GOOD, "")
}
