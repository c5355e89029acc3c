//! What cannot work is refused before anything is made, with the way out.

use std::fs;
use std::path::Path;

use galley_tests_chart::chart::render;
use galley_tests_chart::tools::tool;

const SERVERS: &str = "nats: { servers: [\"nats://nats:4222\"] }";

fn check(helm: &Path, values: &str, wanted: &[&str]) {
    let file = tempfile::NamedTempFile::new().expect("there is room for a file");
    fs::write(file.path(), values).expect("it can be written");
    let error = render(helm, file.path()).expect_err(values);
    for wanted in wanted {
        assert!(error.contains(wanted), "{values}\nsays: {error}\nwanted: {wanted}");
    }
}

#[test]
fn values_that_cannot_work_are_refused_with_the_way_out() {
    let Some(helm) = tool("helm-4") else { return };
    let table: &[(&str, &[&str])] = &[
        ("", &["nats.servers is empty", "helm/examples"]),
        (
            "agents: { ingestion: { secrets: [{ name: cms, mountPath: /cms }] } }",
            &["agents.ingestion", "(cms)", "egress.extra"],
        ),
        ("model: { url: \"http://m/v1\" }", &["model.egress.to", "networkPolicy.enabled"]),
        (
            "knowledge: { postgres: { existingSecret: m } }",
            &["knowledge.postgres.egress.to", "networkPolicy.enabled"],
        ),
        (
            "knowledge: { postgres: { existingSecret: m, egress: { to: [{ podSelector: {} }] } } }\nagents: { ingestion: { memory: true } }",
            &["agents.ingestion would read what strangers wrote, hold a secret (m)"],
        ),
        (
            "model: { url: \"http://m/v1\", existingSecret: k, egress: { to: [{ podSelector: {} }] } }\nagents: { ingestion: { model: true } }",
            &["agents.ingestion would read what strangers wrote, hold a secret (k)"],
        ),
        (
            "agents: { reserch: { replicas: 2 } }",
            &["agents.reserch is no kind of Galley's", "galley agent list"],
        ),
        ("agents: { Fact_Check: { image: { repository: x } } }", &["small letters and digits"]),
        (
            "agents: { seo: { autoscaling: { mode: keda } } }",
            &["agents.seo.autoscaling.mode is keda", "nats.monitor"],
        ),
        ("agents: { seo: { autoscaling: { mode: hpa, min: 0 } } }", &["an HPA cannot do"]),
        (
            "agents: { seo: { autoscaling: { mode: hpa, min: 9, max: 3 } } }",
            &["min is 9, above its max of 3"],
        ),
        ("agents: { publishing: { replicas: 2 } }", &["ReadWriteMany"]),
        ("learner: { replicas: 2 }", &["kafka.brokers"]),
        (
            "kafka: { brokers: \"k:9092\", tls: { enabled: true } }\nlearner: { autoscaling: { mode: keda } }",
            &["TriggerAuthentication"],
        ),
        (
            "kafka: { brokers: \"k:9092\" }\nrelay: { autoscaling: { mode: keda } }",
            &["relay.replicas"],
        ),
        (
            "kafka: { brokers: \"k:9092\", sasl: { mechanism: plain } }",
            &["shows the password", "relay has no user on Kafka", "bootstrap.kafka.existingSecret"],
        ),
    ];
    for (values, wanted) in table {
        let values = if wanted.contains(&"helm/examples") {
            String::new()
        } else {
            format!("{SERVERS}\n{values}\n")
        };
        check(&helm, &values, wanted);
    }
}

#[test]
fn identities_that_are_not_there_are_named_each() {
    let Some(helm) = tool("helm-4") else { return };
    let values = "nats: { servers: [\"nats://n:4222\"], auth: { method: creds } }\nagents: { seo: { nats: { existingSecret: s } } }";
    check(
        &helm,
        values,
        &[
            "creds, and coordinator has no Secret",
            "agent-research has no Secret",
            "bootstrap has no Secret",
        ],
    );
}

#[test]
fn a_setting_that_nobody_knows_is_refused() {
    let Some(helm) = tool("helm-4") else { return };
    for (values, wanted) in [
        ("replicas: 3", "replicas"),
        ("coordinator: { replica: 3 }", "replica"),
        ("coordinator: { slots: 3 }", "slots"),
        ("agents: { seo: { slots: 0 } }", "slots"),
        ("agents: { seo: { resource: {} } }", "resource"),
        ("relay: { kafka: { username: x } }", "username"),
        ("image: { tag: [] }", "tag"),
        ("networkPolicy: { enabled: \"yes\" }", "enabled"),
    ] {
        check(&helm, &format!("{SERVERS}\n{values}\n"), &[wanted, "schema"]);
    }
}
