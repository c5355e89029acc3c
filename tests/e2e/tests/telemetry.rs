//! What operators see: one trace a goal, log lines in it, and probes that tell the truth.

use std::collections::{BTreeMap, BTreeSet};

use galley_tests_e2e::Place;
use galley_tests_e2e::nats::Role;
use galley_tests_support::collector::{Collector, Span};
use galley_tests_support::http::get;
use galley_tests_support::model_server::{Answer, ModelServer};

/// `galley up` that tells this collector.
fn up(place: &Place, collector: &Collector, more: &[(&str, &str)]) -> Role {
    let mut command = place.command(&["up", "--listen", "127.0.0.1:0", "--out"]);
    command.arg(place.site());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    command.env("OTEL_BSP_SCHEDULE_DELAY", "50");
    command.envs(more.iter().copied());
    Role::start(command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_goal_is_one_trace_from_its_submission_to_its_end() {
    let (place, collector) = (Place::new(), Collector::start().await);
    let model = ModelServer::start([], Answer::BySchema).await;
    let env = [("GALLEY_MODEL_URL", model.url()), ("GALLEY_MODEL", "m")];
    let up = up(&place, &collector, &env);
    let goal = place.submit(&["How coffee is roasted", "--autonomous"]);
    let _ended = place.run(&["watch", &goal]).success();
    assert_eq!(up.process.terminate(), Some(0));

    let trace = goal.replace('-', "");
    let spans: Vec<Span> = collector.spans().into_iter().filter(|s| s.trace == trace).collect();
    let roots: Vec<&Span> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.len(), 1, "{roots:#?}");
    let root = roots[0];
    assert_eq!((root.name.as_str(), root.id.as_str()), ("goal", &trace[16..]));
    assert_eq!(root.attributes["galley.ending"], "succeeded");

    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let adrift: Vec<&Span> = spans
        .iter()
        .filter(|span| !span.parent.is_empty() && !ids.contains(span.parent.as_str()))
        .collect();
    assert!(adrift.is_empty(), "these hang below nothing: {adrift:#?}");

    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    spans.iter().for_each(|span| *names.entry(&span.name).or_default() += 1);
    for kind in ["ingestion", "ideation", "research", "drafting", "seo", "review", "publishing"] {
        let name = format!("process galley.task.{kind}");
        assert!(names.contains_key(name.as_str()), "no {name} in {names:?}");
    }
    assert!(names["decide"] >= 7, "{names:?}");
    let chat = spans.iter().find(|span| span.name == "chat m").expect("a model was called");
    assert_eq!(chat.attributes["gen_ai.operation.name"], "chat");
    assert!(chat.attributes["gen_ai.usage.input_tokens"].parse::<u64>().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_lines_stand_in_the_trace_of_their_goal() {
    let (place, collector) = (Place::new(), Collector::start().await);
    let up = up(&place, &collector, &[]);
    let goal = place.submit(&["How coffee is roasted", "--autonomous"]);
    let _ended = place.run(&["watch", &goal]).success();
    assert_eq!(up.process.terminate(), Some(0));
    let trace = goal.replace('-', "");
    let logs = collector.logs();
    assert!(logs.iter().any(|(of, _)| *of == trace), "none of {} lines is in it", logs.len());
    assert!(logs.iter().any(|(of, text)| of.is_empty() && text.contains("coordinator starts")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_and_meters_tell_how_a_process_stands() {
    let (place, collector) = (Place::new(), Collector::start().await);
    let up = up(&place, &collector, &[]);
    for probe in ["healthz", "readyz"] {
        assert_eq!(get(&format!("{}/{probe}", up.probes)).await.0, 200, "{probe}");
    }
    let goal = place.submit(&["How coffee is roasted", "--autonomous"]);
    let _ended = place.run(&["watch", &goal]).success();
    let (status, meters) = get(&format!("{}/metrics", up.probes)).await;
    assert_eq!(status, 200);
    for line in [
        r#"galley_goals_ended_total{code="",ending="succeeded",role="up"} 1"#,
        r#"galley_tasks_offered_total{kind="publishing",role="up"} 1"#,
        r#"galley_process_state{state="draining",role="up"} 0"#,
    ] {
        assert!(meters.lines().any(|told| told == line), "no {line} in\n{meters}");
    }
    assert_eq!(up.process.terminate(), Some(0));
}
