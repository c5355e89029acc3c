//! A web server that follows a script: pages, and everything that a bad server does instead.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};

/// What the server does when a path is asked for.
#[derive(Debug, Clone)]
pub enum Page {
    /// Gives this body with this content type.
    Body(&'static str, Vec<u8>),
    /// Gives a body and claims that it is packed with gzip.
    Packed(&'static str, Vec<u8>),
    /// Answers with this status and a small page.
    Status(u16),
    /// Redirects.
    Redirect(String),
    /// Begins a page and never goes on.
    Slow,
    /// Sends words for ever.
    Endless,
    /// Gets the request and says nothing.
    Silent,
    /// Begins a page and breaks the connection.
    Broken,
}

impl Page {
    /// A page of HTML.
    #[must_use]
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::Body("text/html; charset=utf-8", body.into())
    }

    /// A page of HTML that unpacks to so many bytes and is a thousandth of that on the wire.
    #[must_use]
    pub fn bomb(bytes: usize) -> Self {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let piece = b"word ".repeat(2_000);
        for _ in 0..bytes.div_ceil(piece.len()) {
            packer.write_all(&piece).expect("memory takes any byte");
        }
        Self::Packed("text/html", packer.finish().expect("memory takes any byte"))
    }
}

#[derive(Debug, Default)]
struct Site {
    pages: BTreeMap<String, Page>,
    asked: Mutex<Vec<String>>,
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct WebServer {
    host: String,
    site: Arc<Site>,
    _running: tokio::task::JoinSet<()>,
}

impl WebServer {
    /// Starts a server on a free port of this machine. What is not among the pages is not found.
    pub async fn start<'a>(pages: impl IntoIterator<Item = (&'a str, Page)>) -> Self {
        let pages = pages.into_iter().map(|(path, page)| (path.to_owned(), page)).collect();
        let site = Arc::new(Site { pages, asked: Mutex::default() });
        let app = Router::new().fallback(serve).with_state(Arc::clone(&site));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let host = listener.local_addr().expect("it is bound").to_string();
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { host, site, _running: running }
    }

    /// Its host and port, as a permission names it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// The paths that were asked for, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.site.asked.lock().expect("no test panicked in it").clone()
    }
}

async fn serve(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or_else(String::new, ToString::to_string);
    site.asked.lock().expect("no test panicked in it").push(path.clone());
    let page = site.pages.get(&path).cloned().unwrap_or(Page::Status(404));
    let response = Response::builder();
    let html = "text/html; charset=utf-8";
    let begun = stream::once(async { Ok(Bytes::from_static(b"<p>It begins with these words")) });
    let built = match page {
        Page::Body(kind, body) => response.header(header::CONTENT_TYPE, kind).body(body.into()),
        Page::Packed(kind, body) => response
            .header(header::CONTENT_TYPE, kind)
            .header(header::CONTENT_ENCODING, "gzip")
            .body(body.into()),
        Page::Status(status) => response
            .status(StatusCode::from_u16(status).expect("a status of the script"))
            .body(format!("<h1>{status}</h1>").into()),
        Page::Redirect(to) => {
            response.status(StatusCode::FOUND).header(header::LOCATION, to).body(Body::empty())
        }
        Page::Slow => streamed(html, begun.chain(stream::pending())),
        Page::Endless => {
            streamed(html, stream::repeat_with(|| Ok(Bytes::from(b"word ".repeat(2_000)))))
        }
        Page::Silent => std::future::pending().await,
        Page::Broken => {
            let cut = stream::once(async { Err(std::io::Error::other("the script breaks it")) });
            streamed(html, begun.chain(cut))
        }
    };
    built.expect("the script is well formed")
}

fn streamed(
    kind: &str,
    pieces: impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
) -> Result<Response, axum::http::Error> {
    Response::builder().header(header::CONTENT_TYPE, kind).body(Body::from_stream(pieces))
}
