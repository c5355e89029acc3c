//! The chart on a real API server: in a namespace that enforces Pod Security `restricted`, with the definitions of KEDA and of the
//! Prometheus operator, under both Helms.

#![expect(clippy::indexing_slicing, reason = "an object of another shape fails the test")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use galley_tests_chart::chart::{at, folder, objects, previous, rendered};
use galley_tests_chart::cluster::Cluster;
use galley_tests_chart::schemas::definition_files;
use galley_tests_chart::tools::{Ran, command, source, tool};
use serde_json::Value;

/// A release of the chart on a cluster.
struct Release<'a> {
    cluster: &'a Cluster,
    helm: PathBuf,
    namespace: &'static str,
}

impl Release<'_> {
    fn helm(&self, verb: &str, args: &[&str]) -> Ran {
        let mut helm = command(&self.helm);
        helm.arg(verb).arg("galley").args(args).args(["--namespace", self.namespace]);
        Ran::of(helm.arg("--kubeconfig").arg(self.cluster.kubeconfig()))
    }

    /// Installs or upgrades with a value file and more values, and waits until everything is ready.
    #[track_caller]
    fn put(&self, verb: &str, case: &str, set: &[&str]) {
        self.put_chart(&folder(), verb, case, set);
    }

    #[track_caller]
    fn put_chart(&self, chart: &Path, verb: &str, case: &str, set: &[&str]) {
        let values = folder().join(format!("ci/{case}-values.yaml"));
        let (chart, values) = (chart.display().to_string(), values.display().to_string());
        let mut args = vec![chart.as_str(), "--values", &values, "--wait", "--timeout", "120s"];
        set.iter().for_each(|set| args.extend(["--set", set]));
        self.helm(verb, &args).expect(&format!("{verb} {case} {set:?}"));
    }

    fn get(&self, what: &str) -> Vec<Value> {
        let list =
            self.cluster.kubectl(&["get", what, "--namespace", self.namespace, "--output=json"]);
        let list: Value = serde_json::from_str(&list.expect(what)).expect("kubectl answers JSON");
        list["items"].as_array().cloned().unwrap_or_default()
    }

    fn replicas(&self, deployment: &str) -> i64 {
        let all = self.get("deployments");
        let found = all.iter().find(|object| object["metadata"]["name"] == deployment);
        found.and_then(|object| object["spec"]["replicas"].as_i64()).expect(deployment)
    }
}

/// A cluster with the definitions that the chart may use; none when it cannot be had here and need not be.
fn cluster() -> Option<Cluster> {
    let (keda, operator) = (source("keda")?, source("prometheus-operator")?);
    let cluster = Cluster::start()?;
    for folder in [keda.join("config/crd/bases"), operator.join("example/prometheus-operator-crd")]
    {
        for file in definition_files(&folder) {
            let file = file.display().to_string();
            cluster.kubectl(&["apply", "--server-side", "-f", &file]).expect(&file);
        }
    }
    for index in 0..4 {
        cluster.apply(&format!(
            "{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: disk-{index}}}, spec: {{capacity: {{storage: 100Gi}}, \
             accessModes: [ReadWriteOnce], hostPath: {{path: /nowhere}}}}}}\n"
        ));
    }
    Some(cluster)
}

fn namespace(cluster: &Cluster, name: &str) {
    cluster.apply(&format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{pod-security.kubernetes.io/enforce: restricted, \
         pod-security.kubernetes.io/warn: restricted}}}}}}\n"
    ));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is real time")]
fn the_server_takes_every_case_and_a_release_lives_and_goes_without_a_trace() {
    let (Some(three), Some(four)) = (tool("helm-3"), tool("helm-4")) else { return };
    let began = Instant::now();
    let Some(cluster) = cluster() else { return };
    println!("a cluster, {:.1?}", began.elapsed());
    every_case_is_taken(&cluster);
    println!("every case, {:.1?}", began.elapsed());
    for (helm, name) in [(three, "helm-3"), (four.clone(), "helm-4")] {
        namespace(&cluster, name);
        lives(&Release { cluster: &cluster, helm, namespace: name });
        println!("installed, upgraded, rolled back and gone with {name}, {:.1?}", began.elapsed());
    }
    namespace(&cluster, "argo");
    lives_without_helm(&Release { cluster: &cluster, helm: four, namespace: "argo" });
    println!("applied, applied again and gone without Helm, {:.1?}", began.elapsed());
}

/// Fields that nobody knows are refused, and so are Pods that Pod Security would not let run.
fn every_case_is_taken(cluster: &Cluster) {
    namespace(cluster, "galley");
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let cases = rendered().unwrap_or_default();
    // A Pod is refused whose account is not there: accounts are really made.
    let all = cases.iter().flat_map(|(_, text)| objects(text));
    let accounts = all.filter(|object| at(object, "/kind") == "ServiceAccount");
    cluster.apply(&accounts.map(|account| format!("---\n{account}\n")).collect::<String>());
    for (case, text) in cases {
        let file = folder.path().join(&case.name);
        std::fs::write(&file, text).expect("it can be written");
        let file = file.display().to_string();
        let how = ["apply", "--server-side", "--dry-run=server", "--validate=strict"];
        let ran = cluster.kubectl(&[&how[..], &["--namespace=galley", "-f", &file]].concat());
        // Pods that a Deployment would make are not refused but warned of.
        assert!(!ran.err.contains("would violate PodSecurity"), "{}: {}", case.name, ran.err);
        ran.expect(&case.name);
    }
}

fn lives(release: &Release<'_>) {
    // As it was before this chart, and then this one with the values that it had: what is new has to do without.
    release.put_chart(&previous(), "install", "minimal", &[]);
    let old: Vec<Value> = uids(release, "persistentvolumeclaims");
    let chart = folder().display().to_string();
    let reused = ["--reuse-values", "--wait", "--timeout=120s"];
    release.helm("upgrade", &[&[chart.as_str()][..], &reused].concat()).expect("--reuse-values");
    assert_eq!(uids(release, "persistentvolumeclaims"), old, "folders stay");
    let jobs = release.get("jobs");
    assert_eq!(jobs.len(), 1, "the bootstrap Job is there");
    assert!(
        release
            .get("deployments")
            .iter()
            .all(|object| object["status"]["readyReplicas"].as_i64() > Some(0))
    );

    // The same again: the Job stays the one that it was.
    release.put("upgrade", "minimal", &[]);
    assert_eq!(release.get("jobs")[0]["metadata"]["uid"], jobs[0]["metadata"]["uid"]);

    // Whoever scales a kind is not overruled by an upgrade.
    release.put("upgrade", "keda", &[]);
    assert_eq!(release.get("scaledobjects.keda.sh").len(), 7);
    let scale = [
        "scale",
        "deployment/galley-agent-research",
        "--replicas=5",
        "--namespace",
        release.namespace,
    ];
    release.cluster.kubectl(&scale).expect("scale");
    release.put("upgrade", "keda", &["log=debug"]);
    assert_eq!(release.replicas("galley-agent-research"), 5);

    // A new kind: its queue is made by a new Job, in place of the old one.
    release.put("upgrade", "own-kinds", &["agents.fact-check.image.repository=fact-check"]);
    let renewed = release.get("jobs");
    assert_eq!(renewed.len(), 1);
    assert_ne!(renewed[0]["metadata"]["name"], jobs[0]["metadata"]["name"]);
    assert!(
        release
            .get("deployments")
            .iter()
            .any(|object| object["metadata"]["name"] == "galley-agent-fact-check")
    );

    release.helm("rollback", &["1", "--wait", "--timeout=120s"]).expect("rollback");
    assert_eq!(release.get("deployments").len(), 9);
    assert_eq!(release.get("jobs").len(), 1);

    release.helm("uninstall", &["--wait", "--timeout=120s"]).expect("uninstall");
    nothing_is_left(release);
}

fn uids(release: &Release<'_>, what: &str) -> Vec<Value> {
    release.get(what).iter().map(|object| object["metadata"]["uid"].clone()).collect()
}

/// As Argo CD does it: what Helm renders is applied, and applied again; Helm knows of no release.
fn lives_without_helm(release: &Release<'_>) {
    let chart = folder();
    let values = chart.join("ci/minimal-values.yaml");
    let (chart, values) = (chart.display().to_string(), values.display().to_string());
    let rendered = release.helm("template", &[&chart, "--values", &values, "--skip-tests"]);
    let text = rendered.expect("template");
    release.cluster.apply(&text);
    let in_time = ["--all", "--timeout=120s", "--namespace", release.namespace];
    let ready = ["wait", "--for=condition=Available", "deployment"];
    release.cluster.kubectl(&[&ready[..], &in_time].concat()).expect("everything is ready");
    let done = ["wait", "--for=condition=Complete", "job"];
    release.cluster.kubectl(&[&done[..], &in_time].concat()).expect("the bus is made ready");
    let before = ["deployments", "jobs"].map(|what| uids(release, what));
    let generations = |what: &Value| what["metadata"]["generation"].clone();
    let old: Vec<Value> = release.get("deployments").iter().map(generations).collect();
    release.cluster.apply(&text);
    assert_eq!(["deployments", "jobs"].map(|what| uids(release, what)), before);
    let new: Vec<Value> = release.get("deployments").iter().map(generations).collect();
    assert_eq!(new, old, "nothing differs the second time");
    release.cluster.remove(&text);
    nothing_is_left(release);
}

fn nothing_is_left(release: &Release<'_>) {
    let kinds = "deployments,jobs,configmaps,secrets,serviceaccounts,services,networkpolicies,poddisruptionbudgets,\
                 persistentvolumeclaims,scaledobjects.keda.sh,horizontalpodautoscalers,roles,rolebindings";
    let left: Vec<String> = release
        .get(kinds)
        .iter()
        .map(|object| format!("{} {}", object["kind"], object["metadata"]["name"]))
        .filter(|left| !left.contains("kube-root-ca.crt") && !left.contains("\"default\""))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}
