//! The embedded bus under the contract, and what it promises beyond it.

use std::path::PathBuf;
use std::sync::Arc;

use galley_bus_core::clock::SystemClock;
use galley_bus_core::topology::Stream;
use galley_bus_core::{BoxError, Bus};
use galley_bus_embedded::Embedded;
use galley_tests_contract::{Harness, Outcome, suite};
use tempfile::TempDir;

/// A file in a folder of its own. The first that has it open is this process; the others stand for
/// other processes: they share nothing but the file.
struct OneFile {
    folder: TempDir,
    streams: Vec<Stream>,
    open: Vec<Embedded>,
}

impl OneFile {
    fn path(&self) -> PathBuf {
        self.folder.path().join("galley.db")
    }

    async fn open_again(&mut self) -> Outcome {
        let streams = self.streams.clone();
        self.open.push(Embedded::open_with(self.path(), Arc::new(SystemClock), streams).await?);
        Ok(())
    }
}

impl Harness for OneFile {
    async fn open(streams: Vec<Stream>) -> Result<Self, BoxError> {
        let mut file = Self { folder: tempfile::tempdir()?, streams, open: Vec::new() };
        file.open_again().await?;
        Ok(file)
    }

    fn bus(&self) -> Bus {
        self.open.first().expect("it is open from the start").bus()
    }

    async fn other(&mut self) -> Result<Bus, BoxError> {
        self.open_again().await?;
        Ok(self.open.last().expect("just opened").bus())
    }

    async fn crash(&mut self) -> Outcome {
        self.open.clear();
        self.open_again().await
    }
}

suite!(OneFile);
