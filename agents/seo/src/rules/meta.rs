//! Title, description, slug and tags, made from the article's own words.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::content::{Article, Sentence};
use slug::slugify;

use super::keyphrase::Keyphrase;
use super::text::{count_words, upper_first};
use super::width::px;
use crate::config::Config;

const TAGS_MAX: usize = 8;
const SLUG_CHARS_MAX: usize = 75;
/// A slug of one word that is shorter says too little.
const SLUG_CHARS_MIN: usize = 12;
/// Sentences that a description may be put together from, and how many at a time.
const DESCRIPTION_POOL: usize = 10;
/// A word must stand in so many quotes to be a tag.
const TAG_QUOTES_MIN: usize = 3;

/// The title for search results: the article's, with the keyphrase before it where it has none, and
/// cut to the width.
pub(crate) fn title(article: &Article, phrase: &Keyphrase, px_max: u32) -> String {
    let title = article.title.trim();
    if phrase.stems.is_empty() || phrase.is_in(title) {
        return cut(title, px_max);
    }
    let led = format!("{}: {title}", upper_first(&phrase.text));
    let parts = [led.as_str(), &upper_first(&phrase.text)];
    let fitting = parts.into_iter().find(|text| px(text) <= px_max);
    cut(fitting.unwrap_or(title), px_max)
}

/// The text, cut at a word and marked with an ellipsis where it is too wide; at a colon where the
/// part before it says enough.
fn cut(text: &str, px_max: u32) -> String {
    if px(text) <= px_max {
        return text.to_owned();
    }
    let before = text.split_once(": ").map(|(before, _)| before);
    if let Some(before) = before.filter(|b| count_words(b) >= 3 && px(b) <= px_max) {
        return before.to_owned();
    }
    let mut kept = String::new();
    for word in text.split_whitespace() {
        let longer = if kept.is_empty() { word.to_owned() } else { format!("{kept} {word}") };
        if px(&format!("{longer}\u{2026}")) > px_max {
            break;
        }
        kept = longer;
    }
    format!("{}\u{2026}", kept.trim_end_matches(|c: char| !c.is_alphanumeric()))
}

/// The description: whole sentences of the article, in its order, of the right length, with the
/// keyphrase in one or two of them. Where none fit, the best is cut at a word.
pub(crate) fn description(article: &Article, phrase: &Keyphrase, config: &Config) -> String {
    let pool: Vec<&str> = ordered(article).take(DESCRIPTION_POOL).collect();
    let mut best: Option<(u32, String)> = None;
    let mut consider = |places: &[usize]| {
        let texts: Vec<&str> =
            places.iter().filter_map(|place| pool.get(*place).copied()).collect();
        let text = texts.join(" ");
        let cost = cost(&texts, &text, phrase, config) + later(places);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, text));
        }
    };
    for first in 0..pool.len() {
        consider(&[first]);
        for second in first + 1..pool.len() {
            consider(&[first, second]);
            for third in second + 1..pool.len() {
                consider(&[first, second, third]);
            }
        }
    }
    let text = best.map(|(_, text)| text).unwrap_or_default();
    if text.chars().count() <= config.description_chars_max {
        return text;
    }
    cut_chars(&text, config.description_chars_max)
}

/// The lead's sentences, its own before the quoted, then the rest; questions last.
fn ordered(article: &Article) -> impl Iterator<Item = &str> {
    let mut sentences: Vec<&Sentence> = article
        .sections
        .iter()
        .flat_map(|section| &section.paragraphs)
        .flat_map(|paragraph| &paragraph.sentences)
        .take(3 * DESCRIPTION_POOL)
        .collect();
    sentences.sort_by_key(|sentence| sentence.text.ends_with('?'));
    sentences.into_iter().map(|sentence| sentence.text.as_str())
}

/// What speaks against a description.
fn cost(texts: &[&str], text: &str, phrase: &Keyphrase, config: &Config) -> u32 {
    let chars = text.chars().count();
    let missed = config.description_chars_min.saturating_sub(chars)
        + 2 * chars.saturating_sub(config.description_chars_max);
    let matches = texts.iter().filter(|sentence| phrase.is_in(sentence)).count();
    let off = if (1..=2).contains(&matches) { 0 } else { 40 };
    // A description in several people's words reads badly; the article's own are better.
    let quotes = texts.iter().filter(|sentence| sentence.contains('\u{201c}')).count();
    u32::try_from(missed + off + 30 * quotes).unwrap_or(u32::MAX)
}

/// What comes first in the article says best what it is about.
fn later(places: &[usize]) -> u32 {
    u32::try_from(3 * places.iter().sum::<usize>()).unwrap_or(u32::MAX)
}

fn cut_chars(text: &str, most: usize) -> String {
    let mut kept = String::new();
    for word in text.split_whitespace() {
        if kept.chars().count() + word.chars().count() + 2 > most {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    format!("{}\u{2026}", kept.trim_end_matches(|c: char| !c.is_alphanumeric()))
}

/// The slug: the title's content words, led by those of the keyphrase that it lacks.
pub(crate) fn slug(
    article: &Article,
    phrase: &Keyphrase,
    language: Language,
    words_max: usize,
) -> String {
    let title = content_words(&article.title, language);
    let phrase_words = content_words(&phrase.text, language);
    let stem = |word: &String| language.stem(&fold(word));
    let title_stems: Vec<String> = title.iter().map(stem).collect();
    let lacking = phrase_words.iter().filter(|word| !title_stems.contains(&stem(word)));
    let mut words: Vec<String> = lacking.cloned().collect();
    // The keyphrase's words stay when the slug is cut short.
    let needed = |word: &&String| phrase.stems.contains(&stem(word));
    let room = words_max.saturating_sub(words.len() + title.iter().filter(needed).count());
    let mut spare = room;
    for word in &title {
        if needed(&word) {
            words.push(word.clone());
        } else if spare > 0 {
            spare -= 1;
            words.push(word.clone());
        }
    }
    let mut slug = slugify(words.join(" "));
    // One word is no name for a page.
    if !slug.contains('-') && slug.len() < SLUG_CHARS_MIN {
        let title: Vec<&str> = article.title.split_whitespace().take(words_max).collect();
        slug = slugify(title.join(" "));
    }
    while slug.len() > SLUG_CHARS_MAX {
        let Some((shorter, _)) = slug.rsplit_once('-') else { break };
        slug = shorter.to_owned();
    }
    if slug.is_empty() { "article".to_owned() } else { slug }
}

fn content_words(text: &str, language: Language) -> Vec<String> {
    words(text)
        .map(|(_, word)| word.to_owned())
        .filter(|word| !language.is_stop(&fold(word)))
        .collect()
}

/// The tags: the keyphrase, then the word pairs and words that the most quotes share.
pub(crate) fn tags(
    article: &Article,
    phrase: &Keyphrase,
    language: Language,
    most: usize,
) -> Vec<String> {
    let mut tags = Vec::new();
    if !phrase.stems.is_empty() {
        tags.push(fold(&phrase.text));
    }
    // A single word is a subject, and no verb, when titles name it.
    let named: BTreeSet<String> =
        article.sources.iter().flat_map(|source| language.terms(&source.title)).collect();
    let mut shared: BTreeMap<String, (usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for claim in &article.claims {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let found = candidates(&claim.quote.text, language);
        for (key, shown) in
            found.into_iter().filter(|(key, _)| key.contains(' ') || named.contains(key))
        {
            seen.entry(key).or_insert(shown);
        }
        for (key, shown) in seen {
            let (count, forms) = shared.entry(key).or_default();
            *count += 1;
            *forms.entry(shown).or_default() += 1;
        }
    }
    let mut ranked: Vec<(usize, String, String)> = shared
        .into_iter()
        .filter(|(_, (count, _))| *count >= TAG_QUOTES_MIN)
        .filter_map(|(key, (count, forms))| {
            let form = forms
                .into_iter()
                .max_by_key(|(form, times)| (*times, std::cmp::Reverse(form.clone())))?;
            // A pair says more than its words, so it may be rarer.
            let weight = if key.contains(' ') { count * 2 } else { count };
            Some((weight, key, form.0))
        })
        .collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut taken: Vec<String> = phrase.stems.iter().cloned().collect();
    for (_, key, form) in ranked {
        let is_new = key.split(' ').any(|stem| !taken.iter().any(|known| known == stem));
        if tags.len() < most.min(TAGS_MAX) && is_new {
            taken.extend(key.split(' ').map(str::to_owned));
            tags.push(form);
        }
    }
    tags
}

/// Content words and pairs of neighbouring ones, as (stems, as written).
fn candidates(text: &str, language: Language) -> Vec<(String, String)> {
    let all: Vec<String> = words(text).map(|(_, word)| fold(word)).collect();
    let is_content = |word: &String| {
        !language.is_stop(word) && word.chars().count() > 3 && word.chars().all(char::is_alphabetic)
    };
    let mut found: Vec<(String, String)> =
        all.iter().filter(|word| is_content(word)).map(|w| (language.stem(w), w.clone())).collect();
    for pair in all.windows(2) {
        if let [one, two] = pair
            && is_content(one)
            && is_content(two)
        {
            let key = format!("{} {}", language.stem(one), language.stem(two));
            found.push((key, format!("{one} {two}")));
        }
    }
    found
}

/// Whether a description says only what the article says: every content word of it is in the text.
pub(crate) fn is_from(description: &str, article: &Article, language: Language) -> bool {
    let sentences = article.sections.iter().flat_map(|s| &s.paragraphs).flat_map(|p| &p.sentences);
    let mut known: Vec<String> = language.terms(&article.title);
    known.extend(language.terms(&article.keyphrase));
    known.extend(sentences.flat_map(|sentence| language.terms(&sentence.text)));
    language.terms(description).iter().all(|term| known.contains(term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{article, phrase};

    #[test]
    fn the_title_keeps_its_words_and_its_width() {
        let config = Config::default();
        for (title_in, keyphrase, want) in [
            ("How night desks work", "night desk", "How night desks work"),
            ("How they work", "night desk", "Night desk: How they work"),
            ("How they work", "", "How they work"),
        ] {
            let mut article = article();
            article.title = title_in.to_owned();
            assert_eq!(title(&article, &phrase(keyphrase), config.title_px_max), want);
        }
        let mut long = article();
        long.title = "night desk ".repeat(20);
        let cut = title(&long, &phrase("night desk"), config.title_px_max);
        assert!(px(&cut) <= 600 && cut.ends_with('\u{2026}'), "{cut}");
        long.title = format!("What a night desk does: {}", "more and more ".repeat(10));
        assert_eq!(title(&long, &phrase("night desk"), 600), "What a night desk does");
    }

    #[test]
    fn the_description_is_made_of_whole_sentences_of_the_article() {
        let config = Config::default();
        let article = article();
        let text = description(&article, &phrase("night desk"), &config);
        let chars = text.chars().count();
        assert!((121..=156).contains(&chars), "{chars}: {text}");
        assert!(is_from(&text, &article, Language::English));
        assert!(text.starts_with("This digest looks at how a night desk works."), "{text}");
    }

    #[test]
    fn a_description_of_nothing_is_empty_and_a_long_one_is_cut() {
        let mut article = article();
        article.sections.clear();
        assert_eq!(description(&article, &phrase("x"), &Config::default()), "");
        let long = cut_chars(&"word ".repeat(60), 156);
        assert!(long.chars().count() <= 156 && long.ends_with("word\u{2026}"), "{long}");
    }

    #[test]
    fn the_slug_is_short_and_has_the_keyphrase() {
        let of = |title: &str, keyphrase: &str| {
            let article = Article { title: title.to_owned(), ..article() };
            slug(&article, &phrase(keyphrase), Language::English, 6)
        };
        assert_eq!(of("How night desks work in towns", "night desk"), "night-desks-towns");
        assert_eq!(of("What makes good coffee", "coffee"), "what-makes-good-coffee");
        assert_eq!(of("What the clerks say", "night desk"), "night-desk-clerks");
        assert_eq!(
            of("Old new red green blue big small loud quiet night desk", "night desk"),
            "old-new-red-green-night-desk"
        );
        assert_eq!(of("\u{bf}\u{a1}", ""), "article");
    }

    #[test]
    fn tags_are_what_quotes_share() {
        let tags = tags(&article(), &phrase("night desk"), Language::English, 4);
        assert_eq!(tags, ["night desk", "callers"]);
        let mut untitled = article();
        untitled.sources.clear();
        assert_eq!(
            super::tags(&untitled, &phrase("night desk"), Language::English, 4),
            ["night desk"]
        );
    }
}
