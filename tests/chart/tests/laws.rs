//! What holds for every object of every value file, whatever is set: how Pods are contained, and that nothing points at what is not there.

use std::collections::BTreeSet;

use galley_tests_chart::chart::{at, objects, rendered};
use serde_json::Value;

/// Every case's objects.
fn renders() -> impl Iterator<Item = (&'static str, Vec<Value>)> {
    let all = rendered().unwrap_or_default().iter();
    all.map(|(case, text)| (case.name.as_str(), objects(text)))
}

/// The `spec` of the Pods that an object makes, with the Pods' labels.
fn pod(object: &Value) -> Option<(&Value, &Value)> {
    let template = match at(object, "/kind") {
        "Deployment" | "Job" => object.pointer("/spec/template")?,
        "Pod" => object,
        _ => return None,
    };
    Some((template.get("spec")?, template.pointer("/metadata/labels")?))
}

fn is(value: &Value, path: &str, wanted: impl Into<Value>) -> bool {
    value.pointer(path) == Some(&wanted.into())
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What is wrong with a Pod's `spec`, in words.
fn faults(spec: &Value) -> Vec<&'static str> {
    let mut laws = vec![
        ("a token of Kubernetes", is(spec, "/automountServiceAccountToken", false)),
        ("every service's address in its environment", is(spec, "/enableServiceLinks", false)),
        ("root", is(spec, "/securityContext/runAsNonRoot", true)),
        ("every system call", is(spec, "/securityContext/seccompProfile/type", "RuntimeDefault")),
        (
            "the namespace's own account",
            !["", "default"].contains(&at(spec, "/serviceAccountName")),
        ),
        (
            "the node",
            ["/hostNetwork", "/hostPID", "/hostIPC"].iter().all(|path| !is(spec, path, true)),
        ),
        ("a folder of the node", !spec.to_string().contains("hostPath")),
        (
            "secrets in its environment",
            !spec.to_string().contains("secretKeyRef") && !spec.to_string().contains("secretRef"),
        ),
    ];
    for container in list(spec, "/containers").iter().chain(list(spec, "/initContainers")) {
        laws.extend([
            ("rights that grow", is(container, "/securityContext/allowPrivilegeEscalation", false)),
            (
                "a root that it can write",
                is(container, "/securityContext/readOnlyRootFilesystem", true),
            ),
            (
                "capabilities",
                list(container, "/securityContext/capabilities/drop") == [Value::from("ALL")],
            ),
            ("memory without end", container.pointer("/resources/limits/memory").is_some()),
            ("nothing asked for", container.pointer("/resources/requests/cpu").is_some()),
            (
                "disk without end",
                container.pointer("/resources/limits/ephemeral-storage").is_some(),
            ),
        ]);
    }
    laws.into_iter().filter(|(_, holds)| !holds).map(|(has, _)| has).collect()
}

#[test]
fn every_pod_is_contained() {
    let mut seen = 0;
    for (case, objects) in renders() {
        for object in &objects {
            let Some((spec, _)) = pod(object) else { continue };
            // What a person adds is that person's.
            if at(object, "/metadata/labels/app.kubernetes.io~1part-of") != "galley" {
                continue;
            }
            seen += 1;
            let name = at(object, "/metadata/name");
            assert_eq!(faults(spec), Vec::<&str>::new(), "{case}: {name} has");
        }
    }
    assert!(seen == 0 || seen > 100, "{seen} Pods");
}

#[test]
fn every_role_that_answers_is_asked() {
    for (case, objects) in renders() {
        for object in objects.iter().filter(|object| at(object, "/kind") == "Deployment") {
            for container in list(object, "/spec/template/spec/containers") {
                let answers = !list(container, "/ports").is_empty();
                for (probe, path) in [
                    ("startupProbe", "/healthz"),
                    ("livenessProbe", "/healthz"),
                    ("readinessProbe", "/readyz"),
                ] {
                    let asked = at(container, &format!("/{probe}/httpGet/path"));
                    assert_eq!(
                        asked,
                        if answers { path } else { "" },
                        "{case}: {}",
                        at(object, "/metadata/name")
                    );
                }
            }
        }
    }
}

/// Whether labels are all among others.
fn selects(labels: &Value, pod: &Value) -> bool {
    let wanted = labels.as_object().expect("labels are a map");
    !wanted.is_empty() && wanted.iter().all(|(name, value)| pod.get(name) == Some(value))
}

#[test]
fn every_selector_finds_pods_and_every_reference_an_object() {
    for (case, objects) in renders() {
        let pods: Vec<&Value> = objects.iter().filter_map(pod).map(|(_, labels)| labels).collect();
        let named = |kind: &str| -> BTreeSet<&str> {
            let of_kind = objects.iter().filter(|object| at(object, "/kind") == kind);
            of_kind.map(|object| at(object, "/metadata/name")).collect()
        };
        let (deployments, configs) = (named("Deployment"), named("ConfigMap"));
        for object in &objects {
            let what = format!("{case}: {} {}", at(object, "/kind"), at(object, "/metadata/name"));
            let selector = match at(object, "/kind") {
                "NetworkPolicy" => object.pointer("/spec/podSelector/matchLabels"),
                "PodDisruptionBudget" | "PodMonitor" | "Deployment" => {
                    object.pointer("/spec/selector/matchLabels")
                }
                "Service" => object.pointer("/spec/selector"),
                _ => None,
            };
            if let Some(selector) = selector {
                assert!(pods.iter().any(|pod| selects(selector, pod)), "{what} selects nothing");
            }
            if ["HorizontalPodAutoscaler", "ScaledObject"].contains(&at(object, "/kind")) {
                let target = at(object, "/spec/scaleTargetRef/name");
                assert!(deployments.contains(target), "{what} scales nothing");
                let scaled = objects.iter().find(|other| {
                    at(other, "/kind") == "Deployment" && at(other, "/metadata/name") == target
                });
                assert!(
                    scaled.is_some_and(|scaled| scaled.pointer("/spec/replicas").is_none()),
                    "{what}: two say how many"
                );
            }
            for volume in pod(object).iter().flat_map(|(spec, _)| list(spec, "/volumes")) {
                let config = at(volume, "/configMap/name");
                assert!(config.is_empty() || configs.contains(config), "{what} reads {config}");
            }
        }
    }
}

#[test]
fn every_file_that_a_configuration_names_is_mounted() {
    let mut seen = 0;
    for (case, objects) in renders() {
        for object in &objects {
            let Some((spec, _)) = pod(object) else { continue };
            let mounts = list(spec, "/containers/0/volumeMounts")
                .iter()
                .map(|mount| at(mount, "/mountPath"));
            let mounts: Vec<&str> = mounts.collect();
            let config = list(spec, "/volumes").iter().map(|volume| at(volume, "/configMap/name"));
            let configs: Vec<&str> = config.filter(|name| !name.is_empty()).collect();
            for file in objects.iter().filter(|other| {
                at(other, "/kind") == "ConfigMap" && configs.contains(&at(other, "/metadata/name"))
            }) {
                let text = at(file, "/data/galley.yaml");
                for path in text.split_whitespace().filter(|word| word.starts_with("/etc/galley/"))
                {
                    seen += 1;
                    let (folder, _) = path.rsplit_once('/').expect("a path has a folder");
                    assert!(
                        mounts.contains(&folder),
                        "{case}: {} names {path}",
                        at(object, "/metadata/name")
                    );
                }
            }
        }
    }
    assert!(seen == 0 || seen > 50, "{seen} files");
}
