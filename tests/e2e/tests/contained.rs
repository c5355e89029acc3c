//! The main job with each role in an account of its own, as `galley bus accounts` writes them.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::fs;
use std::process::Command;

use galley_tests_e2e::nats::{KINDS, OnNats, Role};
use galley_tests_e2e::{Place, Ran, Running, done};
use serde_json::Value;

/// A server with the accounts, and a configuration for each role.
struct Contained {
    on: OnNats,
}

impl Contained {
    /// Starts it; none when there is no nats-server here.
    fn start(form: &str) -> Option<Self> {
        let place = Place::new();
        let written = place.run(&["bus", "accounts", "--out", "nats", "--form", form]).success();
        assert!(written.out().contains("+ accounts.conf"), "{}", written.out());
        let again = place.run(&["bus", "accounts", "--out", "nats", "--form", form, "--dry-run"]);
        assert!(again.success().out().contains("0 new, 0 changed"), "the same comes out again");
        let told = ["bus", "accounts", "--out", "nats", "--form", form, "--json"];
        let told = place.run(&told).success().json_lines().remove(0);
        let accounts = told.pointer("/accounts").and_then(Value::as_array).unwrap();
        for user in accounts.iter().flat_map(users) {
            configure(&place, form, user);
        }
        let accounts = fs::read_to_string(place.path("nats/accounts.conf")).unwrap();
        Some(Self { on: OnNats::start_with(&accounts, place)? })
    }

    /// A command of a role, not started.
    fn command(&self, role: &str, args: &[&str]) -> Command {
        let mut command = self.on.command(args);
        command.arg("--config").arg(self.on.path(&format!("{role}.yaml")));
        command
    }

    /// Runs a command of a role to its end.
    fn run(&self, role: &str, args: &[&str]) -> Ran {
        self.command(role, args).output().unwrap().into()
    }

    /// Starts a coordinator, the learner and an agent of each kind, and waits until they are ready.
    fn roles(&self) -> Vec<Role> {
        let mut commands = vec![
            self.command("coordinator", &["coordinator"]),
            self.command("learner", &["agent", "learning"]),
        ];
        for kind in KINDS {
            let mut command = self.command(&format!("agent-{kind}"), &["agent", kind]);
            if kind == "publishing" {
                command.arg("--out").arg(self.on.site());
            }
            commands.push(command);
        }
        let begun: Vec<Running> = commands.into_iter().map(Running::start_with_notes).collect();
        begun.into_iter().map(Role::ready).collect()
    }
}

fn users(account: &Value) -> impl Iterator<Item = &Value> {
    account["users"].as_array().unwrap().iter()
}

/// Writes what a process of a role needs to know to connect.
fn configure(place: &Place, form: &str, user: &Value) {
    let role = user["role"].as_str().unwrap();
    let (setting, file) = match form {
        "jwt" => ("credentials_file", format!("creds/{role}.creds")),
        _ => ("nkey_file", format!("seeds/{role}.nk")),
    };
    let file = place.path("nats").join(file);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "a secret is its owner's");
    }
    let inbox = user["inbox"].as_str().unwrap();
    let text = format!("nats: {{ {setting}: {}, inbox_prefix: {inbox} }}\n", file.display());
    fs::write(place.path(&format!("{role}.yaml")), text).unwrap();
}

fn do_the_main_job(form: &str) {
    let Some(contained) = Contained::start(form) else { return };
    let made = contained.run("bootstrap", &["bus", "init"]).success();
    assert!(made.out().contains("+ consumer GALLEY_TASK.agent_research"), "{}", made.out());
    let _same = contained.run("bootstrap", &["bus", "init", "--dry-run"]).success();
    let _roles = contained.roles();
    let topic = ["submit", "How coffee is grown", "--words", "300"];
    let goal = contained.run("person", &topic).success().out().trim().to_owned();
    // It asks before publishing, and a person in another account answers.
    let _asks = contained.run("person", &["watch", &goal]).exits(3);
    assert!(contained.on.posts().is_empty());
    let _said = contained.run("person", &["approve", &goal]).success();
    let _ended = contained.run("person", &["watch", &goal]).success();
    assert_eq!(contained.on.posts().len(), 1, "one article, once");
    let records = contained.run("person", &["explain", &goal, "--json"]).success().json_lines();
    let done = done(&records);
    assert!(done.len() >= KINDS.len(), "{done:?}");
    assert!(done.values().all(|times| *times == 1), "done twice: {done:?}");
    let told = contained.run("person", &["doctor"]).success();
    assert!(told.out().contains("nothing is stuck"), "{}", told.out());
    // An agent is no person: it cannot even look.
    assert_ne!(contained.run("agent-seo", &["show", &goal]).code(), Some(0));
}

#[test]
fn one_article_once_with_each_role_in_its_account_by_keys() {
    do_the_main_job("nkeys");
}

#[test]
fn one_article_once_with_each_role_in_its_account_by_jwts() {
    do_the_main_job("jwt");
}
