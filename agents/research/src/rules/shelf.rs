//! The documents of a corpus, split, judged and indexed once for all sections.
//!
//! A shelf is made from content-addressed texts and never changes, so it may be shared by all tasks that
//! read the same corpus.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use galley_agents_knowledge::rank::Index;
use galley_agents_knowledge::words::{Language, fold, words};
use galley_agents_web::suspicion::{Suspect, suspects};
use galley_schemas::content::{ClaimKind, Source};

use crate::rules::claims::{Quotable, quotables};
use crate::rules::duplicates::Print;
use crate::rules::split::{Block, Span, split};

/// Most quotable spans of one document; of a longer one, the first are taken.
const PASSAGES_PER_BOOK_MAX: usize = 600;
/// Of a document with more passages that are written for machines, nothing is quoted.
const SUSPECTS_MAX: usize = 3;

/// A document with its text.
#[derive(Debug, Clone)]
pub struct Book {
    /// What is known about it.
    pub source: Source,
    /// Its text.
    pub text: String,
}

/// How much of an original is compared with quotes, in bytes. The text that was taken out of it is
/// shorter, and stands at its beginning.
pub const ORIGINAL_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The original of a document, as far as quotes are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Original {
    /// Plain or marked text, with its white space collapsed: people look quotes up in it.
    Text(String),
    /// A page: what is seen of it is not what its bytes say, so standing in them is only better.
    Page(String),
    /// Bytes that nobody reads.
    Opaque,
}

impl Original {
    /// What is to be compared of some bytes.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        let text = || {
            let beginning = bytes.get(..ORIGINAL_BYTES_MAX).unwrap_or(bytes);
            collapsed(&String::from_utf8_lossy(beginning))
        };
        match Self::essence(media_type) {
            "text/html" | "application/xhtml+xml" => Self::Page(text()),
            plain if plain.starts_with("text/") => Self::Text(text()),
            _ => Self::Opaque,
        }
    }

    /// Whether bytes of this type say anything about a quote.
    #[must_use]
    pub fn is_readable(media_type: &str) -> bool {
        let essence = Self::essence(media_type);
        essence.starts_with("text/") || essence == "application/xhtml+xml"
    }

    fn essence(media_type: &str) -> &str {
        media_type.split(';').next().unwrap_or_default().trim()
    }

    /// Whether a quote stands in it word for word.
    #[must_use]
    pub fn standing(&self, quote: &str) -> Standing {
        let (text, otherwise) = match self {
            Self::Text(text) => (text, Standing::Altered),
            Self::Page(text) => (text, Standing::Unseen),
            Self::Opaque => return Standing::Unseen,
        };
        if text.contains(&collapsed(quote)) { Standing::Verbatim } else { otherwise }
    }
}

/// How a span of the text stands in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Word for word.
    Verbatim,
    /// Not to be told: the original is no text, or a page whose marks may stand between.
    Unseen,
    /// A link, an emphasis or an entity stands in between.
    Altered,
}

/// A text with each run of white space as one space.
fn collapsed(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

/// A span of a document that may be quoted.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Which document it stands in.
    pub book: usize,
    /// Where it stands.
    pub span: Span,
    /// What sort of statement it is.
    pub kind: ClaimKind,
    /// How well it reads on its own, 0 to 1.
    pub quality: f64,
    /// Which of the contexts it stands in.
    pub context: usize,
    /// By what it is known again in other words.
    pub print: Print,
    /// How it stands in the original.
    pub standing: Standing,
    /// The stems of its words.
    pub stems: BTreeSet<String>,
    /// The stems of what it is said under and next to: its heading and its paragraph.
    pub around: Arc<BTreeSet<String>>,
}

/// The documents of a corpus, ready to be searched.
#[derive(Debug)]
pub struct Shelf {
    /// The language that most documents are in.
    pub language: Language,
    /// The documents.
    pub books: Vec<Book>,
    /// The spans that may be quoted.
    pub passages: Vec<Passage>,
    /// The spans, by their own words.
    pub by_words: Index,
    /// The paragraphs with their titles and headings: what a span is said about.
    pub by_context: Index,
    /// What in each document is written for machines and not for readers. None of it is a passage.
    pub suspicious: BTreeMap<usize, Vec<String>>,
}

impl Shelf {
    /// Splits, judges and indexes documents. How the passages stand in the originals is not known
    /// before [`Shelf::compare`].
    #[must_use]
    pub fn new(books: Vec<Book>) -> Self {
        let language = main_language(&books);
        let repeated = Repeated::among(&books);
        let (mut passages, mut contexts) = (Vec::new(), Vec::new());
        let mut suspicious: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (number, book) in books.iter().enumerate() {
            let suspects = suspects(&book.text, &book.source.headings);
            let blocks = split(&book.text, &book.source.headings);
            let quotables = quotables(&book.text, &blocks, language_of(book, language));
            let kept = quotables
                .into_iter()
                .filter(|quotable| !repeated.has(quotable.span.of(&book.text)))
                .filter(|quotable| is_for_readers(quotable.span, &suspects));
            add(
                (number, book, language),
                &blocks,
                kept.take(PASSAGES_PER_BOOK_MAX),
                (&mut passages, &mut contexts),
            );
            if !suspects.is_empty() {
                let shown = suspects.into_iter().take(SUSPECTS_MAX + 1);
                let shown = shown.map(|suspect| format!("{}: {}", suspect.sign, suspect.excerpt));
                suspicious.insert(number, shown.collect());
            }
        }
        let texts: Vec<&str> = passages
            .iter()
            .map(|passage: &Passage| {
                books.get(passage.book).map_or("", |book| passage.span.of(&book.text))
            })
            .collect();
        let by_words = Index::build(language, &texts);
        let by_context = Index::build(language, &contexts);
        Self { language, books, passages, by_words, by_context, suspicious }
    }

    /// The shelf with more documents after its own; how its own passages stand stays known.
    #[must_use]
    pub fn extended(&self, more: Vec<Book>) -> Self {
        let known: BTreeMap<(usize, Span), Standing> = self
            .passages
            .iter()
            .map(|passage| ((passage.book, passage.span), passage.standing))
            .collect();
        let mut shelf = Self::new(self.books.iter().cloned().chain(more).collect());
        for passage in &mut shelf.passages {
            if let Some(standing) = known.get(&(passage.book, passage.span)) {
                passage.standing = *standing;
            }
        }
        let own = self.suspicious.iter().map(|(book, notes)| (*book, notes.clone()));
        shelf.suspicious.extend(own);
        shelf
    }

    /// Notes how the passages of a document stand in its original. Originals may be large: they are
    /// shown one by one and not kept.
    pub fn compare(&mut self, book: usize, original: &Original) {
        let Some(text) = self.books.get(book).map(|book| book.text.as_str()) else { return };
        for passage in self.passages.iter_mut().filter(|passage| passage.book == book) {
            passage.standing = original.standing(passage.span.of(text));
        }
    }

    /// Notes that a document's original holds orders to a machine that its text does not show.
    pub fn note_hidden_orders(&mut self, book: usize) {
        let note = "hidden: the page holds orders to a machine that no reader sees".to_owned();
        self.suspicious.entry(book).or_default().push(note);
    }

    /// What a passage says.
    #[must_use]
    pub fn text(&self, passage: &Passage) -> &str {
        self.books.get(passage.book).map_or("", |book| passage.span.of(&book.text))
    }

    /// How many bytes of text the documents have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.books.iter().map(|book| book.text.len()).sum()
    }
}

/// Whether a span may be quoted beside what in its document is written for machines.
fn is_for_readers(span: Span, suspects: &[Suspect]) -> bool {
    let overlaps = |suspect: &Suspect| span.start < suspect.end && suspect.start < span.end;
    suspects.len() <= SUSPECTS_MAX && !suspects.iter().any(overlaps)
}

/// Adds a document's quotable spans and the contexts that they stand in.
fn add(
    (number, book, language): (usize, &Book, Language),
    blocks: &[Block],
    quotables: impl Iterator<Item = Quotable>,
    (passages, contexts): (&mut Vec<Passage>, &mut Vec<String>),
) {
    let stems = |text: &str| -> BTreeSet<String> { language.terms(text).into_iter().collect() };
    let mut known: BTreeMap<usize, (usize, Arc<BTreeSet<String>>)> = BTreeMap::new();
    for quotable in quotables {
        let Some(block) = blocks.get(quotable.block) else { continue };
        let (context, around) = known.entry(quotable.block).or_insert_with(|| {
            let heading = block.under.map_or("", |span| span.of(&book.text));
            let near = format!("{heading}\n{}", block.span.of(&book.text));
            contexts.push(format!("{}\n{near}", book.source.title));
            (contexts.len() - 1, Arc::new(stems(&near)))
        });
        let text = quotable.span.of(&book.text);
        passages.push(Passage {
            book: number,
            span: quotable.span,
            kind: quotable.kind,
            quality: quotable.quality,
            context: *context,
            print: Print::of(text),
            standing: Standing::Unseen,
            stems: stems(text),
            around: Arc::clone(around),
        });
    }
}

fn language_of(book: &Book, main: Language) -> Language {
    book.source.language.as_deref().map_or(main, Language::of)
}

fn main_language(books: &[Book]) -> Language {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for code in books.iter().filter_map(|book| book.source.language.as_deref()) {
        *counts.entry(code).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(code, count)| (*count, std::cmp::Reverse(*code)));
    most.map_or(Language::English, |(code, _)| Language::of(code))
}

/// How sentences begin that several documents of one publisher repeat: notices, bylines, disclaimers.
#[derive(Debug)]
struct Repeated(BTreeMap<Vec<String>, usize>);

/// By how many words of its beginning a repeated sentence is known.
const OPENING_WORDS: usize = 9;
/// From how many documents on a sentence is a notice rather than a saying that two sources share.
const REPEATED_MIN: usize = 3;

impl Repeated {
    fn among(books: &[Book]) -> Self {
        let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for book in books {
            let mut own: Vec<Vec<String>> = split(&book.text, &[])
                .iter()
                .flat_map(|block| block.sentences.iter().map(|span| opening(span.of(&book.text))))
                .collect();
            own.sort();
            own.dedup();
            own.into_iter().for_each(|opening| *counts.entry(opening).or_default() += 1);
        }
        counts.retain(|_, count| *count >= REPEATED_MIN);
        Self(counts)
    }

    fn has(&self, sentence: &str) -> bool {
        self.0.contains_key(&opening(sentence))
    }
}

fn opening(sentence: &str) -> Vec<String> {
    words(sentence).take(OPENING_WORDS).map(|(_, word)| fold(word)).collect()
}
