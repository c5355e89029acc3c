//! The proof of an article: every sentence with the quotes that it rests on.

use galley_schemas::content::{Article, Claim, Quote, Role, Sentence};

use super::text::{Line, Page};
use super::{At, words};

/// The whole article with its proof.
pub(crate) fn page(article: &Article, at: At) -> Page {
    let mut page = Page::new();
    page.push_wrapped(Line::new().strong(&article.title), at.prose, 0);
    let sum = format!(
        "{}, {} from {}",
        words::count(u64::from(article.length.words), "word", "words"),
        words::count(article.claims.len() as u64, "claim", "claims"),
        words::count(article.sources.len() as u64, "source", "sources"),
    );
    page.push(Line::new().dim(sum));
    for section in &article.sections {
        page.gap();
        if let Some(heading) = &section.heading {
            page.push_wrapped(Line::new().strong(heading), at.prose, 0);
            page.gap();
        }
        for sentence in section.paragraphs.iter().flat_map(|paragraph| &paragraph.sentences) {
            page.extend(one(article, sentence, at));
        }
    }
    page.gap();
    page.extend(sources(article, at));
    page
}

fn one(article: &Article, sentence: &Sentence, at: At) -> Page {
    let mut page = Page::new();
    let role = match sentence.role {
        Role::Fact => "fact",
        Role::Quote => "quote",
        Role::Link => "link",
        Role::Comment => "comment",
    };
    let line = Line::new().dim(format!("{role:>9}  ")).plain(&sentence.text);
    page.push_wrapped(line, at.prose, 11);
    for claim in article.claims.iter().filter(|claim| sentence.claims.contains(&claim.id)) {
        page.extend(cited(article, claim, sentence, at));
    }
    page
}

/// A claim's quote, unless the sentence shows it already, and every place where it stands.
fn cited(article: &Article, claim: &Claim, sentence: &Sentence, at: At) -> Page {
    let mut page = Page::new();
    // The sentence around a quote may end it otherwise.
    let quoted = claim.quote.text.trim_end_matches(|c: char| c.is_ascii_punctuation());
    if !sentence.text.contains(quoted) {
        let line = Line::new().plain(" ".repeat(11)).dim(format!("“{}”", claim.quote.text));
        page.push_wrapped(line, at.prose, 12);
    }
    for (index, quote) in std::iter::once(&claim.quote).chain(&claim.also_in).enumerate() {
        let number = article.sources.iter().position(|source| source.id == quote.source);
        let number = number.map_or_else(|| "?".to_owned(), |number| (number + 1).to_string());
        let also = if index > 0 { "also " } else { "" };
        let line = format!("{}← {also}[{number}] {}", " ".repeat(11), span(quote));
        page.push_wrapped(Line::new().dim(line), at.prose, 13);
    }
    page
}

fn span(quote: &Quote) -> String {
    format!("bytes {}–{} of text {}", quote.start, quote.end, quote.text_sha256.short())
}

/// The sources by their numbers.
fn sources(article: &Article, at: At) -> Page {
    let mut page = Page::new();
    if article.sources.is_empty() {
        return page;
    }
    page.push(Line::new().strong("Sources"));
    for (index, source) in article.sources.iter().enumerate() {
        let number = format!("[{}]", index + 1);
        let line = Line::new().plain(format!("{number:>6}  {}", source.title));
        page.push_wrapped(line, at.prose, 8);
        let place = source.url.as_deref().unwrap_or(&source.locator);
        page.push_wrapped(Line::new().dim(format!("        {place}")), at.prose, 8);
        page.push(Line::new().dim(format!("        page {}", source.id.short())));
    }
    page
}
