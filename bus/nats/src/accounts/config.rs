//! The accounts in the words of the server's configuration, with users by their public keys.

use std::fmt::Write as _;

use super::{Account, Accounts, Crossing, Export, Import, SYSTEM};
use crate::rights::{CORE, Rights};

/// How long whoever was asked may take to answer.
pub(super) const RESPONSES_SECS: u64 = 600;

/// The configuration; `key` knows the public key of everybody by name.
pub(super) fn text(accounts: &Accounts, key: &dyn Fn(&str) -> String) -> String {
    let mut text = String::from(
        "# Written by `galley bus accounts`; written anew when it is run again.\n\
         # In the server's configuration:  include \"accounts.conf\"\n\n\
         accounts {\n",
    );
    for account in &accounts.accounts {
        text.push_str(&block(account, key));
    }
    let system = key(super::files::SYSTEM_USER);
    put(&mut text, format_args!("  {SYSTEM}: {{\n    users: [ {{ nkey: {system} }} ]\n  }}\n}}\n"));
    put(&mut text, format_args!("system_account: {SYSTEM}\n"));
    text
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes everything");
}

fn block(account: &Account, key: &dyn Fn(&str) -> String) -> String {
    let mut text = format!("  \"{}\": {{\n", account.name);
    if account.streams {
        text.push_str("    jetstream: enabled\n");
    }
    text.push_str("    users: [\n");
    for user in &account.users {
        let public = key(&user.role.to_string());
        put(&mut text, format_args!("      # {}\n      {{ nkey: {public}\n", user.role));
        text.push_str(&permissions(&user.rights));
        text.push_str("      }\n");
    }
    text.push_str("    ]\n");
    let exports: Vec<String> = account.exports.iter().map(export).collect();
    let imports: Vec<String> = account.imports.iter().map(import).collect();
    for (name, lines) in [("exports", exports), ("imports", imports)] {
        if !lines.is_empty() {
            put(&mut text, format_args!("    {name}: [\n{}    ]\n", lines.concat()));
        }
    }
    text.push_str(&mappings(&account.imports));
    text.push_str("  }\n");
    text
}

fn mappings(imports: &[Import]) -> String {
    let mapped = imports.iter().filter_map(|import| Some((&import.subject, import.by.as_ref()?)));
    let lines: String = mapped.map(|(from, to)| format!("      \"{from}\": \"{to}\"\n")).collect();
    if lines.is_empty() { lines } else { format!("    mappings: {{\n{lines}    }}\n") }
}

fn permissions(rights: &Rights) -> String {
    let list = |name: &str, subjects: &[String]| {
        let lines = subjects.iter().map(|subject| format!("            \"{subject}\"\n"));
        format!("          {name}: {{ allow: [\n{}          ] }}\n", lines.collect::<String>())
    };
    let mut text = String::from("        permissions: {\n");
    text.push_str(&list("publish", &rights.publish));
    text.push_str(&list("subscribe", &rights.subscribe));
    if rights.answers {
        let expires = RESPONSES_SECS;
        put(
            &mut text,
            format_args!("          allow_responses: {{ max: 1, expires: \"{expires}s\" }}\n"),
        );
    }
    text.push_str("        }\n");
    text
}

fn export(export: &Export) -> String {
    let Export { subject, crossing, to } = export;
    let to: Vec<String> = to.iter().map(|account| format!("\"{account}\"")).collect();
    let to = to.join(", ");
    match crossing {
        Crossing::Request => format!("      {{ service: \"{subject}\", accounts: [{to}] }}\n"),
        Crossing::Requests => {
            format!("      {{ service: \"{subject}\", response_type: stream, accounts: [{to}] }}\n")
        }
        Crossing::Messages => format!("      {{ stream: \"{subject}\", accounts: [{to}] }}\n"),
    }
}

fn import(import: &Import) -> String {
    let Import { subject, by, crossing } = import;
    let what = match crossing {
        Crossing::Request | Crossing::Requests => "service",
        Crossing::Messages => "stream",
    };
    let to = by.as_ref().map(|by| format!(", to: \"{by}\"")).unwrap_or_default();
    format!("      {{ {what}: {{ account: {CORE}, subject: \"{subject}\" }}{to} }}\n")
}
