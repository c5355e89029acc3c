//! `galley agent list`.

use crate::args::Common;
use crate::assemble::cards;
use crate::failure::Exit;
use crate::out;

pub(crate) fn list(common: &Common) -> Exit {
    for card in cards().values() {
        if common.json {
            out::line(&serde_json::json!(card).to_string());
        } else {
            let effects = if card.effects { "  (writes to the outside world)" } else { "" };
            out::line(&format!("{:<12} {}{effects}", card.kind.to_string(), card.summary));
        }
    }
    Exit::Done
}
