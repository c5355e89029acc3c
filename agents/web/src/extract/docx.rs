//! Word documents (OOXML): a ZIP of XML. Read are the text of the body as its author left it (no
//! deleted text, no hidden text, no field codes), headings by their style, rows of tables as lines, and
//! what the file says of itself.

use std::collections::BTreeMap;
use std::io::Cursor;

use galley_schemas::content::Heading;
use quick_xml::events::BytesStart;
use zip::ZipArchive;
use zip::result::ZipError;

use super::{Draft, ExtractError, clean, dates};
use crate::packed::{self, Unpacking};
use crate::xml::{Piece, attribute, name, pieces};

/// Files that the archive may hold.
const ENTRIES_MAX: usize = 5_000;
/// The most bytes of one part, unpacked.
const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Takes the text out of a Word document.
pub(crate) fn extract(bytes: &[u8]) -> Result<Draft, ExtractError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(malformed)?;
    if archive.len() > ENTRIES_MAX {
        return Err(ExtractError::TooComplex { what: "files", most: ENTRIES_MAX });
    }
    let body = part(&mut archive, "word/document.xml")?;
    let body = body.ok_or_else(|| ExtractError::Malformed("it holds no text".into()))?;
    let styles = part(&mut archive, "word/styles.xml")?.unwrap_or_default();
    let about = part(&mut archive, "docProps/core.xml")?.unwrap_or_default();
    let mut read = Reading { styles: headings(&styles), ..Reading::default() };
    pieces(&body).for_each(|piece| read.piece(piece));
    read.close();
    let mut draft = properties(&about);
    draft.title = draft.title.or(read.title);
    Ok(Draft { headings: read.headings, paragraphs: read.paragraphs, ..draft })
}

/// Whether an archive is a Word document.
pub(crate) fn is_docx(bytes: &[u8]) -> bool {
    let archive = ZipArchive::new(Cursor::new(bytes));
    archive.is_ok_and(|archive| archive.index_for_name("word/document.xml").is_some())
}

fn malformed(error: ZipError) -> ExtractError {
    if matches!(error, ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) {
        ExtractError::Encrypted
    } else {
        ExtractError::Malformed(error.into())
    }
}

/// A part of the archive as text; none when it is not there.
fn part(archive: &mut Archive<'_>, name: &str) -> Result<Option<String>, ExtractError> {
    let file = match archive.by_name(name) {
        Ok(file) => file,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(malformed(error)),
    };
    let packed = file.compressed_size();
    match packed::read(file, packed, PART_BYTES_MAX) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(Unpacking::TooLarge { bytes_max }) => Err(ExtractError::TooLarge { bytes_max }),
        Err(error @ Unpacking::Broken) => Err(ExtractError::Malformed(error.into())),
    }
}

/// What a style makes of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Heading(u8),
}

/// The styles of titles and headings, by their ids: ids are in the author's language, names are not.
fn headings(styles: &str) -> BTreeMap<String, Role> {
    let mut found = BTreeMap::new();
    let mut id = String::new();
    for piece in pieces(styles) {
        let (Piece::Open(element) | Piece::Empty(element)) = piece else { continue };
        match name(&element) {
            "style" => id = attribute(&element, "styleId").unwrap_or_default(),
            "name" => {
                let role = attribute(&element, "val").and_then(|name| role(&name));
                found.extend(role.map(|role| (id.clone(), role)));
            }
            _ => {}
        }
    }
    found
}

fn role(style: &str) -> Option<Role> {
    let style = style.to_ascii_lowercase();
    if style == "title" {
        return Some(Role::Title);
    }
    let level: u8 = style.strip_prefix("heading")?.trim().parse().ok()?;
    Some(Role::Heading(level.clamp(1, 6)))
}

/// A document while it is read.
#[derive(Debug, Default)]
struct Reading {
    styles: BTreeMap<String, Role>,
    title: Option<String>,
    headings: Vec<Heading>,
    paragraphs: Vec<String>,
    /// The text of the paragraph that is read.
    open: String,
    role: Option<Role>,
    /// Whether the run that is read is hidden.
    is_hidden: bool,
    /// Whether text that comes now is text of the document, and not markup between elements.
    is_text: bool,
    /// Elements whose content is passed over, inside each other.
    passed: usize,
    /// Rows of tables that are read, inside each other.
    rows: usize,
}

impl Reading {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Open(element) if self.passed > 0 || is_passed(name(&element)) => {
                self.passed += usize::from(is_passed(name(&element)));
            }
            Piece::Close(name) if is_passed(&name) => self.passed = self.passed.saturating_sub(1),
            _ if self.passed > 0 => {}
            Piece::Open(element) => self.open(&element),
            Piece::Empty(element) => {
                self.open(&element);
                self.end(name(&element));
            }
            Piece::Close(name) => self.end(&name),
            Piece::Text(text) if self.is_text && !self.is_hidden => self.open.push_str(&text),
            Piece::Text(_) => {}
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) {
        match name(element) {
            "pStyle" => {
                let style = attribute(element, "val").unwrap_or_default();
                self.role = self.styles.get(&style).copied().or_else(|| role(&style));
            }
            "r" => self.is_hidden = false,
            "vanish" => {
                self.is_hidden = attribute(element, "val").is_none_or(|v| v != "0" && v != "false")
            }
            "t" => self.is_text = true,
            "tab" | "br" | "cr" => self.open.push(' '),
            "noBreakHyphen" => self.open.push('-'),
            "tr" => {
                self.close();
                self.rows += 1;
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => self.is_text = false,
            "r" => self.is_hidden = false,
            // Inside a row, paragraphs are lines of a cell, and the row is one line.
            "p" if self.rows > 0 => self.open.push(' '),
            "p" => self.close(),
            "tc" => self.cell(),
            "tr" => {
                self.rows = self.rows.saturating_sub(1);
                if self.rows == 0 {
                    let row = self.open.trim_end_matches([';', ' ']).to_owned();
                    self.open = row;
                    self.close();
                }
            }
            _ => {}
        }
    }

    fn cell(&mut self) {
        let text = self.open.trim_end().len();
        self.open.truncate(text);
        if !self.open.is_empty() && !self.open.ends_with(';') {
            self.open.push_str("; ");
        }
    }

    /// Ends a paragraph.
    fn close(&mut self) {
        let text = clean::line(&std::mem::take(&mut self.open));
        let role = self.role.take();
        let before = self.paragraphs.len();
        clean::push(&mut self.paragraphs, &text);
        if self.paragraphs.len() == before || self.rows > 0 {
            return;
        }
        match role {
            Some(Role::Title) if self.title.is_none() => self.title = Some(text),
            Some(Role::Heading(level)) => self.headings.push(Heading { level, text }),
            Some(Role::Title) | None => {}
        }
    }
}

/// Elements whose text is none of the document: what was deleted or moved away, field codes, and the
/// second form of what stands in two.
fn is_passed(name: &str) -> bool {
    matches!(name, "del" | "moveFrom" | "instrText" | "delText" | "Fallback" | "txbxContent")
}

/// What the file says of itself.
fn properties(core: &str) -> Draft {
    let mut draft = Draft::default();
    let mut said = String::new();
    for piece in pieces(core) {
        match piece {
            Piece::Open(_) => said.clear(),
            Piece::Text(text) => said.push_str(&text),
            Piece::Close(name) => {
                let text = clean::line(&said);
                let told = Some(text).filter(|text| !text.is_empty());
                match name.as_str() {
                    "title" => draft.title = told,
                    "creator" => draft.author = told,
                    "language" => draft.language = told,
                    "created" => draft.published = told.as_deref().and_then(dates::parse),
                    _ => {}
                }
                said.clear();
            }
            Piece::Empty(_) => {}
        }
    }
    draft
}

#[cfg(test)]
mod tests;
