//! `galley relay --retire`: the log no longer waits for a relay.

use galley_bus_core::feedback::cursor::forget;
use galley_schemas::feedback::Cursor;
use galley_schemas::subject::RELAY_KEY;
use galley_schemas::subject::bucket::FEEDBACK;
use serde_json::json;

use crate::args::Common;
use crate::assemble::House;
use crate::failure::Exit;
use crate::out;

/// Takes the relay's place in the log away: what it has not carried is no longer kept for it.
pub(crate) async fn retire(common: &Common) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let kept = house.bus.kv.get(FEEDBACK, RELAY_KEY).await?;
    let is_there = kept.is_some();
    if is_there {
        forget(&*house.bus.kv, RELAY_KEY).await?;
    }
    // A place that cannot be read holds the log back as any.
    let cursor = kept.and_then(|entry| serde_json::from_slice::<Cursor>(&entry.value).ok());
    if common.json {
        out::json(&json!({ "retired": is_there, "cursor": cursor }));
    } else if is_there {
        let carried = cursor.map(|it| format!(", which carried {} facts", it.carried));
        let carried = carried.unwrap_or_default();
        out::note(format!("the log no longer waits for the relay{carried}"));
    } else {
        out::note("no relay holds the log back: there is none to retire");
    }
    house.close().await?;
    Ok(Exit::Done)
}
