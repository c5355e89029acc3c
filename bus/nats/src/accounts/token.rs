//! JWTs of NATS: what an operator says of accounts, and accounts of users, signed.
//!
//! Made here rather than by `nsc`: it would be called some hundred times, once for each export and each
//! import, and nobody would need it for anything else. It reads what is made here (`nsc describe jwt`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD as BASE64;
use galley_schemas::artifact::Digest;
use serde_json::{Value, json};

use super::config::RESPONSES_SECS;
use super::key::Key;
use super::{Account, Crossing, Export, Import, User};
use crate::rights::Rights;

/// What is said, of whom.
pub(super) struct Claim<'a> {
    /// The public key that it is said of.
    pub(super) subject: String,
    /// Its name, for people.
    pub(super) name: String,
    /// What is said. Tokens within are as old as this one.
    pub(super) says: &'a dyn Fn(i64) -> Value,
}

/// A token that says so now. One that says the same already stays as it is.
pub(super) fn issue(
    claim: &Claim<'_>,
    by: &Key,
    found: Option<&str>,
    now: DateTime<Utc>,
) -> String {
    let same = found.and_then(issued_at).map(|at| sign(claim, by, at));
    match same {
        Some(same) if Some(same.as_str()) == found => same,
        Some(_) | None => sign(claim, by, now.timestamp()),
    }
}

fn sign(claim: &Claim<'_>, by: &Key, at: i64) -> String {
    let mut body = json!({
        "iat": at,
        "iss": by.public(),
        "name": claim.name,
        "nats": (claim.says)(at),
        "sub": claim.subject,
    });
    let id = Digest::of(body.to_string().as_bytes());
    if let Value::Object(body) = &mut body {
        body.insert("jti".to_owned(), json!(id.as_str()));
    }
    let head = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let part = |value: &Value| BASE64.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&head), part(&body));
    let signature = BASE64.encode(&by.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// When a token was issued, in seconds since 1970.
fn issued_at(token: &str) -> Option<i64> {
    let body = BASE64.decode(token.split('.').nth(1)?.as_bytes()).ok()?;
    serde_json::from_slice::<Value>(&body).ok()?.get("iat")?.as_i64()
}

/// What an operator says of itself.
pub(super) fn operator(system: &Key) -> Value {
    json!({ "type": "operator", "version": 2, "system_account": system.public() })
}

/// What the operator says of an account; `activations` has the token for each import.
pub(super) fn account(of: &Account, core: &Key, activations: &dyn Fn(&Import) -> String) -> Value {
    let exports: Vec<Value> = of.exports.iter().map(export).collect();
    let import = |import: &Import| {
        let mut more = json!({ "account": core.public(), "token": activations(import) });
        if let Some(by) = &import.by {
            more = with(more, json!({ "local_subject": by }));
        }
        with(crossing(&import.subject, import.crossing), more)
    };
    let imports: Vec<Value> = of.imports.iter().map(import).collect();
    let mapped =
        of.imports.iter().filter_map(|import| Some((&import.subject, import.by.as_ref()?)));
    let mappings: BTreeMap<&String, Value> =
        mapped.map(|(from, to)| (from, json!([{ "subject": to }]))).collect();
    let room = if of.streams { -1 } else { 0 };
    let passes = json!({ "exports": exports, "imports": imports, "mappings": mappings });
    with(plain_account(room), passes)
}

fn export(of: &Export) -> Value {
    let more = match of.crossing {
        Crossing::Requests => json!({ "token_req": true, "response_type": "Stream" }),
        Crossing::Request => json!({ "token_req": true, "response_type": "Singleton" }),
        Crossing::Messages => json!({ "token_req": true }),
    };
    with(crossing(&of.subject, of.crossing), more)
}

/// One object of two.
fn with(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

/// An account with this much room for streams (-1 for any), and nothing that passes.
pub(super) fn plain_account(room: i64) -> Value {
    json!({
        "type": "account",
        "version": 2,
        "limits": {
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
            "wildcards": true, "conn": -1, "leaf": 0,
            "mem_storage": room, "disk_storage": room, "streams": room, "consumer": room,
        },
        "default_permissions": { "pub": {}, "sub": {} },
    })
}

fn crossing(subject: &str, crossing: Crossing) -> Value {
    json!({ "name": subject, "subject": subject, "type": kind(crossing) })
}

/// The words of NATS for what crosses.
fn kind(crossing: Crossing) -> &'static str {
    match crossing {
        Crossing::Request | Crossing::Requests => "service",
        Crossing::Messages => "stream",
    }
}

/// That an account may import something of CORE.
pub(super) fn activation(import: &Import) -> Value {
    let kind = kind(import.crossing);
    json!({ "type": "activation", "version": 2, "subject": import.subject, "kind": kind })
}

/// What an account says of a user.
pub(super) fn user(of: &User) -> Value {
    let Rights { publish, subscribe, answers } = &of.rights;
    let bounds = json!({ "pub": { "allow": publish }, "sub": { "allow": subscribe } });
    let said = with(plain_user(), bounds);
    if *answers {
        with(said, json!({ "resp": { "max": 1, "ttl": RESPONSES_SECS * 1_000_000_000 } }))
    } else {
        said
    }
}

/// A user that may do everything in its account.
pub(super) fn plain_user() -> Value {
    json!({
        "type": "user", "version": 2, "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1,
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::key::KeyOf;
    use super::*;

    #[test]
    fn what_is_said_already_is_not_said_again() {
        let (by, of) = (Key::make(KeyOf::Account), Key::make(KeyOf::User));
        let at = |secs| DateTime::from_timestamp(secs, 0).unwrap();
        let says = |word: &'static str| move |_| json!({ "says": word });
        let issued = |word, found: Option<&str>, secs| {
            let says = says(word);
            let claim = Claim { subject: of.public(), name: "n".to_owned(), says: &says };
            issue(&claim, &by, found, at(secs))
        };
        let first = issued("a", None, 1);
        assert_eq!(issued("a", Some(&first), 2), first);
        let second = issued("b", Some(&first), 2);
        assert_eq!((issued_at(&first), issued_at(&second)), (Some(1), Some(2)));
        assert_eq!(issued_at("no token"), None);
    }
}
