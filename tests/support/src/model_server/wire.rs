//! What all protocols share: what is said, how it ends, and how streams are written.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use serde_json::{Value, json};

use super::{Answer, smallest};

/// What is said, in no protocol yet.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) calls: Vec<(String, Value)>,
    pub(super) refusal: Option<String>,
    /// Whether it stopped because it was too long.
    pub(super) cut: bool,
    pub(super) used: Option<Used>,
    pub(super) end: End,
}

/// What was used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    pub(super) input: u64,
    /// Of `input`, from the cache.
    pub(super) cached: u64,
    pub(super) output: u64,
}

/// How a reply ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum End {
    /// As it should, streamed.
    #[default]
    Streamed,
    /// As it should, whole.
    Whole,
    /// As it should, but the connection stays open.
    KeptOpen,
    /// With a broken connection.
    Broken,
    /// With an error event.
    Overloaded,
    /// Never.
    Silent,
}

impl Said {
    pub(super) fn of(answer: &Answer, schema: Option<&Value>) -> Self {
        let used = Used { input: 100, cached: 0, output: 20 };
        let text = |text: &str| Self { text: text.to_owned(), used: Some(used), ..Self::default() };
        match answer {
            Answer::Text(said) => text(said),
            Answer::Json(value) => text(&value.to_string()),
            Answer::BySchema => {
                let value = schema.map(|schema| smallest(schema, schema).to_string());
                text(value.as_deref().unwrap_or("text"))
            }
            Answer::Calls(calls) => Self { calls: calls.clone(), ..text("") },
            Answer::Cut(said) => Self { cut: true, ..text(said) },
            Answer::Cached(said, cached) => {
                Self { used: Some(Used { cached: *cached, ..used }), ..text(said) }
            }
            Answer::Untold(said) => Self { used: None, ..text(said) },
            Answer::Plain(said) => Self { end: End::Whole, ..text(said) },
            Answer::KeptOpen(said) => Self { end: End::KeptOpen, ..text(said) },
            Answer::HalfStream(said) => Self { end: End::Broken, ..text(said) },
            Answer::Overloaded(said) => Self { end: End::Overloaded, ..text(said) },
            Answer::Silent(said) => Self { end: End::Silent, ..text(said) },
            Answer::Refusal(reason) => Self { refusal: Some(reason.clone()), ..text("") },
            Answer::Picky(..)
            | Answer::Locked(..)
            | Answer::Obeys(_)
            | Answer::Status(..)
            | Answer::Fault(..)
            | Answer::Garbage
            | Answer::Recorded(..)
            | Answer::Never => Self::default(),
        }
    }

    /// Whether a stream comes to its end.
    pub(super) const fn ends(&self) -> bool {
        match self.end {
            End::Streamed | End::Whole | End::KeptOpen => true,
            End::Broken | End::Overloaded | End::Silent => false,
        }
    }
}

/// The answers that are the same in every protocol.
pub(super) async fn common(answer: &Answer) -> Option<Response> {
    match answer {
        Answer::Status(status, after) => {
            let message = format!("scripted {status}");
            let body =
                json!({ "type": "error", "error": { "type": "scripted", "message": message } });
            let mut response = plain(*status, body.to_string());
            if let Some(after) = after {
                response.headers_mut().insert(header::RETRY_AFTER, (*after).into());
            }
            Some(response)
        }
        Answer::Fault(status, headers, body) => {
            let mut response = plain(*status, body.to_string());
            for (name, value) in headers {
                let value = value.parse().expect("a header of the script");
                response.headers_mut().insert(*name, value);
            }
            Some(response)
        }
        Answer::Garbage => Some(plain(200, "<html>not what you asked for</html>")),
        Answer::Recorded(media_type, body) => {
            let bytes = Bytes::from(body.clone());
            let pieces =
                (0..bytes.len()).step_by(7).map(|at| bytes.slice(at..bytes.len().min(at + 7)));
            Some(response(media_type, pieces.collect(), End::Streamed))
        }
        Answer::Never => {
            std::future::pending::<Infallible>().await;
            None
        }
        Answer::Text(_)
        | Answer::Json(_)
        | Answer::BySchema
        | Answer::Calls(_)
        | Answer::Cut(_)
        | Answer::Cached(..)
        | Answer::Untold(_)
        | Answer::Plain(_)
        | Answer::KeptOpen(_)
        | Answer::HalfStream(_)
        | Answer::Overloaded(_)
        | Answer::Silent(_)
        | Answer::Picky(..)
        | Answer::Locked(..)
        | Answer::Obeys(_)
        | Answer::Refusal(_) => None,
    }
}

/// A reply in one piece.
pub(super) fn plain(status: u16, body: impl Into<Body>) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).expect("a status of the script"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .expect("it is well formed")
}

/// A stream of server-sent events, each named by its type if it has one; `mark` closes it.
pub(super) fn events(events: &[Value], mark: Option<&'static str>, end: End) -> Response {
    let event = |event: &Value| match event.get("type").and_then(Value::as_str) {
        Some(name) => Bytes::from(format!("event: {name}\ndata: {event}\n\n")),
        None => Bytes::from(format!("data: {event}\n\n")),
    };
    let mut pieces: Vec<Bytes> = events.iter().map(event).collect();
    pieces.extend(mark.map(|mark| Bytes::from(format!("data: {mark}\n\n"))));
    response("text/event-stream", pieces, end)
}

/// A stream of lines.
pub(super) fn lines(lines: &[Value], end: End) -> Response {
    let pieces = lines.iter().map(|line| Bytes::from(format!("{line}\n"))).collect();
    response("application/x-ndjson", pieces, end)
}

fn response(media_type: &str, pieces: Vec<Bytes>, end: End) -> Response {
    let mut pieces: Vec<Result<Bytes, std::io::Error>> = pieces.into_iter().map(Ok).collect();
    if end == End::Broken {
        pieces.push(Err(std::io::Error::other("the script breaks the stream")));
    }
    let pieces = stream::iter(pieces);
    let body = if matches!(end, End::KeptOpen | End::Silent) {
        Body::from_stream(pieces.chain(stream::pending()))
    } else {
        Body::from_stream(pieces)
    };
    Response::builder()
        .header(header::CONTENT_TYPE, media_type)
        .body(body)
        .expect("it is well formed")
}

/// A text in small pieces.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(7).map(|piece| piece.iter().collect()).collect()
}
