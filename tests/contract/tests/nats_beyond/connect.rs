//! Connecting: what is refused, with which code, and what is reported.

use std::path::Path;
use std::process::Command;

use galley_bus_core::BoxError;
use galley_bus_nats::{Class, Config, DiskSync, Nats, Tls};
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Absent, Outcome, pass_over};

use super::{config, init};

/// Connecting fails with a code, and says what to do.
async fn refused(config: &Config, code: &str) {
    let refused = Nats::connect(config).await;
    let fault = refused.expect_err("it was to be refused").fault();
    assert_eq!(fault.code, code, "{fault:?}");
    assert!(!fault.hint.is_empty(), "{fault:?}");
}

#[tokio::test]
async fn what_is_found_is_reported() -> Outcome {
    pass_over(report().await)
}

async fn report() -> Outcome {
    let server = NatsServer::start(WriteDisk::Always).await?;
    let silent = Nats::connect(&config(&server)).await?;
    assert_eq!(silent.durability().sync, DiskSync::Unknown);
    assert_eq!(silent.durability().class, Class::Fast);
    assert_eq!(silent.durability().replicas, None);
    let told = Config { monitor: Some(server.monitor().to_owned()), ..config(&server) };
    init(&told).await?;
    let strict = Config { strict_durability: true, ..told };
    let nats = Nats::connect(&strict).await?;
    let durability = nats.durability();
    assert_eq!((durability.sync, durability.class), (DiskSync::Always, Class::Safe));
    assert_eq!(durability.replicas, Some(1));
    assert!(durability.notes.is_empty(), "{durability:?}");
    assert!(durability.to_string().contains("safe"), "{durability}");
    refused(&Config { monitor: None, ..strict.clone() }, "GLY0226").await;
    refused(&Config { replicas: 3, ..strict }, "GLY0226").await;
    Ok(())
}

#[tokio::test]
async fn less_durable_than_demanded_is_refused() -> Outcome {
    pass_over(demand().await)
}

async fn demand() -> Outcome {
    let server = NatsServer::start(WriteDisk::Seldom).await?;
    let told = Config { monitor: Some(server.monitor().to_owned()), ..config(&server) };
    let nats = Nats::connect(&told).await?;
    assert_eq!(nats.durability().sync, DiskSync::Every { secs: 120 });
    refused(&Config { strict_durability: true, ..told }, "GLY0226").await;
    // What a server makes of an interval depends on its quotes.
    for (interval, secs, notes) in [("\"100ms\"", 1, 0), ("2m", 2_000_000, 1)] {
        let folder = tempfile::tempdir()?;
        let at = folder.path().display();
        let settings = format!("jetstream {{ store_dir: \"{at}\", sync_interval: {interval} }}");
        let server = NatsServer::start_with(WriteDisk::Never, settings).await?;
        let told = Config { monitor: Some(server.monitor().to_owned()), ..config(&server) };
        let durability = Nats::connect(&told).await?.durability().clone();
        assert_eq!(durability.sync, DiskSync::Every { secs });
        assert_eq!(durability.notes.len(), notes, "{durability:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_a_code() -> Outcome {
    pass_over(refuse().await)
}

async fn refuse() -> Outcome {
    let without = NatsServer::start(WriteDisk::Never).await?;
    refused(&config(&without), "GLY0225").await;
    let mut gone = NatsServer::start(WriteDisk::Always).await?;
    gone.kill()?;
    refused(&config(&gone), "GLY0221").await;
    let nowhere = Config { servers: vec!["ftp://127.0.0.1".to_owned()], ..config(&without) };
    refused(&nowhere, "GLY0220").await;
    let no_file = Config { nkey_file: Some("/not/there".into()), ..config(&without) };
    refused(&no_file, "GLY0220").await;
    let half = Config { user: Some("somebody".to_owned()), ..config(&without) };
    refused(&half, "GLY0220").await;
    Ok(())
}

const NKEY: &str = "UBFWVWXGDWZZQBG4A4XALVEGY6ZUVWZY6GTPQET22PUQKGCRUSHAWSK6";
const NKEY_SEED: &str = "SUAB22CVGRP4QD6RRCPB3RA5GFLOKLPU6WC6JQIVQEZSCZEEGUI6BEJY4M\n";

#[tokio::test]
async fn a_user_is_known_by_its_nkey_its_password_or_its_credentials() -> Outcome {
    pass_over(identify().await)
}

async fn identify() -> Outcome {
    let users = format!(
        "authorization {{ users: [{{ nkey: {NKEY} }}, {{ user: a, password: \"pass word\" }}] }}"
    );
    let server = NatsServer::start_with(WriteDisk::Always, users).await?;
    refused(&config(&server), "GLY0222").await;
    let seed = server.folder().join("seed");
    std::fs::write(&seed, NKEY_SEED)?;
    Nats::connect(&Config { nkey_file: Some(seed), ..config(&server) }).await?;
    let password = server.folder().join("password");
    std::fs::write(&password, "pass word\n")?;
    let named = Config {
        user: Some("a".to_owned()),
        password_file: Some(password.clone()),
        ..config(&server)
    };
    Nats::connect(&named).await?;
    std::fs::write(&password, "another")?;
    refused(&named, "GLY0222").await;

    let operator = include_str!("operator.conf").to_owned();
    let server = NatsServer::start_with(WriteDisk::Always, operator).await?;
    let credentials = server.folder().join("user.creds");
    std::fs::write(&credentials, include_str!("user.creds"))?;
    init(&Config { credentials_file: Some(credentials), ..config(&server) }).await?;
    refused(&config(&server), "GLY0222").await;
    Ok(())
}

/// Runs openssl in a folder.
fn openssl(folder: &Path, args: &str) -> Outcome {
    let ran = Command::new("openssl").args(args.split_whitespace()).current_dir(folder).output();
    let Ok(ran) = ran else {
        return Err(
            Absent { why: "there is no openssl to make certificates with".to_owned() }.into()
        );
    };
    let said = String::from_utf8_lossy(&ran.stderr);
    if ran.status.success() { Ok(()) } else { Err(format!("openssl {args}: {said}").into()) }
}

/// An authority, and certificates of a server and a client that it signed.
fn certificates(folder: &Path) -> Outcome {
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(folder, &format!("req -x509 {KEY} -keyout ca.key -out ca.pem -subj /CN=ca -days 2"))?;
    std::fs::write(
        folder.join("names"),
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )?;
    for name in ["server", "client"] {
        openssl(folder, &format!("req {KEY} -keyout {name}.key -out {name}.csr -subj /CN={name}"))?;
        let sign = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names";
        openssl(folder, &format!("x509 -req -in {name}.csr -out {name}.pem {sign}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn encryption_needs_trust_on_both_sides() -> Outcome {
    pass_over(encrypt().await)
}

async fn encrypt() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    certificates(folder.path())?;
    let file = |name: &str| folder.path().join(name);
    let at = folder.path().display();
    let tls = format!(
        "tls {{ cert_file: \"{at}/server.pem\", key_file: \"{at}/server.key\", \
         ca_file: \"{at}/ca.pem\", verify: true }}"
    );
    let server = NatsServer::start_with(WriteDisk::Always, tls).await?;
    let trusted = Tls {
        required: true,
        first: false,
        ca_file: Some(file("ca.pem")),
        cert_file: Some(file("client.pem")),
        key_file: Some(file("client.key")),
    };
    let with = |tls: Tls| Config { tls, ..config(&server) };
    init(&with(trusted.clone())).await?;
    refused(&with(Tls { ca_file: None, ..trusted.clone() }), "GLY0223").await;
    refused(&with(Tls { key_file: None, ..trusted.clone() }), "GLY0220").await;
    refused(&with(Tls { ca_file: Some(file("none.pem")), ..trusted.clone() }), "GLY0220").await;
    let nobody = Tls { cert_file: None, key_file: None, ..trusted };
    refused(&with(nobody), "GLY0223").await;
    Ok(())
}
