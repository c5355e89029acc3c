//! What NATS promises beyond the contract: what it refuses to work with and how it says so, making a
//! server ready, working without the right to make anything, connections and servers that are lost.

mod nats_beyond {
    // The first two wait for what takes its time; the others run meanwhile.
    mod alarms;
    mod cluster;
    mod connect;
    mod init;
    mod rights;
    mod running;

    use galley_bus_core::BoxError;
    use galley_bus_core::topology::Topology;
    use galley_bus_nats::{Config, Nats, Wanted};
    use galley_schemas::id::AgentKind;
    use galley_tests_contract::nats_server::NatsServer;

    fn config(server: &NatsServer) -> Config {
        Config { servers: vec![server.url().to_owned()], ..Config::default() }
    }

    fn wanted() -> Wanted {
        Wanted { topology: Topology::of(&[kind()]), replicas: 1 }
    }

    fn kind() -> AgentKind {
        "research".parse().expect("a kind")
    }

    /// Makes the server ready.
    async fn init(config: &Config) -> Result<Nats, BoxError> {
        let nats = Nats::connect(config).await?;
        nats.apply(&nats.plan(&wanted()).await?).await?;
        Ok(nats)
    }
}
