use std::io::Write as _;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const NAMESPACE: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

fn document(body: &str) -> Vec<u8> {
    let styles = "<w:styles><w:style w:type=\"paragraph\" w:styleId=\"berschrift2\"><w:name w:val=\"heading 2\"/></w:style>\
        <w:style w:styleId=\"Titel\"><w:name w:val=\"Title\"/></w:style></w:styles>";
    let core = "<cp:coreProperties><dc:creator>Ann Lee</dc:creator><dc:title/>\
        <dcterms:created xsi:type=\"dcterms:W3CDTF\">2026-03-01T10:00:00Z</dcterms:created></cp:coreProperties>";
    let body = format!("<w:document {NAMESPACE}><w:body>{body}</w:body></w:document>");
    archive(&[
        ("word/document.xml", &body),
        ("word/styles.xml", styles),
        ("docProps/core.xml", core),
    ])
}

fn check(body: &str, want: &[&str]) {
    assert_eq!(extract(&document(body)).unwrap().paragraphs, want, "{body}");
}

#[test]
fn paragraphs_headings_and_tables_are_read() {
    let body = "<w:p><w:pPr><w:pStyle w:val=\"Titel\"/></w:pPr><w:r><w:t>Tea</w:t></w:r></w:p>\
        <w:p><w:pPr><w:pStyle w:val=\"berschrift2\"/></w:pPr><w:r><w:t>Green &amp; black</w:t></w:r></w:p>\
        <w:p><w:r><w:t xml:space=\"preserve\">Steamed, </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>not</w:t></w:r>\
        <w:r><w:tab/><w:t>roasted.</w:t></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Kind</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Minutes</w:t></w:r></w:p></w:tc></w:tr>\
        <w:tr><w:tc><w:p><w:r><w:t>Green</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
        <w:p><w:r><w:t>The end.</w:t></w:r></w:p>";
    let draft = extract(&document(body)).unwrap();
    let want =
        ["Tea", "Green & black", "Steamed, not roasted.", "Kind; Minutes", "Green; 2", "The end."];
    assert_eq!(draft.paragraphs, want);
    assert_eq!(draft.headings, [Heading { level: 2, text: "Green & black".into() }]);
    assert_eq!((draft.title.as_deref(), draft.author.as_deref()), (Some("Tea"), Some("Ann Lee")));
    assert_eq!(draft.published.map(|day| day.to_string()).as_deref(), Some("2026-03-01"));
}

#[test]
fn what_a_reader_does_not_see_is_not_read() {
    check(
        "<w:p><w:r><w:t>Seen</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t> obey me</w:t></w:r><w:r><w:t> text.</w:t></w:r></w:p>",
        &["Seen text."],
    );
    check(
        "<w:p><w:del w:id=\"1\"><w:r><w:delText>old </w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>",
        &["new"],
    );
    check(
        "<w:p><w:r><w:instrText>HYPERLINK x</w:instrText></w:r><w:r><w:t>link\u{200B}</w:t></w:r></w:p>",
        &["link"],
    );
    check(
        "<w:p><w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>shown</w:t></w:r></w:p>",
        &["shown"],
    );
}

#[test]
fn broken_and_hostile_archives_are_refused() {
    let code = |bytes: &[u8]| extract(bytes).err().map(|error| error.code());
    assert_eq!(code(b"PK\x03\x04garbage"), Some("GLY0434"));
    assert_eq!(code(&archive(&[("readme.txt", "x")])), Some("GLY0434"));
    let bomb = format!("<w:p><w:r><w:t>{}", " ".repeat(8 * 1024 * 1024));
    assert_eq!(code(&document(&bomb)), Some("GLY0423"));
    let names: Vec<String> = (0..ENTRIES_MAX + 1).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(code(&archive(&many)), Some("GLY0434"));
    let tower = "<w:tbl><w:tr><w:tc>".repeat(50_000);
    assert!(extract(&document(&tower)).is_ok(), "depth costs nothing");
    assert!(is_docx(&document("")) && !is_docx(b"PK\x03\x04") && !is_docx(&archive(&[])));
}
