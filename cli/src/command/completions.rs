//! `galley completions`.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::failure::Exit;
use crate::out;

pub(crate) fn print(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "galley", &mut script);
    out::text(&String::from_utf8_lossy(&script));
    Exit::Done
}
