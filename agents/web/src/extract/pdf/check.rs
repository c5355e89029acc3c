//! What a PDF would cost to read, found out before it is read: the parser itself has no bounds.
//!
//! Refused are files that unpack to far more than they hold, whose pages inherit in circles, whose
//! forms draw each other in circles or without measure, and whose character maps span the world.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use pdf_extract::{Dictionary, Document as Pdf, Object, ObjectId, Stream};

use crate::extract::ExtractError;

/// Streams packed inside streams.
const LAYERS_MAX: usize = 4;
const PAGES_MAX: usize = 3000;
/// Streams that one page consists of.
const PARTS_MAX: usize = 1000;
/// Dictionaries that one page inherits from, and forms that are drawn inside each other.
const DEPTH_MAX: usize = 32;
/// Bytes of drawing instructions, forms counted as often as they are drawn.
const WORK_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Characters that one map lists.
const MAPPED_MAX: usize = 1 << 20;

const fn too_many(what: &'static str, most: usize) -> ExtractError {
    ExtractError::TooComplex { what, most }
}

/// Refuses a file whose streams together unpack to too much. Looks at the bytes alone.
pub(super) fn packed(bytes: &[u8], bytes_max: u64) -> Result<(), ExtractError> {
    let mut left = bytes_max;
    let mut rest = bytes;
    while let Some(at) = find(rest, b"stream") {
        rest = rest.get(at + b"stream".len()..).unwrap_or_default();
        let data = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        for layers in 1..=LAYERS_MAX {
            let (bytes, packs_more) = unpacked(data, layers, left);
            left = left.saturating_sub(bytes);
            if left == 0 {
                return Err(ExtractError::TooLarge { bytes_max });
            }
            if !packs_more {
                break;
            }
        }
    }
    // The other packing has no bound on its ratio, and no honest file of this century uses it.
    if find(bytes, b"LZWDecode").is_some() {
        return Err(ExtractError::Malformed("it is packed in a way that is not read".into()));
    }
    Ok(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// How much data unpacks to after so many layers, and whether the result looks packed again.
fn unpacked(data: &[u8], layers: usize, most: u64) -> (u64, bool) {
    let mut reader: Box<dyn Read + '_> = Box::new(data);
    for _ in 0..layers {
        reader = Box::new(ZlibDecoder::new(reader));
    }
    let whole = drain(reader, most);
    if whole.0 > 0 || layers > 1 {
        return whole;
    }
    // As the parser does: with a broken header, the rest is tried.
    drain(DeflateDecoder::new(data.get(2..).unwrap_or_default()), most)
}

fn drain(mut reader: impl Read, most: u64) -> (u64, bool) {
    let mut buffer = vec![0_u8; 32 * 1024];
    let (mut bytes, mut packs_more) = (0_u64, false);
    while bytes <= most {
        let read = match reader.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        if bytes == 0
            && let [first, second, ..] = buffer.as_slice()
        {
            packs_more = first & 15 == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0;
        }
        bytes += read as u64;
    }
    (bytes, packs_more)
}

/// Refuses a file that would take its reader in circles or without measure, and empties its images:
/// the reader takes them for text.
pub(super) fn bounded(pdf: &mut Pdf) -> Result<(), ExtractError> {
    for object in pdf.objects.values_mut() {
        if let Object::Stream(stream) = object
            && stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n == b"Image")
        {
            stream.set_plain_content(Vec::new());
        }
    }
    let pages = pdf.get_pages();
    if pages.len() > PAGES_MAX {
        return Err(too_many("pages", PAGES_MAX));
    }
    let mut forms = Forms { pdf, any: all_forms(pdf), costs: BTreeMap::new() };
    let mut work = 0_u64;
    for page in pages.into_values() {
        work = work.saturating_add(page_cost(pdf, page, &mut forms)?);
    }
    if work > WORK_MAX {
        return Err(ExtractError::TooLarge { bytes_max: WORK_MAX });
    }
    let streams = pdf.objects.values().filter_map(|object| object.as_stream().ok());
    if streams.map(|stream| mapped(&content(stream))).any(|mapped| mapped > MAPPED_MAX as u64) {
        return Err(too_many("characters in a map", MAPPED_MAX));
    }
    Ok(())
}

fn page_cost(pdf: &Pdf, page: ObjectId, forms: &mut Forms<'_>) -> Result<u64, ExtractError> {
    let mut resources = None;
    let mut above = pdf.get_dictionary(page).ok();
    for depth in 0.. {
        let Some(level) = above else { break };
        if depth > DEPTH_MAX {
            return Err(too_many("levels of pages", DEPTH_MAX));
        }
        resources = resources.or_else(|| dictionary(pdf, level.get(b"Resources").ok()));
        let parent = level.get(b"Parent").and_then(Object::as_reference);
        above = parent.ok().and_then(|id| pdf.get_dictionary(id).ok());
    }
    let parts = pdf.get_page_contents(page);
    if parts.len() > PARTS_MAX {
        return Err(too_many("parts of one page", PARTS_MAX));
    }
    let drawn = resources.map_or_else(Vec::new, |resources| drawn_by(pdf, resources));
    let mut cost = 0_u64;
    for part in parts {
        if let Ok(stream) = pdf.get_object(part).and_then(Object::as_stream) {
            cost = cost.saturating_add(forms.drawing(&content(stream), &drawn, 0)?);
        }
    }
    Ok(cost)
}

/// The forms of a file, and what each costs to draw.
struct Forms<'a> {
    pdf: &'a Pdf,
    any: Vec<ObjectId>,
    /// None while a form is looked at: who finds that, draws in a circle.
    costs: BTreeMap<ObjectId, Option<u64>>,
}

impl Forms<'_> {
    fn cost(&mut self, form: ObjectId, depth: usize) -> Result<u64, ExtractError> {
        match self.costs.get(&form) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => return Err(too_many("forms inside each other", DEPTH_MAX)),
            None if depth > DEPTH_MAX => {
                return Err(too_many("forms inside each other", DEPTH_MAX));
            }
            None => {}
        }
        let Ok(stream) = self.pdf.get_object(form).and_then(Object::as_stream) else {
            return Ok(0);
        };
        self.costs.insert(form, None);
        // Without resources of its own, a form draws with those of whoever draws it.
        let own = dictionary(self.pdf, stream.dict.get(b"Resources").ok());
        let drawn = own.map_or_else(|| self.any.clone(), |own| drawn_by(self.pdf, own));
        let cost = self.drawing(&content(stream), &drawn, depth)?;
        self.costs.insert(form, Some(cost));
        Ok(cost)
    }

    /// What instructions cost that draw some of these forms: each time, perhaps the dearest.
    fn drawing(
        &mut self,
        bytes: &[u8],
        drawn: &[ObjectId],
        depth: usize,
    ) -> Result<u64, ExtractError> {
        let draws = draws(bytes);
        let mut dearest = 0;
        for form in drawn.iter().filter(|_| draws > 0) {
            dearest = dearest.max(self.cost(*form, depth + 1)?);
        }
        Ok((bytes.len() as u64).saturating_add(draws.saturating_mul(dearest)))
    }
}

/// How often instructions draw a form, at most.
fn draws(bytes: &[u8]) -> u64 {
    bytes.windows(2).filter(|window| window == b"Do").count() as u64
}

fn content(stream: &Stream) -> Vec<u8> {
    stream.decompressed_content().unwrap_or_else(|_| stream.content.clone())
}

fn dictionary<'a>(pdf: &'a Pdf, object: Option<&'a Object>) -> Option<&'a Dictionary> {
    pdf.dereference(object?).ok()?.1.as_dict().ok()
}

/// The forms that a dictionary of resources names.
fn drawn_by(pdf: &Pdf, resources: &Dictionary) -> Vec<ObjectId> {
    let named = dictionary(pdf, resources.get(b"XObject").ok());
    let forms = named.into_iter().flat_map(Dictionary::iter);
    forms.filter_map(|(_, form)| form.as_reference().ok()).collect()
}

/// The forms that any dictionary of the file names.
fn all_forms(pdf: &Pdf) -> Vec<ObjectId> {
    let mut all: Vec<ObjectId> = Vec::new();
    for object in pdf.objects.values() {
        let of_stream = object.as_stream().map(|stream| &stream.dict);
        let Ok(own) = object.as_dict().or(of_stream) else { continue };
        all.extend(drawn_by(pdf, own));
        all.extend(
            dictionary(pdf, own.get(b"Resources").ok()).into_iter().flat_map(|r| drawn_by(pdf, r)),
        );
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// How many characters the ranges of a character map span.
fn mapped(bytes: &[u8]) -> u64 {
    let mut total = 0_u64;
    let mut rest = bytes;
    while let Some(at) = find(rest, b"range") {
        let (before, after) = rest.split_at(at + b"range".len());
        rest = after;
        if before.ends_with(b"beginbfrange") || before.ends_with(b"begincidrange") {
            let end = find(after, b"end").unwrap_or(after.len());
            total = total.saturating_add(spans(after.get(..end).unwrap_or_default()));
        }
    }
    total
}

/// The sum of `<first> <last>` over lines of `<first> <last> target`.
fn spans(ranges: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(ranges);
    let (mut total, mut place, mut first, mut is_list) = (0_u64, 0_usize, 0_u64, false);
    for token in text.split(['<', '>', ' ', '\t', '\r', '\n']).filter(|token| !token.is_empty()) {
        let (opens, closes) = (token.contains('['), token.contains(']'));
        let number = u64::from_str_radix(token.trim_matches(['[', ']']), 16);
        is_list = (is_list || opens) && !closes;
        match (place, number) {
            _ if is_list => continue,
            (0, Ok(number)) => first = number,
            (1, Ok(last)) => total = total.saturating_add(last.saturating_sub(first)),
            _ => {}
        }
        place = (place + 1) % 3;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_character_maps_are_summed() {
        let map = |ranges: &str| mapped(format!("2 beginbfrange\n{ranges}\nendbfrange").as_bytes());
        assert_eq!(map("<0001> <0003> <0041>\n<0010> <0012> <D83DDE00>"), 4);
        assert_eq!(map("<0001><0003>[<0041> <0042>\n<0043>]\n<0010><0012><0044>"), 4);
        assert!(map("<00000000> <FFFFFFFF> <0041>") > MAPPED_MAX as u64);
        assert_eq!(mapped(b"1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange"), 0);
    }
}
