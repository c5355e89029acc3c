use std::io::Write as _;

use super::*;

/// A file of numbered objects, the first one its catalogue.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        writeln!(out, "{} 0 obj", index + 1).unwrap();
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    writeln!(out, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(out, "{offset:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    write!(out, "trailer\n<< /Size {size} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{start}\n%%EOF")
        .unwrap();
    out
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<< {dictionary} /Length {} >>\nstream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// One page with its content, and whatever else.
fn page(resources: &str, content: Vec<u8>, more: &[Vec<u8>]) -> Vec<u8> {
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> {resources} >> >>"
    );
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        page.into_bytes(),
        content,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
        b"<< /Title (A title) /Author (Ann Lee) /CreationDate (D:20240501120000Z) >>".to_vec(),
    ];
    objects.extend_from_slice(more);
    file(&objects)
}

const WORDS: &[u8] =
    b"BT /F1 12 Tf 72 720 Td (A service answers every ques-) Tj 0 -14 Td (tion within a day.) Tj \
    0 -40 Td (Another paragraph follows.) Tj 0 -200 Td (12) Tj ET";

fn check(bytes: &[u8], code: &str) {
    let outcome = extract(bytes).map(|draft| draft.paragraphs);
    assert_eq!(outcome.as_ref().err().map(ExtractError::code), Some(code), "{outcome:?}");
}

#[test]
fn text_and_description_are_read() {
    for content in [stream("", WORDS), stream("/Filter /FlateDecode", &packed(WORDS))] {
        let draft = extract(&page("", content, &[])).unwrap();
        assert_eq!(
            draft.paragraphs,
            ["A service answers every question within a day.", "Another paragraph follows."]
        );
        assert_eq!(draft.title.as_deref(), Some("A title"));
        assert_eq!(draft.author.as_deref(), Some("Ann Lee"));
        assert_eq!(draft.published.map(|date| date.to_string()).as_deref(), Some("2024-05-01"));
    }
}

#[test]
fn text_in_forms_is_read_and_images_are_not() {
    let form = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >>",
        WORDS,
    );
    let image = stream("/Type /XObject /Subtype /Image", b"BT /F1 12 Tf (noise) Tj ET /X Do");
    let bytes =
        page("/XObject << /X 7 0 R /Y 8 0 R >>", stream("", b"/X Do /Y Do"), &[form, image]);
    let text = extract(&bytes).unwrap().paragraphs.join(" ");
    assert!(text.contains("within a day") && !text.contains("noise"), "{text}");
}

#[test]
fn a_file_that_unpacks_without_measure_is_refused() {
    let bomb = packed(&vec![0_u8; 1024 * 1024]);
    let twice = packed(&bomb);
    let headless = [b"..", bomb.get(2..).unwrap()].concat();
    for content in [
        stream("/Filter /FlateDecode", &bomb),
        stream("/Filter [/FlateDecode /FlateDecode]", &twice),
        stream("/Filter /FlateDecode", &headless),
    ] {
        let bytes = page("", content, &[]);
        assert!(matches!(check::packed(&bytes, 1_000_000), Err(ExtractError::TooLarge { .. })));
        assert!(check::packed(&bytes, 2_000_000).is_ok());
    }
    check(&page("", stream("/Filter /LZWDecode", b"x"), &[]), "GLY0434");
}

#[test]
fn circles_are_refused() {
    let form = |draws: &str, resources: &str| {
        stream(&format!("/Subtype /Form {resources}"), draws.as_bytes())
    };
    let own = |n: u32| format!("/Resources << /XObject << /X {n} 0 R >> >>");
    let draw = || stream("", b"/X Do");
    // Itself, by its own resources and by its caller's; one another; its own page.
    check(&page("/XObject << /X 7 0 R >>", draw(), &[form("/X Do", &own(7))]), "GLY0434");
    check(&page("/XObject << /X 7 0 R >>", draw(), &[form("/X Do", "")]), "GLY0434");
    check(
        &page("/XObject << /X 7 0 R >>", draw(), &[form("/X Do", &own(8)), form("/X Do", &own(7))]),
        "GLY0434",
    );
    check(&page("/XObject << /X 4 0 R >>", draw(), &[]), "GLY0434");
    // A page without its own size that is its own parent.
    let lone = b"<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>".to_vec();
    let bytes = file(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        lone,
        draw(),
    ]);
    check(&bytes, "GLY0434");
}

#[test]
fn forms_that_multiply_are_refused() {
    let forms: Vec<Vec<u8>> = (0..20)
        .map(|n| {
            let own = format!("/Subtype /Form /Resources << /XObject << /X {} 0 R >> >>", n + 8);
            stream(&own, "/X Do ".repeat(10).as_bytes())
        })
        .chain([stream("/Subtype /Form", WORDS)])
        .collect();
    check(&page("/XObject << /X 7 0 R >>", stream("", b"/X Do"), &forms), "GLY0423");
}

#[test]
fn a_map_that_spans_the_world_is_refused() {
    let map = b"1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange";
    check(&page("", stream("", WORDS), &[stream("", map)]), "GLY0434");
}

#[test]
fn damaged_files_end_in_an_error_or_in_text() {
    let whole = page("", stream("/Filter /FlateDecode", &packed(WORDS)), &[]);
    for end in (0..whole.len()).step_by(7) {
        drop(extract(&whole[..end]));
    }
    // Each byte in turn becomes another one.
    for at in (9..whole.len()).step_by(3) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x15;
        drop(extract(&damaged));
    }
    check(b"%PDF-1.7", "GLY0434");
    check(&[b"%PDF-1.7\n".as_slice(), &b"[".repeat(100_000)].concat(), "GLY0434");
    check(&[b"%PDF-1.7\n1 0 obj\n".as_slice(), &b"<</A".repeat(100_000)].concat(), "GLY0434");
}
