//! The files that the server, the processes and whoever keeps the keys need.
//!
//! ```text
//!   accounts.conf            for the server: `include "accounts.conf"`
//!
//!   with keys alone                      with JWTs
//!   seeds/<role>.nk   its `nkey_file`    creds/<role>.creds    its `credentials_file`
//!                                        keys/operator.nk      signs accounts; on no server
//!                                        keys/<ACCOUNT>.nk     signs users of it; on no server
//!                                        jwt/<ACCOUNT>.jwt     what the operator signed; public
//! ```
//!
//! A key that is there is kept, and a JWT that says what it should is not signed anew: so the same
//! files come out again. To change a key, its file is removed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::key::{InvalidKey, Key, KeyOf};
use super::token::{self, Claim};
use super::{Account, Accounts, Import, SYSTEM, config};
use crate::rights::CORE;

/// The user of the server's own account, for whoever looks after servers.
pub(super) const SYSTEM_USER: &str = "system";
/// What the server is told, in either form.
const CONFIG: &str = "accounts.conf";
const OPERATOR: &str = "operator";

/// How users show who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By a key each, which the server's configuration names. A change needs a reload of the server.
    Nkeys,
    /// By a JWT that their account signed, whose JWT an operator signed. Users may be added, and keys
    /// changed, without the server's configuration.
    Jwt,
}

/// A file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it lies in the folder, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// Whether its owner alone may read it.
    pub secret: bool,
}

/// The keys that are there, and those that are made.
#[derive(Debug, Default)]
struct Keyring(BTreeMap<String, Key>);

impl Keyring {
    fn take(
        &mut self,
        of: KeyOf,
        path: String,
        found: &BTreeMap<String, String>,
    ) -> Result<(), InvalidKey> {
        let key = match found.get(&path) {
            Some(text) => Key::read(of, &path, text)?,
            None => Key::make(of),
        };
        self.0.insert(path, key);
        Ok(())
    }

    fn get(&self, path: &str) -> &Key {
        self.0.get(path).expect("every key is taken before any is used")
    }

    fn public(&self, path: &str) -> String {
        self.get(path).public()
    }
}

impl Accounts {
    /// The files, given those that are there by their paths.
    ///
    /// # Errors
    /// A file that should hold a key holds none.
    pub fn files(
        &self,
        form: Form,
        found: &BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<Vec<File>, InvalidKey> {
        match form {
            Form::Nkeys => self.with_keys(found),
            Form::Jwt => self.with_tokens(found, now),
        }
    }

    /// The names of all users.
    fn names(&self) -> impl Iterator<Item = String> {
        let roles = self.users().map(|(_, user)| user.role.to_string());
        roles.chain([SYSTEM_USER.to_owned()])
    }

    fn with_keys(&self, found: &BTreeMap<String, String>) -> Result<Vec<File>, InvalidKey> {
        let mut keys = Keyring::default();
        for name in self.names() {
            keys.take(KeyOf::User, seed(&name), found)?;
        }
        let text = config::text(self, &|name| keys.public(&seed(name)));
        let mut files = vec![public(CONFIG.to_owned(), text)];
        files.extend(self.names().map(|name| {
            let path = seed(&name);
            let text = format!("{}\n", keys.get(&path).seed());
            secret(path, text)
        }));
        Ok(files)
    }

    fn with_tokens(
        &self,
        found: &BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<Vec<File>, InvalidKey> {
        let mut keys = Keyring::default();
        keys.take(KeyOf::Operator, signer(OPERATOR), found)?;
        let accounts = self.accounts.iter().map(|account| account.name.as_str()).chain([SYSTEM]);
        for account in accounts {
            keys.take(KeyOf::Account, signer(account), found)?;
        }
        for name in self.names() {
            keys.take(KeyOf::User, creds(&name), found)?;
        }
        Ok(Signing { accounts: self, keys: &keys, found, now }.files())
    }
}

fn seed(name: &str) -> String {
    format!("seeds/{name}.nk")
}

fn creds(name: &str) -> String {
    format!("creds/{name}.creds")
}

fn signer(name: &str) -> String {
    format!("keys/{name}.nk")
}

fn signed(name: &str) -> String {
    format!("jwt/{name}.jwt")
}

fn public(path: String, text: String) -> File {
    File { path, text, secret: false }
}

fn secret(path: String, text: String) -> File {
    File { path, text, secret: true }
}

/// Signing everything, once every key is there.
struct Signing<'a> {
    accounts: &'a Accounts,
    keys: &'a Keyring,
    found: &'a BTreeMap<String, String>,
    now: DateTime<Utc>,
}

impl Signing<'_> {
    fn files(&self) -> Vec<File> {
        let system = self.keys.get(&signer(SYSTEM));
        let mut tokens = vec![(OPERATOR, self.by_operator(OPERATOR, &|_| token::operator(system)))];
        for account in &self.accounts.accounts {
            tokens.push((&account.name, self.account(account)));
        }
        tokens.push((SYSTEM, self.by_operator(SYSTEM, &|_| token::plain_account(0))));
        let mut files = vec![public(CONFIG.to_owned(), self.config(&tokens))];
        for (account, user) in self.accounts.users() {
            let says = |_| token::user(user);
            files.push(self.creds(&user.role.to_string(), &account.name, &says));
        }
        files.push(self.creds(SYSTEM_USER, SYSTEM, &|_| token::plain_user()));
        for (name, token) in tokens {
            let path = signer(name);
            let seed = format!("{}\n", self.keys.get(&path).seed());
            files.extend([secret(path, seed), public(signed(name), format!("{token}\n"))]);
        }
        files
    }

    fn account(&self, account: &Account) -> String {
        let core = self.keys.get(&signer(CORE));
        let to = self.keys.public(&signer(&account.name));
        self.by_operator(&account.name, &|at| {
            let when = DateTime::from_timestamp(at, 0).unwrap_or(self.now);
            let activation = |import: &Import| {
                let (name, says) = (import.subject.clone(), |_| token::activation(import));
                let claim = Claim { subject: to.clone(), name, says: &says };
                token::issue(&claim, core, None, when)
            };
            token::account(account, core, &activation)
        })
    }

    /// A token of the operator, of itself or of an account.
    fn by_operator(&self, name: &str, says: &dyn Fn(i64) -> serde_json::Value) -> String {
        let found = self.found.get(&signed(name)).map(|text| text.trim());
        let claim = Claim { subject: self.keys.public(&signer(name)), name: name.to_owned(), says };
        token::issue(&claim, self.keys.get(&signer(OPERATOR)), found, self.now)
    }

    /// A user's credentials, signed by its account.
    fn creds(&self, name: &str, account: &str, says: &dyn Fn(i64) -> serde_json::Value) -> File {
        let path = creds(name);
        let found = self.found.get(&path).and_then(|text| text.lines().nth(1));
        let key = self.keys.get(&path);
        let claim = Claim { subject: key.public(), name: name.to_owned(), says };
        let token = token::issue(&claim, self.keys.get(&signer(account)), found, self.now);
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            key.seed()
        );
        secret(path, text)
    }

    fn config(&self, tokens: &[(&str, String)]) -> String {
        let mut text = String::from(
            "# Written by `galley bus accounts`; written anew when it is run again.\n\
             # In the server's configuration:  include \"accounts.conf\"\n\n",
        );
        let preload: String = tokens
            .iter()
            .filter(|(name, _)| *name != OPERATOR)
            .map(|(name, token)| {
                let key = self.keys.public(&signer(name));
                format!("  # {name}\n  {key}: {token}\n")
            })
            .collect();
        let operator = tokens.iter().find(|(name, _)| *name == OPERATOR);
        if let Some((_, operator)) = operator {
            text.push_str(&format!("operator: {operator}\n"));
        }
        let system = self.keys.public(&signer(SYSTEM));
        text.push_str(&format!("system_account: {system}\nresolver: MEMORY\n"));
        text.push_str(
            "# A user shows its JWT, with all of its rights, on the line that it connects with.\n\
             max_control_line: 32KB\n",
        );
        text.push_str(&format!("resolver_preload: {{\n{preload}}}\n"));
        text
    }
}

#[cfg(test)]
mod tests {
    use galley_schemas::id::AgentKind;

    use super::*;

    fn kinds(names: &[&str]) -> Vec<AgentKind> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).unwrap()
    }

    fn there(files: &[File]) -> BTreeMap<String, String> {
        files.iter().map(|file| (file.path.clone(), file.text.clone())).collect()
    }

    fn check(form: Form) {
        let accounts = Accounts::of(&kinds(&["seo"]));
        let first = accounts.files(form, &BTreeMap::new(), at(1)).unwrap();
        let found = there(&first);
        assert_eq!(accounts.files(form, &found, at(2)).unwrap(), first, "{form:?}");
        // One kind more: its keys are new, the others' are as they were.
        let more = Accounts::of(&kinds(&["seo", "review"])).files(form, &found, at(3)).unwrap();
        let more = there(&more);
        for (path, text) in found.iter().filter(|(path, _)| path.contains("agent-seo")) {
            assert_eq!(more.get(path), Some(text), "{path}");
        }
        assert_ne!(more.get(CONFIG), found.get(CONFIG));
        assert!(more.keys().any(|path| path.contains("agent-review")));
        // One key less: it is made anew, and the server is told.
        let mut less = found.clone();
        less.retain(|path, _| !path.contains("agent-seo"));
        let renewed = there(&accounts.files(form, &less, at(4)).unwrap());
        let seo = |files: &BTreeMap<String, String>| {
            files.iter().find(|(path, _)| path.contains("agent-seo")).unwrap().1.clone()
        };
        assert_ne!(seo(&renewed), seo(&found));
    }

    #[test]
    fn the_same_files_come_out_again() {
        check(Form::Nkeys);
        check(Form::Jwt);
    }

    #[test]
    fn seeds_are_in_secret_files_alone() {
        for form in [Form::Nkeys, Form::Jwt] {
            let files = Accounts::of(&kinds(&["seo"])).files(form, &BTreeMap::new(), at(1));
            for file in files.unwrap() {
                let seed = file.text.split_whitespace().find(|word| {
                    word.len() == 58 && ["SU", "SA", "SO"].iter().any(|s| word.starts_with(s))
                });
                assert_eq!(seed.is_some(), file.secret, "{}", file.path);
            }
        }
    }
}
