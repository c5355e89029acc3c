//! The checkers that platform engineers hold charts to, over every value file.

use std::fs;
use std::path::{Path, PathBuf};

use galley_tests_chart::chart::{cases, folder, render};
use galley_tests_chart::schemas;
use galley_tests_chart::tools::{root, run, source, tool};
use tempfile::TempDir;

/// Every case, rendered into a file of its own.
fn rendered(helm: &Path) -> TempDir {
    let into = tempfile::tempdir().expect("there is room for a folder");
    for case in cases() {
        let text = render(helm, &case.values).expect(&case.name);
        fs::write(into.path().join(format!("{}.yaml", case.name)), text)
            .expect("it can be written");
    }
    into
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("it is there");
    files.map(|file| file.expect("it is readable").path()).collect()
}

#[test]
fn lint_has_nothing_to_say() {
    let Some(helm) = tool("helm-4") else { return };
    for case in cases() {
        let chart = folder();
        let args = ["lint".as_ref(), chart.as_os_str(), "--strict".as_ref(), "--quiet".as_ref()];
        let values = ["--values".as_ref(), case.values.as_os_str()];
        let ran = run(&helm, &[&args[..], &values[..]].concat());
        ran.expect(&case.name);
    }
}

#[test]
fn every_object_fits_the_schema_of_its_kind_on_the_oldest_and_the_newest_kubernetes() {
    let (Some(helm), Some(check)) = (tool("helm-4"), tool("kubeconform")) else { return };
    let names = ["kubernetes-oldest", "kubernetes-newest", "keda", "prometheus-operator"];
    let [Some(oldest), Some(newest), Some(keda), Some(operator)] = names.map(source) else {
        return;
    };
    let rendered = rendered(&helm);
    let schemas = tempfile::tempdir().expect("there is room for a folder");
    for (version, sources) in [("oldest", oldest), ("newest", newest)] {
        let into = schemas.path().join(version);
        schemas::kubernetes(&sources, &into);
        schemas::custom(&keda.join("config/crd/bases"), &into);
        schemas::custom(&operator.join("example/prometheus-operator-crd"), &into);
        let template = format!(
            "{}/{{{{.Group}}}}_{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
            into.display()
        );
        let args = [
            "-strict",
            "-summary",
            "-schema-location",
            &template,
            &rendered.path().display().to_string(),
        ];
        let said = run(&check, &args).expect(version);
        assert!(said.contains("Invalid: 0, Errors: 0, Skipped: 0"), "{said}");
        println!("kubeconform, {version}: {}", said.trim());
    }
}

#[test]
fn kube_linter_finds_nothing_that_is_not_explained() {
    let (Some(helm), Some(linter)) = (tool("helm-4"), tool("kube-linter")) else { return };
    let rendered = rendered(&helm);
    let config = root().join("tests/chart/kube-linter.yaml");
    let args =
        ["lint".as_ref(), rendered.path().as_os_str(), "--config".as_ref(), config.as_os_str()];
    run(&linter, &args).expect("kube-linter");
}

#[test]
fn kube_score_finds_nothing_that_is_not_explained() {
    let (Some(helm), Some(score)) = (tool("helm-4"), tool("kube-score")) else { return };
    let rendered = rendered(&helm);
    let mut args = vec!["score", "--kubernetes-version", "v1.30", "--output-format", "ci"];
    let left_out =
        fs::read_to_string(root().join("tests/chart/kube-score.txt")).expect("it is there");
    for test in left_out.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        args.extend(["--ignore-test", test]);
    }
    for file in files(rendered.path()) {
        let file = file.display().to_string();
        run(&score, &[&args[..], &[&file]].concat()).expect(&file);
    }
}

#[test]
fn the_templates_unit_tests_pass() {
    let Some(unit) = tool("helm-unittest") else { return };
    let chart = folder();
    let said = run(&unit, &["--strict".as_ref(), chart.as_os_str()])
        .expect("the unit tests of the templates");
    println!("{}", said.trim());
}

#[test]
fn the_readme_shows_every_value() {
    let Some(docs) = tool("helm-docs") else { return };
    let chart = root().join("helm");
    let args = [
        "--dry-run".as_ref(),
        "--chart-search-root".as_ref(),
        chart.as_os_str(),
        "--log-level=error".as_ref(),
    ];
    let made = run(&docs, &args).expect("helm-docs");
    let readme = folder().join("README.md");
    let there = fs::read_to_string(&readme).unwrap_or_default();
    if there.trim() != made.trim() {
        assert!(is_update(), "helm/galley/README.md is stale; UPDATE_GOLDEN=1 writes it");
        fs::write(readme, format!("{}\n", made.trim())).expect("it can be written");
    }
}

#[expect(clippy::disallowed_methods, reason = "how goldens are written, a person says")]
fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}
