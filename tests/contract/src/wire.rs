//! NATS in the plain words of its protocol: for what no well-behaved client does, such as naming
//! somebody else's subject for an answer.

use galley_bus_core::BoxError;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::SOON;

/// A connection of a user with the password `x`.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
    /// What came and was not looked at.
    heard: Vec<Heard>,
    /// What the server refused, in its words, since it was last asked.
    refused: Vec<String>,
    subscriptions: usize,
}

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The subject that it came on.
    pub subject: String,
    /// Where it is to be answered; empty for nowhere.
    pub reply: String,
    /// The lines of its header, `NATS/1.0 …` first; empty when it has none.
    pub head: String,
    /// Its content.
    pub body: Vec<u8>,
}

/// A message to be sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Say<'a> {
    /// On which subject.
    pub on: &'a str,
    /// Where the answer goes; empty for none.
    pub reply: &'a str,
    /// Headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// What stands on the headers' first line, where servers say what became of a request.
    pub status: &'a str,
    /// Content.
    pub body: &'a str,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// The server is not there, or refuses this user.
    pub async fn connect(url: &str, user: &str) -> Result<Self, BoxError> {
        let at = url.strip_prefix("nats://").ok_or("an address of NATS")?;
        let stream = TcpStream::connect(at).await?;
        // What is said in two pieces is not held back for an acknowledgement of the first.
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        let (heard, refused) = Default::default();
        let mut wire = Self { stream, heard, refused, subscriptions: 0 };
        let who = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true,
            "user": user, "pass": "x", "protocol": 1,
        });
        wire.send(format!("CONNECT {who}\r\n").as_bytes()).await?;
        let refused = wire.settle().await?;
        if refused.is_empty() { Ok(wire) } else { Err(refused.join(", ").into()) }
    }

    /// Listens to a subject.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn subscribe(&mut self, subject: &str) -> Result<(), BoxError> {
        self.subscriptions += 1;
        let number = self.subscriptions;
        self.send(format!("SUB {subject} {number}\r\n").as_bytes()).await
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn say(&mut self, say: Say<'_>) -> Result<(), BoxError> {
        let Say { on, reply, headers, status, body } = say;
        let sent = if headers.is_empty() && status.is_empty() {
            format!("PUB {on} {reply} {}\r\n{body}\r\n", body.len())
        } else {
            let lines: String = headers.iter().map(|(k, v)| format!("{k}: {v}\r\n")).collect();
            let first = format!("NATS/1.0 {status}");
            let head = format!("{}\r\n{lines}\r\n", first.trim_end());
            let (size, all) = (head.len(), head.len() + body.len());
            format!("HPUB {on} {reply} {size} {all}\r\n{head}{body}\r\n")
        };
        self.send(sent.as_bytes()).await
    }

    /// Waits until the server has worked on all that was said, and tells what it refused.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn settle(&mut self) -> Result<Vec<String>, BoxError> {
        self.send(b"PING\r\n").await?;
        while !self.read().await? {}
        Ok(std::mem::take(&mut self.refused))
    }

    /// What was heard since it was last asked.
    pub fn heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// The next message.
    ///
    /// # Errors
    /// None comes, or the connection is gone.
    pub async fn next(&mut self) -> Result<Heard, BoxError> {
        while self.heard.is_empty() {
            timeout(SOON, self.read()).await??;
        }
        Ok(self.heard.remove(0))
    }

    /// Asks, and waits for the answer, in an inbox of its own.
    ///
    /// # Errors
    /// There is none, or the connection is gone.
    pub async fn ask(&mut self, say: Say<'_>) -> Result<Heard, BoxError> {
        let inbox = format!("_INBOX.{}", self.subscriptions);
        self.subscribe(&inbox).await?;
        self.say(Say { reply: &inbox, ..say }).await?;
        let number = self.subscriptions;
        let answer = loop {
            match self.next().await {
                // What is late for an earlier inbox answers nothing here.
                Ok(late) if late.subject.starts_with("_INBOX.") && late.subject != inbox => {}
                answer => break answer,
            }
        };
        self.send(format!("UNSUB {number}\r\n").as_bytes()).await?;
        answer
    }

    /// Asks for an answer in JSON.
    ///
    /// # Errors
    /// There is none, or it is not JSON.
    pub async fn json(&mut self, on: &str, body: &Value) -> Result<Value, BoxError> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.ask(Say { on, body: &body, ..Say::default() }).await?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), BoxError> {
        self.stream.write_all(bytes).await?;
        Ok(())
    }

    /// Reads one thing that the server says; whether it was the answer to a PING.
    async fn read(&mut self) -> Result<bool, BoxError> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(format!("the server closed the connection: {:?}", self.refused).into());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["PONG"] => return Ok(true),
            ["PING"] => self.send(b"PONG\r\n").await?,
            ["MSG", subject, _, rest @ .., size] => {
                self.take(subject, rest, (0, size.parse()?)).await?;
            }
            ["HMSG", subject, _, rest @ .., head, size] => {
                self.take(subject, rest, (head.parse()?, size.parse()?)).await?;
            }
            ["-ERR", ..] => self.refused.push(line.trim().to_owned()),
            _ => {}
        }
        Ok(false)
    }

    async fn take(
        &mut self,
        subject: &str,
        reply: &[&str],
        (head, size): (usize, usize),
    ) -> Result<(), BoxError> {
        let mut bytes = vec![0; size + 2];
        self.stream.read_exact(&mut bytes).await?;
        bytes.truncate(size);
        let body = bytes.split_off(head);
        self.heard.push(Heard {
            subject: subject.to_owned(),
            reply: reply.first().copied().unwrap_or_default().to_owned(),
            head: String::from_utf8(bytes)?,
            body,
        });
        Ok(())
    }
}
