//! A gate before a server: counts the requests that go through, and holds one up for ever, before the
//! server has it or after. Whoever asked can then be killed at exactly that instant.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Largest body that goes through, either way.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Which request is held up, counted from 1, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Before the server has it.
    Before(u32),
    /// When the server has answered, and nobody has heard it.
    After(u32),
}

impl Hold {
    /// Every instant around so many requests.
    pub fn around(requests: u32) -> impl Iterator<Item = Self> {
        (1..=requests).flat_map(|n| [Self::Before(n), Self::After(n)])
    }
}

#[derive(Debug)]
struct Inner {
    server: String,
    plan: Mutex<Plan>,
    held: Semaphore,
}

#[derive(Debug, Default)]
struct Plan {
    passed: u32,
    hold: Option<Hold>,
}

/// A running gate; it ends with this value.
#[derive(Debug)]
pub struct Gate {
    host: String,
    inner: Arc<Inner>,
    _running: tokio::task::JoinSet<()>,
}

impl Gate {
    /// A gate on a free port of this machine, before the server at an address of this machine.
    pub async fn before(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("a plain address");
        let server = rest.split('/').next().unwrap_or(rest).to_owned();
        let inner = Arc::new(Inner { server, plan: Mutex::default(), held: Semaphore::new(0) });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let host = listener.local_addr().expect("it is bound").to_string();
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { host, inner, _running: running }
    }

    /// The server's address, through the gate.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.host)
    }

    /// Holds a request up, counted from now on; or none.
    pub fn hold(&self, hold: Option<Hold>) {
        *self.plan() = Plan { passed: 0, hold };
    }

    /// How many requests came since then.
    #[must_use]
    pub fn passed(&self) -> u32 {
        self.plan().passed
    }

    /// Waits until a request is held up.
    pub async fn held(&self) {
        self.inner.held.acquire().await.expect("it is never closed").forget();
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.inner.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let hold = {
        let mut plan = inner.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.passed += 1;
        let here = [Hold::Before(plan.passed), Hold::After(plan.passed)];
        plan.hold.filter(|hold| here.contains(hold))
    };
    if matches!(hold, Some(Hold::Before(_))) {
        inner.held.add_permits(1);
        return std::future::pending().await;
    }
    let response = forward(&inner.server, request).await;
    if matches!(hold, Some(Hold::After(_))) {
        inner.held.add_permits(1);
        return std::future::pending().await;
    }
    response.unwrap_or_else(|error| {
        let gone = Response::builder().status(StatusCode::BAD_GATEWAY);
        gone.body(Body::from(error.to_string())).expect("it is well formed")
    })
}

/// Passes a request on as HTTP/1.0, whose answers end with the connection.
async fn forward(server: &str, request: Request) -> std::io::Result<Response> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(std::io::Error::other)?;
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut text = format!("{} {path} HTTP/1.0\r\nHost: {server}\r\n", head.method);
    let skipped =
        [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    for (name, value) in head.headers.iter().filter(|(name, _)| !skipped.contains(name)) {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().map_err(std::io::Error::other)?));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&[text.as_bytes(), &body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or_else(|| std::io::Error::other("an answer without a head"))?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("502");
    let mut response = Response::builder().status(status);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = name.to_ascii_lowercase();
        if !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(body)).map_err(std::io::Error::other)
}
