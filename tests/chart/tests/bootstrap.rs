//! The bootstrap Job is another one exactly when it would make something else: a Job cannot be changed, and one that runs again for
//! nothing holds up whoever waits for it.

use std::fs;
use std::path::Path;

use galley_tests_chart::chart::{at, objects, render};
use galley_tests_chart::tools::tool;

const SERVERS: &str = "nats: { servers: [\"nats://nats:4222\"]";

/// The Job's name with these values.
fn job(helm: &Path, values: &str) -> String {
    let file = tempfile::NamedTempFile::new().expect("there is room for a file");
    fs::write(file.path(), values).expect("it can be written");
    let text = render(helm, file.path()).expect(values);
    let objects = objects(&text);
    let mut jobs = objects.iter().filter(|object| at(object, "/kind") == "Job");
    let job = jobs.next().expect("there is a Job");
    assert!(jobs.next().is_none(), "there is one Job");
    at(job, "/metadata/name").to_owned()
}

#[test]
fn the_job_is_another_exactly_when_it_would_make_something_else() {
    let Some(helm) = tool("helm-4") else { return };
    let first = job(&helm, &format!("{SERVERS} }}\n"));
    for same in [
        "}\nagents: { seo: { replicas: 9, slots: 2 } }",
        "}\nagentDefaults: { autoscaling: { mode: hpa } }\nagents: { publishing: { autoscaling: { mode: none } } }",
        "}\nmodel: { url: \"http://m/v1\", egress: { to: [{ podSelector: {} }] } }",
        "}\nbootstrap: { annotations: { argocd.argoproj.io/sync-wave: \"-1\" } }",
        "}\nmonitoring: { podMonitor: { enabled: true } }",
    ] {
        assert_eq!(job(&helm, &format!("{SERVERS} {same}\n")), first, "{same}");
    }
    let mut seen = vec![first];
    for other in [
        "}\nagents: { fact-check: { image: { repository: x } } }",
        "}\nimage: { tag: 0.2.0 }",
        ", replicas: 1 }",
        "}\nkafka: { brokers: \"k:9092\" }",
        "}\nkafka: { brokers: \"k:9092\", partitions: 12 }",
        "}\nbootstrap: { backoffLimit: 3 }",
    ] {
        let name = job(&helm, &format!("{SERVERS} {other}\n"));
        assert!(!seen.contains(&name), "{other}");
        seen.push(name);
    }
}
