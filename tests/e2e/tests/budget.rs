//! A budget that is too small ends the goal with a code, and nothing is published.

use std::fs;

use galley_tests_e2e::{Place, Ran};
use galley_tests_support::model_server::{Answer, ModelServer};

/// A model of which a call costs 0.02 dollars: 100 tokens read and 20 written.
const CONFIG: &str = "model: { prices: { scripted: { input_usd: 100, output_usd: 500 } } }";

#[tokio::test]
async fn a_budget_in_money_admits_no_call_once_it_is_used_up() {
    for budget in ["0", "0.01", "0.03"] {
        let server = ModelServer::start([], Answer::BySchema).await;
        let place = Place::new();
        fs::write(place.path("galley.yaml"), CONFIG).unwrap();
        let config = place.path("galley.yaml");
        let mut command = place.command(&[
            "--config",
            config.to_str().unwrap(),
            "run",
            "How coffee is roasted",
            "--words",
            "300",
            "--budget",
            budget,
        ]);
        command.env("GALLEY_MODEL_URL", server.url());
        let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let ran = Ran::from(ran).exits(1);
        let told = ran.err();
        assert!(told.contains("GLY0161") || told.contains("GLY0308"), "{budget}: {told}");
        let shown = place.run(&["show", "--json"]).success().json_lines();
        let micros = |of: &str| shown.first().unwrap()[of]["usd_micros"].as_u64().unwrap();
        let (spent, limit) = (micros("spent"), micros("budget"));
        assert!(spent <= limit, "{budget}: {spent} of {limit}");
        assert!(place.posts().is_empty(), "{budget}");
        assert!(place.run(&["doctor"]).success().out().contains("nothing is stuck"));
    }
}
