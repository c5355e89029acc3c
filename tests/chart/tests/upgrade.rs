//! From the chart before this one: whatever values it took, this one takes, and what Kubernetes lets nobody change stays as it was.

use std::collections::BTreeMap;

use galley_tests_chart::chart::{Case, at, cases, objects, previous, render, render_of};
use galley_tests_chart::tools::tool;
use serde_json::Value;

/// The objects by kind and name.
fn named(text: &str) -> BTreeMap<String, Value> {
    let name = |object: &Value| format!("{} {}", at(object, "/kind"), at(object, "/metadata/name"));
    objects(text).into_iter().map(|object| (name(&object), object)).collect()
}

/// What cannot be changed of an object of a kind.
fn fixed(kind: &str) -> &'static [&'static str] {
    match kind {
        "Deployment" => &["/spec/selector"],
        "Job" => &["/spec/template"],
        "PersistentVolumeClaim" => {
            &["/spec/accessModes", "/spec/storageClassName", "/spec/resources"]
        }
        "Service" => &["/spec/clusterIP"],
        _ => &[],
    }
}

/// The cases whose values the chart before this one takes, with what it makes of them.
fn taken_before() -> Option<Vec<(Case, String)>> {
    let helm = tool("helm-4")?;
    let before = previous();
    let render = |case: Case| render_of(&before, &helm, &case.values).ok().map(|text| (case, text));
    Some(cases().into_iter().filter_map(render).collect())
}

#[test]
fn this_chart_comes_after_the_one_that_is_kept() {
    let Some(helm) = tool("helm-4") else { return };
    let version = |text: &str| {
        let label = "helm.sh/chart: galley-";
        let line = text.lines().find_map(|line| line.trim().strip_prefix(label));
        let parts = line.unwrap_or_default().split('.').map(|part| part.parse::<u32>());
        parts.collect::<Result<Vec<u32>, _>>().expect("a version is three numbers")
    };
    let smallest = cases().into_iter().find(|case| case.name == "minimal").expect("it is there");
    let old = render_of(&previous(), &helm, &smallest.values).expect("it takes the smallest");
    let new = render(&helm, &smallest.values).expect("this one does");
    assert!(version(&new) > version(&old), "the chart's version is the one of the kept one");
}

#[test]
fn what_the_chart_before_took_is_upgraded_in_place() {
    let (Some(before), Some(helm)) = (taken_before(), tool("helm-4")) else { return };
    assert!(before.len() >= 16, "{} cases", before.len());
    for (case, old) in before {
        let new = render(&helm, &case.values).expect(&case.name);
        let (old, new) = (named(&old), named(&new));
        for (name, old) in old {
            let Some(new) = new.get(&name) else {
                assert!(name.starts_with("Job "), "{}: {name} is gone", case.name);
                continue;
            };
            for path in fixed(at(&old, "/kind")) {
                let (old, new) = (old.pointer(path), new.pointer(path));
                assert_eq!(old, new, "{}: {path} of {name}", case.name);
            }
        }
    }
}
