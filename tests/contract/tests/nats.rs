//! The contract, held against NATS JetStream: a real server for each law, killed where a law speaks of a
//! crash.

use galley_bus_core::topology::{Stream, Topology};
use galley_bus_core::{BoxError, Bus};
use galley_bus_nats::{Config, Missing, Nats, Wanted};
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Harness, Outcome, suite};

/// A server of its own. Each connection stands for a process.
struct RealServer {
    streams: Vec<Stream>,
    open: Vec<Nats>,
    server: NatsServer,
}

impl RealServer {
    async fn connect(&mut self) -> Outcome {
        let servers = vec![self.server.url().to_owned()];
        let config = Config { servers, missing: Missing::Create, ..Config::default() };
        self.open.push(Nats::connect_with(&config, self.streams.clone()).await?);
        Ok(())
    }
}

impl Harness for RealServer {
    async fn open(streams: Vec<Stream>) -> Result<Self, BoxError> {
        let server = NatsServer::start(WriteDisk::Always).await?;
        let mut real = Self { streams: streams.clone(), open: Vec::new(), server };
        real.connect().await?;
        let nats = real.open.first().ok_or("just connected")?;
        // Consumers and buckets are made when they are used: each law has its own.
        let topology = Topology { streams, consumers: Vec::new(), buckets: Vec::new() };
        let wanted = Wanted { topology, replicas: 1 };
        nats.apply(&nats.plan(&wanted).await?).await?;
        Ok(real)
    }

    fn bus(&self) -> Bus {
        self.open.first().expect("it is connected from the start").bus()
    }

    async fn other(&mut self) -> Result<Bus, BoxError> {
        self.connect().await?;
        Ok(self.open.last().expect("just connected").bus())
    }

    async fn crash(&mut self) -> Outcome {
        self.open.clear();
        self.server.kill()?;
        self.server.start_again().await?;
        self.connect().await
    }
}

suite!(RealServer);
