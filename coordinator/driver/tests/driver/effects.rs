//! How an outside write stands, when reports about it come late or twice.

use galley_schemas::artifact::Digest;
use galley_schemas::id::EffectKey;
use galley_schemas::record::Event;
use galley_schemas::report::{Body, Intent, Settlement, Verdict};
use serde_json::json;

use crate::agents::take;
use crate::world::World;

fn intends() -> Body {
    let intent = Intent {
        key: EffectKey::new("post"),
        target: "test".to_owned(),
        content: Digest::of(b"content"),
        summary: "post it".to_owned(),
    };
    Body::EffectIntent { intent }
}

fn settles(settlement: Settlement) -> Body {
    Body::EffectSettled { key: EffectKey::new("post"), settlement }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_copy_does_not_settle_what_was_announced_again() {
    let mut world = World::new().await;
    world.coordinators(2);
    let goal = world.submit("posting", "late copies").await;
    let (agent, offer, _delivery) = take(&world, "poster", &goal).await;
    let not_done = || settles(Settlement::NotDone { reason: "refused".to_owned() });
    let done = settles(Settlement::Done { receipt: json!("post-1") });
    for (id, body) in [
        ("intent-1", intends()),
        ("settled-1", not_done()),
        ("intent-2", intends()),
        // Held up on its way since the first time.
        ("settled-1", not_done()),
        ("settled-2", done),
    ] {
        assert_eq!(agent.report_as(id, &offer, body).await, Verdict::Accepted, "{id}");
    }
    let settled: Vec<bool> = world
        .events(&goal)
        .await
        .iter()
        .filter_map(|event| match event {
            Event::EffectSettled { settlement, .. } => {
                Some(matches!(settlement, Settlement::Done { .. }))
            }
            _ => None,
        })
        .collect();
    assert_eq!(settled, [false, true], "the write that happened is known to have happened");
    let again = agent.report_as("intent-3", &offer, intends()).await;
    assert!(matches!(again, Verdict::AlreadyDone { .. }), "{again:?}");
    world.end().await;
}
