//! The `galley` binary, as a user runs it.

use std::path::PathBuf;
use std::process::Command;

/// The binary of this build. `cargo test --workspace` has made it; when only this crate's tests were
/// built, it is made now.
#[must_use]
pub fn binary() -> PathBuf {
    // Tests lie in `target/<profile>/deps`, the binary beside that folder.
    let test = std::env::current_exe().expect("a test knows where it lies");
    let profile = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
    let binary = profile.join("galley");
    if !binary.exists() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--package", "galley-cli", "--bin", "galley", "--target-dir"])
            .arg(profile.parent().expect("a profile lies in the target folder"))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the binary was not built");
    }
    binary
}

/// The binary with a state folder of its own and nothing of the surroundings that would change what
/// it does.
#[must_use]
pub fn command(state: &std::path::Path) -> Command {
    let mut command = Command::new(binary());
    for name in [
        "GALLEY_MODEL_URL",
        "GALLEY_MODEL",
        "GALLEY_MODEL_KEY",
        "GALLEY_MODEL_KEY_FILE",
        "ANTHROPIC_API_KEY",
        "GALLEY_CONFIG",
        "GALLEY_LOG",
    ] {
        command.env_remove(name);
    }
    command.env("GALLEY_STATE", state).env("NO_COLOR", "1");
    command
}
