//! The real servers: where they are found, how they are set, and the binary of Galley.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;
use galley_tests_support::services::set;

/// Why there can be no run here.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Absent(pub String);

/// A script of `deploy/services`.
pub(crate) fn script(name: &str) -> PathBuf {
    root().join("deploy/services").join(name)
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders down")
}

/// The programs that a run needs.
#[derive(Debug, Clone)]
pub struct Servers {
    pub(crate) nats: PathBuf,
    /// Galley itself, with Kafka.
    pub(crate) galley: PathBuf,
}

/// Finds NATS, Kafka and Galley, and makes them if they can be made.
///
/// # Errors
/// [`Absent`] with what to install.
pub fn find() -> Result<Servers, Absent> {
    let nats = nats()?;
    output(Command::new(script("kafka")).arg("install").output())?;
    Ok(Servers { nats, galley: galley()? })
}

/// The server of NATS, made if it can be.
pub(crate) fn nats() -> Result<PathBuf, Absent> {
    output(Command::new(script("nats-server")).output()).map(PathBuf::from)
}

fn output(ran: std::io::Result<std::process::Output>) -> Result<String, Absent> {
    let ran = ran.map_err(|error| Absent(error.to_string()))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if ran.status.success() { Ok(said(&ran.stdout)) } else { Err(Absent(said(&ran.stderr))) }
}

/// The binary of Galley with Kafka: the one that `GALLEY_BIN` names, or that of the same profile as
/// this program. One that is there and has Kafka is taken as it is: building it apart from the rest
/// of the workspace would build half of its libraries anew.
fn galley() -> Result<PathBuf, Absent> {
    if let Some(named) = set("GALLEY_BIN") {
        return Ok(named.into());
    }
    let this = std::env::current_exe().map_err(|error| Absent(error.to_string()))?;
    let profile = this.ancestors().skip(1).find(|path| !path.ends_with("deps"));
    let profile = profile.expect("a program lies in target/<profile>");
    let galley = profile.join("galley");
    if has_kafka(&galley) {
        return Ok(galley);
    }
    let target = profile.parent().expect("a profile lies in the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "galley-cli", "--features", "kafka"]);
    cargo.arg("--target-dir").arg(target).current_dir(root());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    output(cargo.output())?;
    Ok(galley)
}

fn has_kafka(galley: &Path) -> bool {
    let said = Command::new(galley).arg("--version").output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("with Kafka"))
}

/// A node of NATS.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) port: u16,
    pub(crate) monitor: u16,
    pub(crate) config: PathBuf,
}

impl Node {
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

/// Writes the configurations of one node, or of a cluster: what `deploy/services/nats` starts, on
/// ports that stay.
pub(crate) fn nodes(dir: &Path, number: usize) -> anyhow::Result<Vec<Node>> {
    let ports = free_ports(number * 3)?;
    let routes: Vec<String> = ports.iter().skip(number * 2).map(|port| route(*port)).collect();
    let mut nodes = Vec::new();
    for n in 0..number {
        let port = |kind: usize| ports.get(kind * number + n).copied().unwrap_or_default();
        let (client, monitor, cluster) = (port(0), port(1), port(2));
        let folder = dir.join(format!("nats-{}", n + 1));
        std::fs::create_dir_all(&folder)?;
        let mut told = Command::new(script("nats"));
        told.args(["config", "--sync", "always", "--port", &client.to_string(), "--dir"]);
        let told = told.arg(&folder).output()?;
        ensure!(told.status.success(), "deploy/services/nats config failed");
        let text = String::from_utf8(told.stdout)?;
        let text =
            text.replace("http: \"127.0.0.1:-1\"", &format!("http: \"127.0.0.1:{monitor}\""));
        let name = format!("chaos-{}", n + 1);
        let text = renamed(&text, &name);
        let cluster = if number == 1 {
            String::new()
        } else {
            let routes = routes.join(", ");
            format!(
                "cluster {{ name: chaos, listen: \"127.0.0.1:{cluster}\", routes: [{routes}] }}\n"
            )
        };
        let config = folder.join("nats.conf");
        std::fs::write(&config, format!("{text}{cluster}"))?;
        nodes.push(Node { port: client, monitor, config });
    }
    Ok(nodes)
}

fn route(port: u16) -> String {
    format!("\"nats://127.0.0.1:{port}\"")
}

/// Names the server: members of a cluster are told apart by name.
fn renamed(text: &str, name: &str) -> String {
    let lines = text.lines().map(|line| match line.starts_with("server_name:") {
        true => format!("server_name: \"{name}\"\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

fn free_ports(number: usize) -> anyhow::Result<Vec<u16>> {
    // All are held until all are known, so that none is found twice.
    let held: Result<Vec<_>, _> = (0..number).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    held?.iter().map(|held| Ok(held.local_addr()?.port())).collect()
}
