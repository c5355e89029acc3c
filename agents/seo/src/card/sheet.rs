//! The sheet: the title in large letters, the keyphrase above it, and beside them the article's own
//! shape, a block of lines for each section as long as its text.

use std::fmt::Write as _;

use galley_schemas::content::Article;

use super::lettering::Lettering;
use crate::rules::text::{count_words, paragraphs, upper_first};

/// Pixels from left to right.
pub(crate) const WIDTH: u32 = 1200;
/// Pixels from top to bottom.
pub(crate) const HEIGHT: u32 = 630;

const MARGIN: f32 = 80.0;
/// Where the title ends and the shape begins.
const TITLE_RIGHT: f32 = 900.0;
const SHAPE_LEFT: f32 = 960.0;
const SHAPE_WIDTH: f32 = 160.0;
const SIZES: [f32; 6] = [92.0, 80.0, 68.0, 58.0, 48.0, 40.0];
const LINES_MAX: usize = 6;
const TITLE_HEIGHT: f32 = 420.0;
const LEADING: f32 = 1.16;
const KICKER_SIZE: f32 = 30.0;
/// Words that one line of the shape stands for.
const WORDS_PER_LINE: usize = 24;
const SHAPE_LINES_MAX: usize = 30;
const SHAPE_STEP: f32 = 14.0;

/// Ground and accent; all are dark enough for white letters (contrast above 7 to 1).
const COLOURS: [(&str, &str); 6] = [
    ("#12263a", "#f4b860"),
    ("#1d3124", "#c3e88d"),
    ("#3a1f2b", "#f7a6b7"),
    ("#2b2340", "#b9a7ff"),
    ("#123238", "#7fdbda"),
    ("#33261a", "#ffcf99"),
];

/// The drawing; none when the title is empty or has letters that the typeface does not know.
pub(super) fn draw(article: &Article) -> Option<String> {
    let lettering = Lettering::new();
    let title: Vec<&str> = article.title.split_whitespace().collect();
    if title.is_empty() || !title.iter().all(|word| lettering.knows(word)) {
        return None;
    }
    let (size, lines) = set(&title, &lettering);
    let (ground, accent) = colours(&article.title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\">\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{ground}\"/>\
         <rect x=\"{MARGIN}\" y=\"80\" width=\"96\" height=\"8\" fill=\"{accent}\"/>"
    );
    let kicker = upper_first(article.keyphrase.trim());
    if lettering.knows(&kicker) && lettering.width(&kicker, KICKER_SIZE) <= TITLE_RIGHT - MARGIN {
        let path = lettering.path(&kicker, KICKER_SIZE, (MARGIN, 140.0));
        put(&mut svg, format_args!("<path fill=\"{accent}\" d=\"{path}\"/>"));
    }
    let mut baseline = 160.0 + size;
    for line in &lines {
        let path = lettering.path(line, size, (MARGIN, baseline));
        put(&mut svg, format_args!("<path fill=\"#ffffff\" d=\"{path}\"/>"));
        baseline += size * LEADING;
    }
    shape(&mut svg, article, accent);
    svg.push_str("</svg>");
    Some(svg)
}

/// The largest size at which the title fits, and its lines. At the smallest size what does not fit is
/// cut and marked.
fn set(words: &[&str], lettering: &Lettering) -> (f32, Vec<String>) {
    let fits = |size: f32, lines: &[String]| {
        let count = u16::try_from(lines.len()).map_or(f32::MAX, f32::from);
        let is_narrow =
            lines.iter().all(|line| lettering.width(line, size) <= TITLE_RIGHT - MARGIN);
        lines.len() <= LINES_MAX && count * size * LEADING <= TITLE_HEIGHT && is_narrow
    };
    for size in SIZES {
        let lines = broken(words, size, lettering);
        if fits(size, &lines) {
            return (size, lines);
        }
    }
    let size = SIZES.last().copied().unwrap_or(KICKER_SIZE);
    let mut lines = broken(words, size, lettering);
    lines.truncate(LINES_MAX);
    for line in &mut lines {
        while lettering.width(line, size) > TITLE_RIGHT - MARGIN {
            line.pop();
        }
    }
    if let Some(last) = lines.last_mut() {
        last.pop();
        last.push('\u{2026}');
    }
    (size, lines)
}

fn broken(words: &[&str], size: f32, lettering: &Lettering) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line)
                if lettering.width(&format!("{line} {word}"), size) <= TITLE_RIGHT - MARGIN =>
            {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push((*word).to_owned()),
        }
    }
    lines
}

/// A block of lines for each section, the last line of each shorter, as in print.
fn shape(svg: &mut String, article: &Article, accent: &str) {
    let (mut y, mut drawn) = (84.0, 0);
    for section in &article.sections {
        let words: usize = paragraphs(section).map(|text| count_words(&text)).sum();
        let (full, rest) = (words / WORDS_PER_LINE, words % WORDS_PER_LINE);
        let tail = u16::try_from(rest * 100 / WORDS_PER_LINE).map_or(0.0, f32::from) / 100.0;
        let lines = std::iter::repeat_n(1.0, full).chain([tail]).filter(|share| *share > 0.1);
        for share in lines {
            if drawn == SHAPE_LINES_MAX {
                return;
            }
            let width = SHAPE_WIDTH * share;
            put(
                svg,
                format_args!(
                    "<rect x=\"{SHAPE_LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"4\" \
                     fill=\"{accent}\" fill-opacity=\"0.55\"/>"
                ),
            );
            y += SHAPE_STEP;
            drawn += 1;
        }
        y += SHAPE_STEP;
    }
}

/// The same title always has the same colours.
fn colours(title: &str) -> (&'static str, &'static str) {
    let sum =
        title.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    COLOURS.get(sum % COLOURS.len()).copied().unwrap_or(("#12263a", "#f4b860"))
}

fn put(svg: &mut String, piece: std::fmt::Arguments<'_>) {
    svg.write_fmt(piece).expect("a string takes all that is written");
}
