//! Isolation on the bus, on a real server: what an agent that is not ours any more can do.
//!
//! ```text
//!   attacks   what succeeds in one account, whatever its permissions say, and fails with an account for
//!             each kind; also when an account forgot its permissions
//!   rights    every role against every subject, as deploy/nats/rights.md says; and what crosses accounts
//!   work      each role does its work in its own account, by keys and by JWTs
//!   shared    what several kinds write to: artifacts and cards
//! ```

#![expect(clippy::indexing_slicing, reason = "in tests, a panic is the report")]

mod nats_contained {
    mod attacks;
    mod rights;
    mod shared;
    mod work;

    use galley_bus_core::BoxError;
    use galley_bus_core::clock::{Clock as _, SystemClock};
    use galley_bus_core::topology::Topology;
    use galley_bus_nats::{Accounts, Config, Form, Nats, Rights, Wanted};
    use galley_schemas::id::AgentKind;
    use galley_tests_contract::nats_server::{NatsServer, WriteDisk};

    /// The kind that is attacked from, and one that is attacked.
    fn kinds() -> [AgentKind; 2] {
        ["research", "publishing"].map(|kind| kind.parse().expect("a kind"))
    }

    /// A server with the accounts that `galley bus accounts` writes, but for users, which have the
    /// password `x` here: the same permissions, and no signatures for a test to make.
    ///
    /// Beside them there is `admin` in CORE and `bare-<role>` in each account, without permissions: for
    /// looking from outside, and for users that somebody forgot to bound.
    async fn contained(settings: &str) -> Result<NatsServer, BoxError> {
        let accounts = Accounts::of(&kinds());
        let files = accounts.files(Form::Nkeys, &Default::default(), SystemClock.now())?;
        let config = files.into_iter().find(|file| file.path == "accounts.conf");
        let text = config.ok_or("the server is told")?.text;
        let mut with_passwords = format!("{settings}\n");
        let mut role = String::new();
        for line in text.lines() {
            if let Some(name) = line.trim().strip_prefix("# ") {
                name.clone_into(&mut role);
            }
            match line.trim().strip_prefix("{ nkey: ") {
                Some(_) => {
                    let users = format!(
                        "{{ user: \"bare-{role}\", password: x }}\n{{ user: \"{role}\", password: x\n"
                    );
                    with_passwords.push_str(&users);
                }
                None => with_passwords.extend([line, "\n"]),
            }
        }
        let admin = "users: [ { user: admin, password: x }\n";
        let with_passwords = with_passwords.replacen("users: [\n", admin, 1);
        NatsServer::start_with(WriteDisk::Seldom, with_passwords).await
    }

    /// A server with one account, where each user has the permissions of its role and no more.
    async fn in_one_account() -> Result<NatsServer, BoxError> {
        let [attacker, _] = kinds();
        let (agent, coordinator) =
            (Rights::agent(&attacker, "_INBOX"), Rights::coordinator("_INBOX_coordinator"));
        let users = format!(
            "authorization {{ users: [{{ user: admin, password: x }}\n\
             {{ user: \"agent-research\", password: x, permissions: {agent} }}\n\
             {{ user: coordinator, password: x, permissions: {coordinator} }}\n] }}"
        );
        NatsServer::start_with(WriteDisk::Seldom, users).await
    }

    /// How a user with a password connects.
    fn config(server: &NatsServer, user: &str, inbox: &str) -> Result<Config, BoxError> {
        let password = server.folder().join("password");
        std::fs::write(&password, "x")?;
        Ok(Config {
            servers: vec![server.url().to_owned()],
            user: Some(user.to_owned()),
            password_file: Some(password),
            inbox_prefix: inbox.to_owned(),
            request_timeout_secs: 2,
            ..Config::default()
        })
    }

    /// Makes the server ready.
    async fn init(config: &Config) -> Result<Nats, BoxError> {
        let nats = Nats::connect(config).await?;
        let wanted = Wanted { topology: Topology::of(&kinds()), replicas: 1 };
        nats.apply(&nats.plan(&wanted).await?).await?;
        assert!(nats.plan(&wanted).await?.is_empty(), "all is made");
        Ok(nats)
    }
}
