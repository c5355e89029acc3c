//! `galley bus accounts`: the files for a NATS server that keeps agents apart.
//!
//! Files that are there are read first, so keys stay what they are. What would change is shown, then
//! written: each file whole, under another name first. Nothing is ever removed.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use galley_bus_core::clock::{Clock as _, SystemClock};
use galley_bus_nats::{self as nats, File, Form, InvalidKey};
use galley_schemas::fault::Fault;
use galley_schemas::id::AgentKind;
use serde_json::{Value, json};

use crate::args::{self, Common};
use crate::assemble::cards;
use crate::failure::{Exit, Failure};
use crate::out;

/// Where files of ours lie in the folder.
const FOLDERS: [&str; 5] = ["", "seeds", "creds", "keys", "jwt"];
/// Most bytes read of a file.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    New,
    Changed,
    Same,
}

impl Change {
    fn of(file: &File, found: &BTreeMap<String, String>) -> Self {
        match found.get(&file.path) {
            None => Self::New,
            Some(text) if *text == file.text => Self::Same,
            Some(_) => Self::Changed,
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::New => "+",
            Self::Changed => "~",
            Self::Same => "=",
        }
    }
}

/// `galley bus accounts`.
pub(crate) fn accounts(common: &Common, args: &args::Accounts) -> anyhow::Result<Exit> {
    let kinds: Vec<AgentKind> = kinds(args);
    let accounts = nats::Accounts::of(&kinds);
    let form = args.form.into();
    let found = read(&args.out).map_err(|error| unusable(&args.out, &error))?;
    let files = accounts.files(form, &found, SystemClock.now()).map_err(|e| no_key(&e))?;
    let changes: Vec<(&File, Change)> =
        files.iter().map(|file| (file, Change::of(file, &found))).collect();
    if common.json {
        out::json(&told(&accounts, &changes));
    } else {
        show(&accounts, &changes, &found, form);
    }
    let is_same = changes.iter().all(|(_, change)| *change == Change::Same);
    if args.dry_run {
        return Ok(if is_same { Exit::Done } else { Exit::Failed });
    }
    for (file, change) in &changes {
        write(&args.out, file, *change).map_err(|error| unusable(&args.out, &error))?;
    }
    if !is_same && !common.json {
        out::note(next(form));
    }
    Ok(Exit::Done)
}

/// The kinds that come with Galley, and those that were named, each once.
fn kinds(args: &args::Accounts) -> Vec<AgentKind> {
    let mut kinds: Vec<AgentKind> = cards().into_keys().chain(args.kinds.iter().cloned()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// What to do with the files.
fn next(form: Form) -> &'static str {
    match form {
        Form::Nkeys => {
            "put include \"accounts.conf\" into the server's configuration and reload it; give each \
             role its seed as nats.nkey_file, and its inbox prefix; then galley bus init as bootstrap"
        }
        Form::Jwt => {
            "put include \"accounts.conf\" into the server's configuration and reload it; give each \
             role its file as nats.credentials_file, and its inbox prefix; keep keys/ off every server; \
             then galley bus init as bootstrap"
        }
    }
}

/// Every file of ours that is there, by its path.
fn read(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for below in FOLDERS {
        let entries = match fs::read_dir(folder.join(below)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let about = fs::metadata(entry.path())?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if about.is_file() && about.len() <= FILE_BYTES_MAX && is_ours(&name) {
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                found.insert(path, fs::read_to_string(entry.path())?);
            }
        }
    }
    Ok(found)
}

fn is_ours(name: &str) -> bool {
    [".conf", ".nk", ".creds", ".jwt"].iter().any(|end| name.ends_with(end))
}

/// Writes a file, unless it is as it should be. A secret is its owner's alone, also one that was there.
fn write(folder: &Path, file: &File, change: Change) -> io::Result<()> {
    let path = folder.join(&file.path);
    if change == Change::Same {
        return if file.secret { own(&path) } else { Ok(()) };
    }
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    let aside = folder.join(format!("{}.new", file.path));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if file.secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut open = options.open(&aside)?;
    if file.secret {
        own(&aside)?;
    }
    open.write_all(file.text.as_bytes())?;
    open.sync_all()?;
    fs::rename(aside, path)
}

#[cfg(unix)]
fn own(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn own(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What changes, then who is where.
fn show(
    accounts: &nats::Accounts,
    changes: &[(&File, Change)],
    found: &BTreeMap<String, String>,
    form: Form,
) {
    for (file, change) in changes.iter().filter(|(_, change)| *change != Change::Same) {
        let secret = if file.secret { "  (secret)" } else { "" };
        out::line(&format!("{} {}{secret}", change.sign(), file.path));
    }
    for path in found.keys().filter(|path| !changes.iter().any(|(file, _)| file.path == **path)) {
        out::line(&format!("! {path} is not of these accounts any more: remove it"));
    }
    let count = |of| changes.iter().filter(|(_, change)| *change == of).count();
    let (new, changed, same) = (count(Change::New), count(Change::Changed), count(Change::Same));
    out::line(&format!("{new} new, {changed} changed, {same} as they were\n"));
    out::line(&format!("{:<22}{:<20}{:<22}file", "role", "account", "inbox prefix"));
    for (account, user) in accounts.users() {
        let role = user.role.to_string();
        let file = match form {
            Form::Nkeys => format!("seeds/{role}.nk"),
            Form::Jwt => format!("creds/{role}.creds"),
        };
        out::line(&format!("{role:<22}{:<20}{:<22}{file}", account.name, user.inbox));
    }
}

/// The same for machines, with every right.
fn told(accounts: &nats::Accounts, changes: &[(&File, Change)]) -> Value {
    let file = |(file, change): &(&File, Change)| {
        let change = match change {
            Change::New => "new",
            Change::Changed => "changed",
            Change::Same => "same",
        };
        json!({ "path": file.path, "change": change, "secret": file.secret })
    };
    let files: Vec<Value> = changes.iter().map(file).collect();
    json!({ "files": files, "accounts": accounts.accounts })
}

fn no_key(error: &InvalidKey) -> Failure {
    let hint = "put the file back from where you keep it, or remove it to have a new key made";
    Fault::permanent("GLY0240", error.to_string()).hint(hint).into()
}

fn unusable(folder: &Path, error: &io::Error) -> Failure {
    let message = format!("the folder {} cannot be used", folder.display());
    let hint = "name another folder with --out, or make this one readable and writable";
    Fault::permanent("GLY0241", message).hint(hint).because(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, form: Form) -> Vec<Change> {
        let accounts = nats::Accounts::of(&[]);
        let found = read(folder).unwrap();
        let files = accounts.files(form, &found, SystemClock.now()).unwrap();
        let changes: Vec<Change> = files.iter().map(|file| Change::of(file, &found)).collect();
        for (file, change) in files.iter().zip(&changes) {
            write(folder, file, *change).unwrap();
        }
        changes
    }

    #[test]
    fn written_again_nothing_changes_and_secrets_are_their_owners() {
        for form in [Form::Nkeys, Form::Jwt] {
            let folder = tempfile::tempdir().unwrap();
            let first = written(folder.path(), form);
            assert!(first.iter().all(|change| *change == Change::New));
            assert!(written(folder.path(), form).iter().all(|change| *change == Change::Same));
            #[cfg(unix)]
            for below in ["seeds", "creds", "keys"] {
                use std::os::unix::fs::PermissionsExt as _;
                let Ok(entries) = fs::read_dir(folder.path().join(below)) else { continue };
                for entry in entries {
                    let mode = entry.unwrap().metadata().unwrap().permissions().mode();
                    assert_eq!(mode & 0o777, 0o600);
                }
            }
        }
    }
}
