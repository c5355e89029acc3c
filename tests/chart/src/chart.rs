//! The chart, its value files, and what they render to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::tools::{root, run, tool};

/// The Kubernetes that renders are for.
pub const KUBERNETES: &str = "1.37.2";

/// A value file of `helm/galley/ci`.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, without the ending.
    pub name: String,
    /// Where it is.
    pub values: PathBuf,
}

/// The chart's folder.
#[must_use]
pub fn folder() -> PathBuf {
    root().join("helm/galley")
}

/// Every value file, sorted.
#[must_use]
pub fn cases() -> Vec<Case> {
    let files = fs::read_dir(folder().join("ci")).expect("the chart has value files");
    let files = files.map(|file| file.expect("it is readable").path());
    let case = |values: PathBuf| {
        let name = values.file_name()?.to_str()?.strip_suffix("-values.yaml")?.to_owned();
        Some(Case { name, values })
    };
    let mut cases: Vec<Case> = files.filter_map(case).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// Every case with what Helm 4 makes of it, rendered once; none when Helm cannot be had here and need not be.
#[must_use]
pub fn rendered() -> Option<&'static [(Case, String)]> {
    static RENDERED: OnceLock<Option<Vec<(Case, String)>>> = OnceLock::new();
    let render_all = || {
        let helm = tool("helm-4")?;
        let with_text = |case: Case| {
            let text = render(&helm, &case.values).expect(&case.name);
            (case, text)
        };
        Some(cases().into_iter().map(with_text).collect())
    };
    RENDERED.get_or_init(render_all).as_deref()
}

/// The chart as it was before this one, packaged: what people upgrade from.
#[must_use]
pub fn previous() -> PathBuf {
    let folder = root().join("tests/chart/previous");
    let mut files = fs::read_dir(folder).expect("the previous chart is kept");
    files.next().expect("it is one").expect("it is readable").path()
}

/// What Helm makes of values, as text.
///
/// # Errors
/// What Helm says against them.
pub fn render(helm: &Path, values: &Path) -> Result<String, String> {
    render_of(&folder(), helm, values)
}

/// The same of another chart.
///
/// # Errors
/// What Helm says against them.
pub fn render_of(chart: &Path, helm: &Path, values: &Path) -> Result<String, String> {
    let args = [
        "template".as_ref(),
        "galley".as_ref(),
        chart.as_os_str(),
        "--namespace=galley".as_ref(),
        "--kube-version".as_ref(),
        KUBERNETES.as_ref(),
        // What a cluster with the Prometheus operator says of itself.
        "--api-versions=monitoring.coreos.com/v1".as_ref(),
        "--values".as_ref(),
        values.as_os_str(),
    ];
    let ran = run(helm, &args);
    if !ran.ok {
        return Err(ran.err);
    }
    // Helm 4 leaves a line free behind an object, Helm 3 does not.
    let objects: Vec<&str> = ran.out.split("\n---\n").map(str::trim_end).collect();
    Ok(objects.join("\n---\n") + "\n")
}

/// The objects of a rendered text.
#[must_use]
pub fn objects(text: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").filter(|text| text.contains("kind:"));
    let object = |text| serde_saphyr::from_str::<Value>(text).expect("what Helm renders is YAML");
    documents.map(object).collect()
}

/// What stands at a path such as `/spec/replicas`, as text; empty where there is nothing.
#[must_use]
pub fn at<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}
