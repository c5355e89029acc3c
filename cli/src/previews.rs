//! What a dry run would have written, as files in the state folder: for people to look at.

use std::path::PathBuf;

use galley_schemas::artifact::ArtifactRef;
use galley_schemas::view::Status;
use serde_json::Value;

use crate::assemble::House;
use crate::render::ended::listed;

/// Writes what each target would have got to a file of its own.
///
/// # Errors
/// What keeps it from being read or written.
pub(crate) async fn keep(house: &House, found: &Status) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for preview in listed(found, "previews") {
        let target = preview.get("target").and_then(Value::as_str).unwrap_or_default();
        let shows = preview.get("shows").cloned().unwrap_or_default();
        let Ok(shows) = serde_json::from_value::<ArtifactRef>(shows) else { continue };
        let bytes = house.bus.artifacts.get(&shows.sha256).await?;
        let value: Value = serde_json::from_slice(&bytes)?;
        let folder = house.common.state.join("previews");
        std::fs::create_dir_all(&folder)?;
        // A name of a target is letters, digits and dashes.
        let path = folder.join(format!("{}-{target}.json", found.view.goal));
        std::fs::write(&path, format!("{value:#}\n"))?;
        paths.push(path);
    }
    Ok(paths)
}
