//! Isolation on the bus: who is in which account, and what passes between them, as data.
//!
//! ```text
//!   CORE            the streams; coordinators, `galley bus init`, whoever takes copies
//!     │ exports     exactly the rights of each other role, each to its one account
//!     ▼
//!   AGENT_<kind>    one account each: nothing but what was imported is there
//!   RELAY, LEARNER, SUBMITTER, PERSON
//!   SYS             the server's own account; nothing of Galley is in it
//! ```
//!
//! What permissions on subjects do not hold: the server answers a pull, a read and a publish on the
//! subject that the asker names, with the rights of the server, and never checks it. So an agent that
//! may read its own journal can have any bytes published anywhere in its account. In an account of its
//! own there is nothing to write to: a request crosses into CORE under a name that the server made up
//! for the answer, and the subject that the agent named is looked for in its own account alone.
//!
//! Pure: which keys there are, and where files lie, is said from outside.

use std::collections::BTreeMap;

use galley_schemas::id::AgentKind;
use serde::Serialize;

use crate::rights::{Rights, Role};

mod config;
mod files;
mod key;
mod token;

pub use files::{File, Form};
pub use key::{InvalidKey, Key, KeyOf};

use crate::rights::{CORE, covers};

/// The server's own account.
const SYSTEM: &str = "SYS";

/// The accounts of a server that carries Galley.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accounts {
    /// Every account: CORE first.
    pub accounts: Vec<Account>,
}

/// An account: a world of subjects of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Whether streams may be in it.
    pub streams: bool,
    /// What other accounts may use of it.
    pub exports: Vec<Export>,
    /// What it uses of CORE.
    pub imports: Vec<Import>,
    /// Who may be in it.
    pub users: Vec<User>,
}

/// Subjects that other accounts may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The subject, or pattern.
    pub subject: String,
    /// What crosses on it.
    pub crossing: Crossing,
    /// The accounts that may import it; no others.
    pub to: Vec<String>,
}

/// Subjects of CORE that an account uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// The subject, or pattern, in either account.
    pub subject: String,
    /// The name that it has in the account on its way, where it cannot have its own: it is mapped there.
    /// Most of JetStream's requests are answered by every account, also by those without streams.
    pub by: Option<String>,
    /// What crosses on it.
    pub crossing: Crossing,
}

/// What crosses from one account to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// Requests go in; each has one answer at most.
    Request,
    /// Requests go in; each may have many answers: pulls, and reads of many messages.
    Requests,
    /// Messages come out.
    Messages,
}

/// Somebody who may connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Who.
    pub role: Role,
    /// Where answers come in: `inbox_prefix` in the configuration of its processes.
    pub inbox: String,
    /// What it may do in its account, by the names that subjects have there: see [`Import::by`].
    pub rights: Rights,
}

impl Accounts {
    /// The accounts for agents of these kinds.
    #[must_use]
    pub fn of(kinds: &[AgentKind]) -> Self {
        let mut accounts: Vec<Account> = Vec::new();
        for role in Role::all(kinds) {
            let (name, rights) = (role.account(), role.rights(kinds));
            let user = User { inbox: role.inbox(), role, rights };
            match accounts.iter_mut().find(|account| account.name == name) {
                Some(account) => account.users.push(user),
                None => accounts.push(Account::of(name, user)),
            }
        }
        let exports = exports(&accounts);
        for account in accounts.iter_mut().filter(|account| account.streams) {
            account.exports.clone_from(&exports);
        }
        Self { accounts }
    }

    /// Everybody who may connect, with the account.
    pub fn users(&self) -> impl Iterator<Item = (&Account, &User)> {
        self.accounts
            .iter()
            .flat_map(|account| account.users.iter().map(move |user| (account, user)))
    }
}

impl Account {
    fn of(name: String, user: User) -> Self {
        let streams = name == CORE;
        let imports = if streams { Vec::new() } else { imports(&user) };
        let user = User { rights: mapped(user.rights, &imports), ..user };
        Self { name, streams, exports: Vec::new(), imports, users: vec![user] }
    }
}

/// What a user's account needs of CORE: all of its rights but its own inbox.
fn imports(user: &User) -> Vec<Import> {
    let own = format!("{}.>", user.inbox);
    let asks = user.rights.publish.iter().map(|subject| (subject, asking(subject)));
    let hears = user.rights.subscribe.iter().map(|subject| (subject, Crossing::Messages));
    let all = asks.chain(hears).filter(|(subject, _)| **subject != own);
    let import = |(subject, crossing): (&String, Crossing)| Import {
        subject: subject.clone(),
        by: by(subject),
        crossing,
    };
    all.map(import).collect()
}

/// Rights in an account where some subjects are mapped: permissions are looked at after that.
fn mapped(rights: Rights, imports: &[Import]) -> Rights {
    let name = |subject: String| {
        let import = imports.iter().find(|import| import.subject == subject);
        import.and_then(|import| import.by.clone()).unwrap_or(subject)
    };
    Rights { publish: rights.publish.into_iter().map(name).collect(), ..rights }
}

/// What asks JetStream's own interface is answered in the asker's account too, that there are no
/// streams; and that answer may be the first. Pulls and direct reads are what it does not answer.
fn by(subject: &str) -> Option<String> {
    let ask = subject.strip_prefix("$JS.API.")?;
    let is_direct = asking(subject) == Crossing::Requests;
    (!is_direct).then(|| format!("{CORE}.{ask}"))
}

/// How many answers what is asked on a subject has.
fn asking(subject: &str) -> Crossing {
    let many = ["$JS.API.CONSUMER.MSG.NEXT.", "$JS.API.DIRECT.GET."];
    if many.iter().any(|ask| subject.starts_with(ask)) {
        Crossing::Requests
    } else {
        Crossing::Request
    }
}

/// What all accounts together import, each for those that do.
fn exports(accounts: &[Account]) -> Vec<Export> {
    let mut to: BTreeMap<(Crossing, &str), Vec<String>> = BTreeMap::new();
    for account in accounts {
        for Import { subject, crossing, .. } in &account.imports {
            to.entry((*crossing, subject)).or_default().push(account.name.clone());
        }
    }
    // One export for each subject: where one is a part of another, both accounts use the wider one.
    // Which part is whose stands in the imports, which no account can change.
    for ((crossing, subject), accounts) in to.clone() {
        let wider = |(of, wider): &(Crossing, &str)| {
            *of == crossing && *wider != subject && covers(wider, subject)
        };
        let Some(wider) = to.keys().copied().find(wider) else { continue };
        to.remove(&(crossing, subject));
        let all = to.entry(wider).or_default();
        all.extend(accounts);
        all.sort_unstable();
        all.dedup();
    }
    let export = |((crossing, subject), to): ((Crossing, &str), Vec<String>)| Export {
        subject: subject.to_owned(),
        crossing,
        to,
    };
    to.into_iter().map(export).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> Vec<AgentKind> {
        ["research", "seo"].map(|kind| kind.parse().unwrap()).to_vec()
    }

    fn account(name: &str) -> Account {
        let mut accounts = Accounts::of(&kinds()).accounts.into_iter();
        accounts.find(|account| account.name == name).unwrap()
    }

    #[test]
    fn streams_are_in_one_account_and_each_kind_is_in_one_of_its_own() {
        let accounts = Accounts::of(&kinds()).accounts;
        let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
        let want =
            ["CORE", "RELAY", "LEARNER", "SUBMITTER", "PERSON", "AGENT_research", "AGENT_seo"];
        assert_eq!(names, want);
        assert!(accounts.iter().all(|account| account.streams == (account.name == "CORE")));
        assert!(accounts.iter().all(|account| account.users.len() == 1 || account.streams));
    }

    #[test]
    fn what_is_imported_is_exported_to_that_account_and_to_no_other() {
        let exports = account("CORE").exports;
        for account in Accounts::of(&kinds()).accounts {
            for Import { subject, crossing, .. } in &account.imports {
                let of = |export: &&Export| {
                    covers(&export.subject, subject) && export.crossing == *crossing
                };
                let of: Vec<_> = exports.iter().filter(of).collect();
                assert_eq!(of.len(), 1, "{subject}: {of:?}");
                assert!(of[0].to.contains(&account.name), "{subject}");
            }
        }
        for export in exports {
            let of_one = export.subject.contains("research") || export.subject.contains("seo");
            assert!(!of_one || export.to.len() == 1, "{export:?}");
        }
    }

    #[test]
    fn nothing_that_makes_or_removes_passes_between_accounts() {
        let verbs = ["CREATE", "UPDATE", "DELETE", "PURGE", "RESTORE", "SNAPSHOT", "PAUSE", "LIST"];
        for export in account("CORE").exports {
            assert!(!verbs.iter().any(|verb| export.subject.contains(verb)), "{export:?}");
            assert!(!export.subject.starts_with("_INBOX") && export.subject != ">", "{export:?}");
        }
    }
}
