//! From what is typed to what is submitted.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use galley_schemas::content::{Search, SourceSpec};
use serde_json::{Map, Value, json};

use crate::args::Article;
use crate::failure::Failure;

/// Largest input file in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// The input of the article workflow.
pub(crate) fn article(topic: &str, article: &Article) -> Result<Value, Failure> {
    let mut input = Map::new();
    input.insert("topic".to_owned(), json!(topic));
    if !article.sources.is_empty() {
        let sources: Result<Vec<SourceSpec>, Failure> =
            article.sources.iter().map(|text| source(text)).collect();
        input.insert("sources".to_owned(), json!(sources?));
    }
    let Article { allow, block, no_search, .. } = article;
    if *no_search || !allow.is_empty() || !block.is_empty() {
        let search = Search { off: *no_search, allow: allow.clone(), block: block.clone() };
        input.insert("search".to_owned(), json!(search));
    }
    let given = [
        ("audience", article.audience.as_ref().map(|text| json!(text))),
        ("style", article.style.as_ref().map(|text| json!(text))),
        ("words", article.words.map(|words| json!(words))),
        ("language", article.language.as_ref().map(|text| json!(text))),
        ("mode", article.mode.as_ref().map(|mode| json!(mode.replace('-', "_")))),
        ("publish_at", article.publish_at.map(|time| json!(time.to_rfc3339()))),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            input.insert(name.to_owned(), value);
        }
    }
    Ok(Value::Object(input))
}

/// What a text on the command line names: an address, or a folder or file of this machine.
pub(crate) fn source(text: &str) -> Result<SourceSpec, Failure> {
    if text == "samples" {
        return Ok(SourceSpec::Samples);
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Ok(SourceSpec::Url { url: text.to_owned() });
    }
    match Path::new(text).canonicalize() {
        Ok(path) => Ok(SourceSpec::Folder { path: path.to_string_lossy().into_owned() }),
        Err(error) => Err(Failure::usage(
            "GLY0003",
            format!("the source '{text}' cannot be read: {error}"),
            "name a folder, a file, or an address that begins with http:// or https://",
        )),
    }
}

/// The folders of this machine among the sources: naming them here is the permission to read them.
pub(crate) fn folders(article: &Article) -> Vec<PathBuf> {
    let canonical = |text: &String| Path::new(text).canonicalize().ok();
    article.sources.iter().filter_map(canonical).collect()
}

/// Folders that goals may read, by their real paths.
pub(crate) fn readable(folders: Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let real = |folder: PathBuf| {
        folder.canonicalize().map_err(|error| {
            let message = format!("the folder {} cannot be read: {error}", folder.display());
            Failure::usage("GLY0003", message, "name a folder that is there with --read")
        })
    };
    folders.into_iter().map(real).collect()
}

/// A JSON value as given: itself, `@FILE`, or `-` for standard input.
pub(crate) fn json_value(text: &str) -> Result<Value, Failure> {
    let unusable = |why: String| {
        let hint = "give JSON, @FILE with JSON in it, or - for standard input";
        Failure::usage("GLY0003", format!("the value cannot be used: {why}"), hint)
    };
    let text = if text == "-" {
        bounded(std::io::stdin().lock()).map_err(|error| unusable(error.to_string()))?
    } else if let Some(path) = text.strip_prefix('@') {
        let file =
            std::fs::File::open(path).map_err(|error| unusable(format!("{path}: {error}")))?;
        bounded(file).map_err(|error| unusable(format!("{path}: {error}")))?
    } else {
        text.to_owned()
    };
    serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))
}

fn bounded(from: impl std::io::Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// US dollars in millionths.
pub(crate) fn usd_micros(usd: f64) -> Result<u64, Failure> {
    if !(0.0..=1_000_000.0).contains(&usd) {
        return Err(Failure::usage(
            "GLY0003",
            format!("a budget of {usd} US dollars cannot be kept"),
            "give a number from 0 to 1000000",
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the bounds above admit neither"
    )]
    Ok((usd * 1_000_000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart() {
        assert_eq!(source("samples").unwrap(), SourceSpec::Samples);
        let url = "https://example.org/a".to_owned();
        assert_eq!(source(&url).unwrap(), SourceSpec::Url { url });
        assert!(matches!(source(".").unwrap(), SourceSpec::Folder { .. }));
        assert_eq!(source("no/such/folder").unwrap_err().faults[0].code, "GLY0003");
    }

    #[test]
    fn only_what_was_given_is_submitted() {
        let input = article("Bees", &Article { words: Some(500), ..Article::default() }).unwrap();
        assert_eq!(input, json!({ "topic": "Bees", "words": 500 }));
    }

    #[test]
    fn a_budget_is_exact() {
        assert_eq!(usd_micros(1.23).unwrap(), 1_230_000);
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(usd_micros(bad).is_err());
        }
    }
}
