//! Sources over HTTP: what good servers give is read, what bad ones do skips the page with its reason.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::fs;

use galley_tests_e2e::{Place, Ran, flat};
use galley_tests_support::web_server::{Page, WebServer};

const TOPIC: &str = "How tea is grown";

/// Facts on tea, no two numbers alike, so that no page is another's twin.
fn facts(about: &str, seed: u32) -> Vec<String> {
    let (a, b, c) = (seed * 7 + 11, seed * 13 + 203, seed * 3 + 1_801);
    vec![
        format!("Tea from {about} is grown at heights of {} to {} metres.", b, b * 4),
        format!("In {c}, the first tea garden of {about} was planted with {a} bushes."),
        format!(
            "A bush of tea in {about} lives for {} years when it is pruned every {} years.",
            a + 40,
            seed + 2
        ),
        format!(
            "Pickers in {about} take two leaves and a bud and bring home {} kilograms a day.",
            a + 9
        ),
        format!(
            "Growing tea in {about} takes at least {} millimetres of rain a year, according to the tea board.",
            b * 5
        ),
    ]
}

fn page(title: &str, about: &str, seed: u32) -> String {
    let text: String = facts(about, seed).iter().map(|fact| format!("<p>{fact}</p>")).collect();
    format!(
        "<!doctype html><html lang=en><head><title>{title}</title></head><body>\
         <nav>Tea shop: 500 kinds of tea from {about}. <a href=/cart>Cart</a></nav>\
         <article><h1>{title}</h1>{text}</article>\
         <footer>Tea newsletter: 9,000 readers in {about}</footer></body></html>"
    )
}

/// A PDF with one page of text.
fn pdf(lines: &[String]) -> Vec<u8> {
    let rows: String = lines.iter().map(|line| format!("({line}) Tj T* ")).collect();
    let stream = format!("BT /F1 8 Tf 20 780 Td 12 TL {rows}ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = "xref\n0 6\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let at = file.len();
    file.push_str(&format!("{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n"));
    file.into_bytes()
}

/// Runs a goal on these paths of a server, with leave to read from it.
async fn run(place: &Place, server: &WebServer, paths: &[&str]) -> Ran {
    let config = format!(
        "fetch: {{ allow: ['{}'], per_host_delay_ms: 0, per_host_max: 8, total_ms_max: 1000 }}",
        server.host()
    );
    fs::write(place.path("galley.yaml"), config).unwrap();
    run_as(place, server, paths, &["--config", "galley.yaml"]).await
}

/// Runs it without holding up the server.
async fn run_as(place: &Place, server: &WebServer, paths: &[&str], first: &[&str]) -> Ran {
    let urls: Vec<String> = paths.iter().map(|path| server.url(path)).collect();
    let site = place.site();
    let mut args = first.to_vec();
    args.extend(["run", TOPIC, "--words", "300", "--out", site.to_str().unwrap(), "--sources"]);
    args.extend(urls.iter().map(String::as_str));
    let mut command = place.command(&args);
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap());
    Ran::from(ran.await.unwrap())
}

/// The text of the only post, and its sources.
fn post(place: &Place) -> (String, String) {
    let posts = place.posts();
    let (name, proof) = posts.first_key_value().unwrap();
    let article = fs::read_to_string(place.site().join(name).join("index.md")).unwrap();
    (article, proof["sources"].to_string())
}

#[tokio::test]
async fn feeds_and_pages_are_read_each_page_once() {
    let rss = "<rss version='2.0'><channel><title>Tea</title><link>/</link>\
        <item><title>A</title><link>/assam</link><guid>a</guid></item>\
        <item><title>A again</title><link>/assam#part</link><guid>b</guid></item>\
        <item><title>C</title><link>ceylon?utm_source=feed</link><guid>c</guid></item>\
        <item><title>Gone</title><link>/gone</link><guid>d</guid></item></channel></rss>";
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>Tea</title><id>t</id>\
        <updated>2024-05-01T00:00:00Z</updated><entry><title>D</title><id>d</id>\
        <updated>2024-05-01T00:00:00Z</updated><link href='/darjeeling'/></entry></feed>";
    let server = WebServer::start([
        ("/feed/rss.xml", Page::Body("text/xml", rss.into())),
        ("/feed/atom.xml", Page::Body("application/atom+xml", atom.into())),
        ("/assam", Page::html(page("Tea in Assam", "Assam", 1))),
        ("/feed/ceylon?utm_source=feed", Page::html(page("Tea in Ceylon", "Ceylon", 2))),
        ("/darjeeling", Page::html(page("Tea in Darjeeling", "Darjeeling", 3))),
        ("/moved", Page::Redirect("/nilgiri".to_owned())),
        ("/nilgiri", Page::html(page("Tea in the Nilgiris", "the Nilgiris", 4))),
    ])
    .await;
    let place = Place::new();
    let paths = ["/feed/rss.xml", "/feed/atom.xml", "/moved", "/assam"];
    let ran = run(&place, &server, &paths).await.success();
    let (article, sources) = post(&place);
    for (path, name) in [
        ("/assam", "Assam"),
        ("/feed/ceylon", "Ceylon"),
        ("/darjeeling", "Darjeeling"),
        ("/nilgiri", "the Nilgiris"),
    ] {
        assert!(sources.contains(path) && article.contains(name), "{path}: {sources}\n{article}");
    }
    assert!(!article.contains("500 kinds") && !article.contains("9,000 readers"), "{article}");
    let explained = place.run(&["explain"]).success().out();
    assert!(explained.contains("GLY0422") && explained.contains("/gone"), "{explained}");
    let asked = server.asked();
    for path in ["/robots.txt", "/feed/ceylon?utm_source=feed", "/darjeeling", "/nilgiri"] {
        assert_eq!(asked.iter().filter(|asked| *asked == path).count(), 1, "{path}: {asked:?}");
    }
    assert!(ran.out().contains("published"), "{}", ran.out());
}

#[tokio::test]
async fn a_pdf_and_a_page_with_the_wrong_charset_are_quoted() {
    // Latin-1 bytes under a header that says UTF-8.
    let wrong = page("Thé", "Réunion", 5);
    let wrong: Vec<u8> = wrong.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let server = WebServer::start([
        ("/reunion", Page::html(wrong)),
        ("/kenya.pdf", Page::Body("application/pdf", pdf(&facts("Kenya", 6)))),
    ])
    .await;
    let place = Place::new();
    let ran = run(&place, &server, &["/reunion", "/kenya.pdf"]).await.success();
    let (article, sources) = post(&place);
    assert!(sources.contains("/reunion") && article.contains("Réunion"), "{article}");
    assert!(sources.contains("/kenya.pdf") && article.contains("Kenya"), "{article}");
    assert!(ran.out().contains("published"), "{}", ran.out());
}

#[tokio::test]
async fn a_bad_page_is_skipped_with_its_reason() {
    let challenge = "<title>Just a moment...</title><p>Checking your browser before you go on. \
        Enable JavaScript and cookies to continue. This takes a few seconds and happens by itself.";
    let server = WebServer::start([
        ("/robots.txt", Page::Body("text/plain", b"User-agent: *\nDisallow: /private".to_vec())),
        ("/error", Page::Status(500)),
        ("/loop", Page::Redirect("/loop".to_owned())),
        ("/file", Page::Redirect("file:///etc/passwd".to_owned())),
        ("/inside", Page::Redirect("http://169.254.169.254/latest/meta-data/".to_owned())),
        ("/large", Page::html(vec![b'a'; 50 * 1024 * 1024])),
        ("/endless", Page::Endless),
        ("/bomb", Page::bomb(60 * 1024 * 1024)),
        ("/challenge", Page::html(challenge)),
        ("/private", Page::html(page("Secret", "secrets", 9))),
        ("/image", Page::Body("image/png", b"\x89PNG\r\n\x1a\n".to_vec())),
        ("/empty", Page::html("")),
        ("/feed", Page::Body("application/rss+xml", b"<rss><channel></channel></rss>".to_vec())),
        ("/slow", Page::Slow),
        ("/silent", Page::Silent),
        ("/broken", Page::Broken),
        ("/good", Page::html(page("Tea in Assam", "Assam", 1))),
    ])
    .await;
    let bad = [
        ("/gone", "GLY0422", "404"),
        ("/error", "GLY0422", "500"),
        ("/loop", "GLY0421", "redirects more than"),
        ("/file", "GLY0421", "only http and https"),
        ("/inside", "GLY0421", "169.254.169.254"),
        ("/large", "GLY0423", "larger than"),
        ("/endless", "GLY0423", "larger than"),
        ("/bomb", "GLY0423", "larger than"),
        ("/challenge", "GLY0433", "challenge"),
        ("/private", "GLY0421", "robots.txt"),
        ("/image", "GLY0431", "image"),
        ("/empty", "GLY0432", "0 words"),
        ("/feed", "GLY0414", "feed"),
        ("/slow", "GLY0424", "within"),
        ("/silent", "GLY0424", "within"),
        ("/broken", "GLY0425", "cannot be reached"),
    ];
    let paths: Vec<&str> = bad.iter().map(|(path, ..)| *path).chain(["/good"]).collect();
    let place = Place::new();
    let ran = run(&place, &server, &paths).await;
    assert!(matches!(ran.code(), Some(0 | 3)), "{}{}", ran.out(), ran.err());
    let explained = flat(&place.run(&["explain"]).success().out());
    for (path, code, reason) in bad {
        let begin = format!("{code} {}: ", server.url(path));
        let told = explained.split_once(&begin).and_then(|(_, rest)| rest.split("GLY").next());
        assert!(told.is_some_and(|told| told.contains(reason)), "{begin}{reason}:\n{explained}");
    }
    assert!(!server.asked().contains(&"/private".to_owned()), "robots.txt is obeyed");
}

#[tokio::test]
async fn this_machine_is_not_read_unless_it_is_allowed() {
    let server = WebServer::start([("/good", Page::html(page("Tea", "Assam", 1)))]).await;
    let place = Place::new();
    let ran = run_as(&place, &server, &["/good"], &[]).await.exits(1);
    for part in ["GLY0404", "GLY0421", "fetch.allow"] {
        assert!(ran.err().contains(part), "{part}: {}", ran.err());
    }
    assert_eq!(server.asked(), [""; 0], "nothing was asked");
}
