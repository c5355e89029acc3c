//! What seo does without a model. Pure: the memory is asked before, and no clock is read.

mod checks;
mod keyphrase;
mod lists;
mod mend;
pub(crate) mod meta;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod text;
pub(crate) mod width;

use galley_agents_knowledge::words::Language;
use galley_schemas::content::{Article, Check, Length, Meta};

use crate::config::Config;
pub(crate) use checks::Earlier;
use checks::{Subject, report};
pub(crate) use keyphrase::Keyphrase;

const WORDS_PER_MINUTE: usize = 230;

/// Mends the article and gives it its metadata.
pub(crate) fn optimise(
    mut article: Article,
    related: Vec<(String, String)>,
    config: &Config,
) -> Article {
    let language = Language::of(&article.language);
    let phrase = Keyphrase::new(&article.keyphrase, language);
    mend::mend(&mut article, &phrase, language);
    article.meta = Meta {
        title: meta::title(&article, &phrase, config.title_px_max),
        description: meta::description(&article, &phrase, config),
        slug: meta::slug(&article, &phrase, language, config.slug_words_max),
        tags: meta::tags(&article, &phrase, language, config.tags_max),
        related,
        ..Meta::default()
    };
    let words = text::words_of(&article);
    let held = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    article.length =
        Length { words: held(words), minutes: held(words.div_ceil(WORDS_PER_MINUTE).max(1)) };
    article
}

/// Measures the article: every check, and the score from 0 to 1.
pub(crate) fn measure(article: &Article, earlier: Earlier) -> (Vec<Check>, f64) {
    let language = Language::of(&article.language);
    let phrase = Keyphrase::new(&article.keyphrase, language);
    report(&Subject::new(article, &phrase, language, earlier))
}

/// Takes a model's title and description where they meet the rules; what does not is left out.
pub(crate) fn adopt(article: &mut Article, title: &str, description: &str, config: &Config) {
    let language = Language::of(&article.language);
    let phrase = Keyphrase::new(&article.keyphrase, language);
    let (title, description) = (title.trim(), description.trim());
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['<', '>', '\n', '{', '}']);
    if is_plain(title)
        && phrase.is_in(title)
        && width::px(title) <= config.title_px_max
        && meta::is_from(title, article, language)
    {
        title.clone_into(&mut article.meta.title);
    }
    let chars = description.chars().count();
    if is_plain(description)
        && phrase.is_in(description)
        && (config.description_chars_min..=config.description_chars_max).contains(&chars)
        && meta::is_from(description, article, language)
    {
        description.clone_into(&mut article.meta.description);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sample::article;

    #[test]
    fn an_article_gets_its_metadata_and_its_report() {
        let config = Config::default();
        let done = optimise(article(), Vec::new(), &config);
        assert_eq!(done.meta.title, "How a night desk works");
        assert_eq!(done.meta.slug, "night-desk-works");
        assert!(done.length.words > 50 && done.length.minutes == 1);
        let (checks, score) = measure(&done, Earlier::default());
        assert!(checks.len() >= 26, "{}", checks.len());
        assert!((0.6..=1.0).contains(&score), "{score}");
        let before = measure(&article(), Earlier::default()).1;
        assert!(score > before, "{score} is not above {before}");
    }

    #[test]
    fn a_model_is_believed_only_within_the_rules() {
        let config = Config::default();
        let done = optimise(article(), Vec::new(), &config);
        let adopted = |title: &str, description: &str| {
            let mut article = done.clone();
            adopt(&mut article, title, description, &config);
            (
                article.meta.title != done.meta.title,
                article.meta.description != done.meta.description,
            )
        };
        let fine = "How a night desk works: three documents from Harbour News say that most \
                    callers ask for the opening hours, and that some only want to hear a voice.";
        assert_eq!(adopted("Night desk: how it works", fine), (true, true));
        assert_eq!(adopted("Zebra desk at night", &fine.replace("voice", "zebra")), (false, false));
        assert_eq!(adopted("Callers", "Night desk."), (false, false));
        assert_eq!(adopted("Night desk <b>", ""), (false, false));
    }
}
