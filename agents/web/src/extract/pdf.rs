//! PDF. The parser trusts its input, so what it would cost is found out before ([`check`]), and it
//! runs on a thread of its own with a large stack, where a panic becomes an error. What its memory
//! is bounded by in the end is the process's own limit.

mod check;

use std::thread;

use pdf_extract::{Document as Pdf, Object};

use super::{Draft, ExtractError, clean, dates, text};

/// Stack of the parser's thread: the parser recurses.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Bytes that all streams of a file together may unpack to.
const UNPACKED_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// Takes the text out of a PDF.
pub(crate) fn extract(bytes: &[u8]) -> Result<Draft, ExtractError> {
    thread::scope(|scope| {
        thread::Builder::new()
            .name("galley-pdf".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || read(bytes))
            .map_err(|error| ExtractError::Malformed(error.into()))?
            .join()
            // The panic's payload says nothing that helps a person.
            .unwrap_or(Err(ExtractError::Crashed))
    })
}

fn read(bytes: &[u8]) -> Result<Draft, ExtractError> {
    let malformed = |error: pdf_extract::Error| ExtractError::Malformed(error.into());
    check::packed(bytes, UNPACKED_BYTES_MAX)?;
    let mut pdf = Pdf::load_mem(bytes).map_err(malformed)?;
    if pdf.is_encrypted() {
        return Err(ExtractError::Encrypted);
    }
    check::bounded(&mut pdf)?;
    let mut raw = String::new();
    let mut output = pdf_extract::PlainTextOutput::new(&mut raw);
    pdf_extract::output_doc(&pdf, &mut output).map_err(|e| ExtractError::Malformed(e.into()))?;
    let mut paragraphs = text::paragraphs(&raw);
    // Page numbers.
    paragraphs.retain(|p| p.chars().any(char::is_alphabetic));
    let first = paragraphs.first().filter(|first| text::is_title(first)).cloned();
    Ok(Draft {
        title: info(&pdf, b"Title").or(first),
        author: info(&pdf, b"Author"),
        published: info(&pdf, b"CreationDate")
            .and_then(|d| dates::parse(d.trim_start_matches("D:").get(..8)?)),
        paragraphs,
        ..Draft::default()
    })
}

/// A field of the file's own description.
fn info(pdf: &Pdf, key: &[u8]) -> Option<String> {
    let info = pdf.trailer.get(b"Info").ok()?;
    let info = match info.as_reference() {
        Ok(id) => pdf.get_object(id).ok()?,
        Err(_) => info,
    };
    let Object::String(bytes, _) = info.as_dict().ok()?.get(key).ok()? else { return None };
    let text = clean::line(&super::charset::decode(bytes, None));
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests;
