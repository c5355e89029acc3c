//! Against a small server on this machine; the guard lets its port through, and nothing else.

use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// What a path answers: bytes on the wire, or silence.
type Answer = fn(path: &str) -> Option<Vec<u8>>;

struct Server {
    addr: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let log = Arc::clone(&log);
                connections.spawn(async move {
                    let mut request = vec![0; 8192];
                    let length = socket.read(&mut request).await.unwrap_or(0);
                    let request = String::from_utf8_lossy(&request[..length]).into_owned();
                    let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
                    log.lock().unwrap().push(request);
                    match answer(&path) {
                        Some(bytes) => drop(socket.write_all(&bytes).await),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        Self { addr, asked, _tasks: tasks }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn config(&self) -> FetchConfig {
        FetchConfig {
            allow: vec![self.addr.to_string()],
            per_host_delay_ms: 0,
            robots: false,
            bytes_max: 100_000,
            ..FetchConfig::default()
        }
    }

    async fn get(&self, path: &str) -> Result<Fetched, FetchError> {
        Fetcher::new(self.config()).unwrap().get(&self.url(path)).await
    }

    async fn code(&self, path: &str) -> &'static str {
        self.get(path).await.map_or_else(|error| error.code(), |_| "fetched")
    }
}

fn ok(headers: &str, body: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    Some([head.as_bytes(), body].concat())
}

fn to(location: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into())
}

fn pages(path: &str) -> Option<Vec<u8>> {
    match path {
        "/page" => ok("content-type: Text/HTML; Charset=\"ISO-8859-1\"\r\n", b"caf\xe9"),
        "/bare" => ok("", "words"),
        "/redirect" => to("/page#part"),
        "/loop" => to("/loop"),
        "/meta" => to("http://169.254.169.254/latest/meta-data/"),
        "/file" => to("file:///etc/passwd"),
        "/inner" => to("http://[::ffff:127.0.0.1]:22/"),
        "/decimal" => to("http://2130706433/"),
        "/user" => to("http://user:pass@example.org/"),
        "/nowhere" => to("http://"),
        "/hops5" => to("/hops4"),
        "/hops4" => to("/hops3"),
        "/hops3" => to("/hops2"),
        "/hops2" => to("/hops1"),
        "/hops1" => to("/page"),
        "/hops6" => to("/hops5"),
        "/refresh" => ok(
            "refresh: 0; url=http://127.0.0.1:1/\r\ncontent-location: http://127.0.0.1:1/\r\nalt-svc: h2=\"127.0.0.1:1\"\r\ncontent-type: text/html\r\n",
            "<meta http-equiv=refresh content='0; url=http://127.0.0.1:1/'>",
        ),
        "/large" => ok("", vec![b'a'; 100_001]),
        "/fits" => ok("", vec![b'a'; 100_000]),
        "/bomb" => ok("content-encoding: gzip\r\n", include_bytes!("zeros.gz")),
        "/stacked" => ok("content-encoding: gzip, gzip\r\n", include_bytes!("zeros.gz")),
        "/brotli" => ok("content-encoding: br\r\n", "x"),
        "/endless" => {
            let chunk = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
            Some(
                [
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
                    chunk.repeat(200),
                ]
                .concat()
                .into(),
            )
        }
        "/cut" => Some(
            b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\nshort".to_vec(),
        ),
        "/headers" => {
            let many: String = (0..500).map(|n| format!("x-{n}: y\r\n")).collect();
            ok(&many, "x")
        }
        "/noise" => Some(b"\x00\x01\x02 not http\r\n\r\n".to_vec()),
        "/silent" => None,
        "/error" => {
            Some(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec())
        }
        _ => Some(
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        ),
    }
}

#[tokio::test]
async fn a_page_comes_with_its_type_and_final_address() {
    let server = Server::start(pages).await;
    let page = server.get("/redirect").await.unwrap();
    assert_eq!(page.url, server.url("/page"));
    assert_eq!((page.status, page.media_type.as_str()), (200, "text/html"));
    assert_eq!(page.charset.as_deref(), Some("ISO-8859-1"));
    assert_eq!(page.body.as_ref(), b"caf\xe9");
    let bare = server.get("/bare").await.unwrap();
    assert_eq!((bare.media_type.as_str(), bare.charset), ("", None));
    let request = server.asked().concat().to_lowercase();
    assert!(request.contains("user-agent: galley/"));
    assert!(!request.contains("cookie:") && !request.contains("referer:"));
}

#[tokio::test]
async fn every_redirect_is_judged() {
    let server = Server::start(pages).await;
    for path in ["/loop", "/meta", "/file", "/inner", "/decimal", "/user", "/nowhere", "/hops6"] {
        assert_eq!(server.code(path).await, "GLY0421", "{path}");
    }
    assert_eq!(server.code("/hops5").await, "fetched");
    assert_eq!(server.code("/refresh").await, "fetched");
    assert_eq!(server.asked().iter().filter(|request| request.contains("/loop")).count(), 6);
}

#[tokio::test]
async fn nothing_is_asked_that_no_permission_covers() {
    let server = Server::start(pages).await;
    let fetcher = Fetcher::new(FetchConfig::default()).unwrap();
    let port = server.addr.port();
    for url in [
        server.url("/page"),
        format!("http://localhost:{port}/page"),
        format!("http://2130706433:{port}/page"),
        format!("http://[::ffff:127.0.0.1]:{port}/page"),
        "no address".to_owned(),
    ] {
        let error = fetcher.get(&url).await.unwrap_err();
        assert_eq!(error.code(), "GLY0421", "{url}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn size_is_bounded_however_it_comes() {
    let server = Server::start(pages).await;
    assert_eq!(server.get("/fits").await.unwrap().body.len(), 100_000);
    for path in ["/large", "/bomb", "/endless"] {
        assert_eq!(server.code(path).await, "GLY0423", "{path}");
    }
}

/// A page that is packed so well that nobody honest did it.
fn dense(_path: &str) -> Option<Vec<u8>> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; 4 * 1024 * 1024]).unwrap();
    ok("content-encoding: gzip\r\n", packer.finish().unwrap())
}

#[tokio::test]
async fn a_page_may_not_unpack_to_more_than_its_size_warrants() {
    let server = Server::start(dense).await;
    let config = FetchConfig { bytes_max: 1 << 30, ..server.config() };
    let error = Fetcher::new(config).unwrap().get(&server.url("/")).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { bytes_max: 1_048_576, .. }), "{error:?}");
}

fn tagged(path: &str) -> Option<Vec<u8>> {
    match path {
        "/secret" => ok("etag: \"1\"\r\ncache-control: private, no-store\r\n", "page"),
        "/moved" => to("/dated"),
        "/dated" => ok("last-modified: Sun, 01 Mar 2026 08:30:00 GMT\r\n", "page"),
        _ => ok("etag: \"1\"\r\n", "page"),
    }
}

fn unchanged(_path: &str) -> Option<Vec<u8>> {
    Some(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec())
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    use crate::{Cache as _, FolderCache};
    let folder = tempfile::tempdir().unwrap();
    let cache = FolderCache::new(folder.path().to_owned(), 1 << 20);
    let server = Server::start(tagged).await;
    let kept = Arc::new(cache.clone());
    let fetcher = Fetcher::new(server.config()).unwrap().with_cache(kept);
    for (path, header) in [
        ("/tagged", Some("if-none-match: \"1\"")),
        ("/moved", Some("if-modified-since: sun, 01 mar 2026 08:30:00 gmt")),
        ("/secret", None),
    ] {
        let first = fetcher.get(&server.url(path)).await.unwrap();
        assert_eq!(fetcher.get(&server.url(path)).await.unwrap(), first);
        let asked = server.asked().pop().unwrap().to_lowercase();
        assert_eq!(header.map(|header| asked.contains(header)), header.map(|_| true), "{asked}");
        assert!(header.is_some() || !asked.contains("if-none-match"), "{asked}");
    }
    // A server that says that nothing changed is believed for what is kept, and for nothing else.
    let page = cache.get(&server.url("/tagged")).await.unwrap();
    let other = Server::start(unchanged).await;
    cache.put(&other.url("/tagged"), page.clone()).await;
    let fetcher = Fetcher::new(other.config()).unwrap().with_cache(Arc::new(cache));
    assert_eq!(fetcher.get(&other.url("/tagged")).await.unwrap(), page.page);
    assert_eq!(fetcher.get(&other.url("/never")).await.unwrap_err().code(), "GLY0422");
}

fn busy(_path: &str) -> Option<Vec<u8>> {
    let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 60\r\n";
    Some(format!("{head}content-length: 0\r\nconnection: close\r\n\r\n").into())
}

#[tokio::test]
async fn a_site_that_asks_for_it_is_left_alone() {
    let server = Server::start(busy).await;
    let fetcher = Fetcher::new(server.config()).unwrap();
    for path in ["/a", "/b", "/c"] {
        let error = fetcher.get(&server.url(path)).await.unwrap_err();
        assert!(matches!(error, FetchError::Status { status: 429, .. }), "{error:?}");
    }
    assert_eq!(server.asked().len(), 1);
    // One that is too busy to tell its rules is not read without them.
    let fetcher = Fetcher::new(FetchConfig { robots: true, ..server.config() }).unwrap();
    assert!(fetcher.get(&server.url("/a")).await.is_err());
    assert!(server.asked()[1].contains("/robots.txt") && server.asked().len() == 2);
}

#[tokio::test]
async fn broken_answers_are_errors() {
    let server = Server::start(pages).await;
    for path in ["/cut", "/headers", "/noise", "/stacked", "/brotli"] {
        assert_eq!(server.code(path).await, "GLY0425", "{path}");
    }
    assert_eq!(server.code("/error").await, "GLY0422");
    assert_eq!(server.code("/absent").await, "GLY0422");
}

#[tokio::test]
async fn a_silent_server_does_not_hold_anyone() {
    let server = Server::start(pages).await;
    let config = FetchConfig { total_ms_max: 50, ..server.config() };
    let fetcher = Fetcher::new(config).unwrap();
    let error = fetcher.get(&server.url("/silent")).await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }) && error.is_passing(), "{error:?}");
}

fn with_robots(path: &str) -> Option<Vec<u8>> {
    match path {
        "/robots.txt" => ok("", "User-agent: *\nDisallow: /private\n"),
        "/private/x" => ok("", "secret"),
        "/jump" => to("/private/x"),
        _ => ok("", "page"),
    }
}

fn without_robots(path: &str) -> Option<Vec<u8>> {
    if path == "/robots.txt" { pages("/absent") } else { ok("", "page") }
}

fn with_broken_robots(path: &str) -> Option<Vec<u8>> {
    if path == "/robots.txt" { pages("/error") } else { ok("", "page") }
}

#[tokio::test]
async fn robots_are_obeyed_and_asked_once() {
    let server = Server::start(with_robots).await;
    let fetcher = Fetcher::new(FetchConfig { robots: true, ..server.config() }).unwrap();
    assert!(fetcher.get(&server.url("/a")).await.is_ok());
    for path in ["/private/x", "/jump"] {
        assert_eq!(fetcher.get(&server.url(path)).await.unwrap_err().code(), "GLY0421", "{path}");
    }
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|request| request.contains("/robots.txt")).count(), 1);
    assert_eq!(asked.iter().filter(|request| request.contains("/private")).count(), 0);
}

#[tokio::test]
async fn a_site_without_robots_allows_all_and_one_that_cannot_say_nothing() {
    let check = async |answer: Answer, want: Option<&str>| {
        let server = Server::start(answer).await;
        let fetcher = Fetcher::new(FetchConfig { robots: true, ..server.config() }).unwrap();
        let error = fetcher.get(&server.url("/a")).await.err();
        assert_eq!(error.as_ref().map(FetchError::code), want, "{error:?}");
    };
    check(without_robots, None).await;
    check(with_broken_robots, Some("GLY0422")).await;
}

/// A name server that changes its mind: each lookup takes the next answer.
struct Rebinding(Mutex<Vec<Vec<SocketAddr>>>);

impl Resolve for Rebinding {
    fn resolve(&self, _: Name) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(Box::new(answer.into_iter()) as Addrs) })
    }
}

async fn resolved(server: &Server, answers: &[&[&str]]) -> FetchError {
    let answers = answers.iter().map(|a| a.iter().map(|addr| addr.parse().unwrap()).collect());
    let resolver = Arc::new(Rebinding(Mutex::new(answers.collect())));
    // No permission at all: the name looks public, so only what it resolves to can give it away.
    let config = FetchConfig { allow: Vec::new(), connect_ms_max: 300, ..server.config() };
    let fetcher = Fetcher::resolving(config, resolver).unwrap();
    drop(fetcher.get("http://rebind.example.org/").await);
    fetcher.get("http://rebind.example.org/").await.unwrap_err()
}

#[tokio::test]
async fn a_name_is_judged_by_every_answer_at_every_connection() {
    let server = Server::start(pages).await;
    let inner = format!("127.0.0.1:{}", server.addr.port());
    let mapped = format!("[::ffff:127.0.0.1]:{}", server.addr.port());
    for answers in [
        &[&[inner.as_str()][..]][..],
        &[&[mapped.as_str()]],
        &[&["169.254.169.254:0"]],
        &[&["10.0.0.1:0", "[fd00:ec2::254]:0"]],
        &[&["[64:ff9b::7f00:1]:0"]],
        &[&["10.0.0.1:0"], &[inner.as_str()]],
        &[&[]],
    ] {
        let error = resolved(&server, answers).await;
        assert_eq!(error.code(), "GLY0421", "{answers:?}: {error:?}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn of_mixed_answers_only_the_vetted_are_tried() {
    let server = Server::start(pages).await;
    let resolver = Arc::new(Rebinding(Mutex::new(vec![vec![
        "10.255.255.1:0".parse().unwrap(),
        SocketAddr::new(server.addr.ip(), 0),
    ]])));
    let url = format!("http://wiki.example.org:{}/page", server.addr.port());
    // The name may be asked on that port; of its addresses only the loopback block is let through.
    let fetcher = |allow: &[&str]| {
        let allow = allow.iter().map(|&entry| entry.to_owned()).collect();
        let config = FetchConfig { allow, ..server.config() };
        Fetcher::resolving(config, Arc::clone(&resolver) as Arc<dyn Resolve>).unwrap()
    };
    let error = fetcher(&["127.0.0.0/8"]).get(&url).await.unwrap_err();
    assert_eq!(error.code(), "GLY0421", "the port needs a permission of its own");
    assert!(
        fetcher(&[&format!("wiki.example.org:{}", server.addr.port()), "127.0.0.0/8"])
            .get(&url)
            .await
            .is_ok()
    );
}

#[test]
fn a_fetcher_says_why_it_cannot_be_made() {
    let config =
        |allow: &str| FetchConfig { allow: vec![allow.to_owned()], ..FetchConfig::default() };
    assert!(matches!(Fetcher::new(config("10.0.0.0/99")), Err(FetcherError::Permission(_))));
    let agent = FetchConfig { user_agent: "two\nlines".into(), ..FetchConfig::default() };
    assert!(matches!(Fetcher::new(agent), Err(FetcherError::Client(_))));
}
