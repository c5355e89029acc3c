//! A real API server with etcd, controllers and a scheduler, on free loopback ports, in a folder of its own. kwok plays the
//! nodes: a Pod that is scheduled is said to run and to be ready, and a Job's Pod to have succeeded. What runs in them is not
//! there; everything that Kubernetes decides is real: admission, Pod Security, validation, controllers.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use galley_tests_support::wait::until;
use tempfile::TempDir;

use crate::tools::{For, Ran, ask, command, run};

/// The token of the one user that there is, who may do everything. It opens nothing but this server.
const TOKEN: &str = "galley-test";

/// How kwok plays nodes and Pods: from its own sources.
const STAGES: [&str; 5] = [
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
];

/// A running API server. Its processes are killed when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    kubectl: PathBuf,
    children: Vec<Child>,
}

impl Cluster {
    /// Starts one; none when its programs cannot be had here and need not be.
    #[must_use]
    pub fn start() -> Option<Self> {
        let tool = |name| ask(&[name], For::Cluster);
        let [etcd, server, controllers, scheduler, kwok] =
            ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]
                .map(tool);
        let (kubectl, stages) = (tool("kubectl")?, ask(&["source", "kwok"], For::Cluster)?);
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut cluster = Self { folder, kubectl, children: Vec::new() };
        let [etcd_port, peer_port, port] = ports();
        cluster.keys(port);
        cluster.etcd(&etcd?, etcd_port, peer_port);
        cluster.server(&server?, etcd_port, port);
        cluster.controllers(&controllers?, &scheduler?);
        cluster.nodes(&kwok?, &stages.join("kustomize/stage"));
        Some(cluster)
    }

    /// The file that says where the server is and who asks.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.file("kubeconfig")
    }

    /// Runs `kubectl`.
    #[must_use]
    pub fn kubectl(&self, args: &[&str]) -> Ran {
        let kubeconfig = self.kubeconfig();
        let mut all =
            vec!["--kubeconfig", kubeconfig.to_str().expect("a temporary folder's name is text")];
        all.extend(args);
        run(&self.kubectl, &all)
    }

    /// Makes objects of a text, which must be what the server knows.
    #[track_caller]
    pub fn apply(&self, text: &str) {
        self.with(text, &["apply", "--server-side", "--validate=strict"]);
    }

    /// Removes objects of a text, and waits until they are gone.
    #[track_caller]
    pub fn remove(&self, text: &str) {
        self.with(text, &["delete", "--wait", "--timeout=120s"]);
    }

    #[track_caller]
    fn with(&self, text: &str, verb: &[&str]) {
        let file = self.file("objects.yaml");
        fs::write(&file, text).expect("it can be written");
        let file = file.to_str().expect("a temporary folder's name is text");
        self.kubectl(&[verb, &["-f", file]].concat()).expect("kubectl takes the objects");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keys(&self, port: u16) {
        let key = self.file("accounts.key");
        let made =
            run(Path::new("openssl"), &["genrsa".as_ref(), "-out".as_ref(), key.as_os_str()]);
        made.expect("openssl makes a key");
        fs::write(self.file("tokens.csv"), format!("{TOKEN},admin,admin,\"system:masters\"\n"))
            .expect("it can be written");
        let config = format!(
            "{{apiVersion: v1, kind: Config, current-context: test, \
             clusters: [{{name: test, cluster: {{server: 'https://127.0.0.1:{port}', insecure-skip-tls-verify: true}}}}], \
             users: [{{name: test, user: {{token: {TOKEN}}}}}], \
             contexts: [{{name: test, context: {{cluster: test, user: test}}}}]}}\n"
        );
        fs::write(self.kubeconfig(), config).expect("it can be written");
    }

    fn etcd(&mut self, program: &Path, port: u16, peer: u16) {
        let (url, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
        let mut etcd = command(program);
        etcd.arg("--data-dir").arg(self.file("etcd")).args([
            "--unsafe-no-fsync",
            &format!("--listen-client-urls={url}"),
            &format!("--advertise-client-urls={url}"),
            &format!("--listen-peer-urls={peer}"),
            &format!("--initial-advertise-peer-urls={peer}"),
            &format!("--initial-cluster=default={peer}"),
        ]);
        self.spawn("etcd", etcd);
    }

    fn server(&mut self, program: &Path, etcd: u16, port: u16) {
        let key = self.file("accounts.key");
        let mut server = command(program);
        server.arg("--cert-dir").arg(self.file("certificates"));
        server.arg("--token-auth-file").arg(self.file("tokens.csv"));
        server.arg("--service-account-key-file").arg(&key);
        server.arg("--service-account-signing-key-file").arg(&key);
        server.args([
            &format!("--etcd-servers=http://127.0.0.1:{etcd}"),
            &format!("--secure-port={port}"),
            "--bind-address=127.0.0.1",
            "--advertise-address=10.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-account-issuer=https://127.0.0.1",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
        ]);
        self.spawn("kube-apiserver", server);
        until("the API server to be ready", || {
            self.kubectl(&["get", "--raw=/readyz"]).ok.then_some(())
        });
    }

    fn controllers(&mut self, controllers: &Path, scheduler: &Path) {
        let kubeconfig = self.kubeconfig();
        let common = ["--leader-elect=false", "--secure-port=0"];
        let mut manager = command(controllers);
        manager.arg("--kubeconfig").arg(&kubeconfig).args(common);
        manager.arg("--service-account-private-key-file").arg(self.file("accounts.key"));
        self.spawn("kube-controller-manager", manager);
        let mut decider = command(scheduler);
        decider.arg("--kubeconfig").arg(&kubeconfig).args(common);
        self.spawn("kube-scheduler", decider);
    }

    fn nodes(&mut self, kwok: &Path, stages: &Path) {
        let mut nodes = command(kwok);
        nodes.arg("--kubeconfig").arg(self.kubeconfig());
        nodes.args(["--manage-all-nodes=true", "--node-lease-duration-seconds=40"]);
        for stage in STAGES {
            nodes.arg("--config").arg(stages.join(stage));
        }
        self.spawn("kwok", nodes);
        for node in ["a", "b"] {
            let has = "{cpu: 64, memory: 256Gi, pods: 500, ephemeral-storage: 1Ti}";
            self.apply(&format!(
                "{{apiVersion: v1, kind: Node, metadata: {{name: {node}, labels: {{kubernetes.io/hostname: {node}}}}}, \
                 status: {{allocatable: {has}, capacity: {has}}}}}\n"
            ));
        }
    }

    /// Starts a part, whose log is kept in the folder.
    fn spawn(&mut self, name: &str, mut part: Command) {
        let log = File::create(self.file(&format!("{name}.log"))).expect("a log can be written");
        let errors = log.try_clone().expect("a log has two ends");
        let child = part.stdout(Stdio::from(log)).stderr(Stdio::from(errors)).spawn();
        self.children.push(child.expect("a program that is there starts"));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Last come, first gone. They may have ended before.
        for child in self.children.iter_mut().rev() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Ports that were free a moment ago.
fn ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}
