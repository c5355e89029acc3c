//! What no client is needed for: asking JetStream in the plain words of the protocol.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use galley_tests_support::wait::until;
use serde_json::{Value, json};

use super::OnNats;

impl OnNats {
    /// Has everything that a consumer (`STREAM.name`) lent to whoever is gone come again now, as it does
    /// when its loan runs out: to those who pull there by now.
    ///
    /// The server is told that loans last a second, until one was delivered again or none is out.
    pub fn loans_run_out(&self, consumer: &str) {
        let info = || self.ask(&format!("$JS.API.CONSUMER.INFO.{consumer}"), "");
        let number = |info: &Value, name: &str| info[name].as_u64().expect("it is counted");
        let found = info();
        let filter = found["config"]["filter_subject"].as_str();
        let subject = [Some("$JS.API.CONSUMER.CREATE"), Some(consumer), filter];
        let subject: Vec<&str> = subject.into_iter().flatten().collect();
        let stream = consumer.split('.').next();
        let lend_for = |wait: &Value| {
            let mut config = found["config"].clone();
            config["ack_wait"] = wait.clone();
            let ask = json!({ "stream_name": stream, "config": config, "action": "update" });
            let changed = self.ask(&subject.join("."), &ask.to_string());
            assert!(changed["error"].is_null(), "{changed}");
        };
        lend_for(&json!(1_000_000_000));
        until("loans to run out", || {
            let now = info();
            let again = number(&now, "num_redelivered") > number(&found, "num_redelivered");
            (again || number(&now, "num_ack_pending") == 0).then_some(())
        });
        lend_for(&found["config"]["ack_wait"]);
    }

    /// What the server counts of a consumer (`STREAM.name`): `num_pending`, `num_ack_pending`, `num_redelivered`.
    #[must_use]
    pub fn counted(&self, consumer: &str, what: &str) -> usize {
        let info = self.ask(&format!("$JS.API.CONSUMER.INFO.{consumer}"), "");
        let number = info[what].as_u64().expect("it is counted");
        usize::try_from(number).expect("a test has few messages")
    }

    /// Publishes a message that a stream keeps, as any client does.
    pub fn publish(&self, subject: &str, message: &Value) {
        let kept = self.ask(subject, &message.to_string());
        assert!(kept["seq"].is_number(), "{kept}");
    }

    /// Keeps a value in a bucket.
    pub fn keep(&self, bucket: &str, key: &str, value: &Value) {
        let kept = self.ask(&format!("$KV.{bucket}.{key}"), &value.to_string());
        assert!(kept["seq"].is_number(), "{kept}");
    }

    /// What is answered on a subject, in the plain words of the protocol: no client need be here.
    fn ask(&self, subject: &str, body: &str) -> Value {
        let at = self.url().strip_prefix("nats://").expect("an address of NATS");
        let mut stream = TcpStream::connect(at).expect("the server runs");
        let said = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB answer 1\r\n\
             PUB {subject} answer {}\r\n{body}\r\n",
            body.len()
        );
        stream.write_all(said.as_bytes()).expect("it is sent");
        let mut heard = BufReader::new(stream).lines().map(|line| line.expect("it is text"));
        assert!(heard.by_ref().any(|line| line.starts_with("MSG ")), "no answer on {subject}");
        serde_json::from_str(&heard.next().expect("a message has a body")).expect("it is JSON")
    }
}
