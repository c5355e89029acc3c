//! A real nats-server of a test's own: on a free loopback port, in a folder of its own, that can be
//! killed and started again where it was.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use galley_bus_core::BoxError;
use galley_tests_support::services::are_required;
use galley_tests_support::wait::until_async;
use tempfile::TempDir;

use crate::Absent;

/// When a server writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteDisk {
    /// Before it answers.
    Always,
    /// Every two minutes, as servers do that nobody told otherwise.
    Seldom,
    /// There is nothing to write: it has no JetStream, unless the settings say so.
    Never,
}

/// A real nats-server. It is killed when it is dropped.
#[derive(Debug)]
pub struct NatsServer {
    folder: TempDir,
    write_disk: WriteDisk,
    /// More settings, in the words of its configuration file.
    settings: String,
    program: PathBuf,
    process: Child,
    url: String,
    monitor: String,
}

impl NatsServer {
    /// Starts one.
    ///
    /// # Errors
    /// [`Absent`] when there is no nats-server here and there need not be one.
    pub async fn start(write_disk: WriteDisk) -> Result<Self, BoxError> {
        Self::start_with(write_disk, String::new()).await
    }

    /// Starts one with more settings, in the words of its configuration file.
    ///
    /// # Errors
    /// As [`NatsServer::start`].
    pub async fn start_with(write_disk: WriteDisk, settings: String) -> Result<Self, BoxError> {
        let program = program()?;
        let folder = tempfile::tempdir()?;
        let process = spawn(&program, folder.path(), (write_disk, &settings, "-1"))?;
        let (url, monitor) = (String::new(), String::new());
        let mut server = Self { folder, write_disk, settings, program, process, url, monitor };
        server.ready().await;
        Ok(server)
    }

    /// Where clients connect to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its monitoring address.
    #[must_use]
    pub fn monitor(&self) -> &str {
        &self.monitor
    }

    /// A folder that goes with the server: for keys and the like.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// It could not be killed.
    pub fn kill(&mut self) -> Result<(), BoxError> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Starts it again where it was: same port, same folder.
    ///
    /// # Errors
    /// It could not be started.
    pub async fn start_again(&mut self) -> Result<(), BoxError> {
        let port = self.url.rsplit(':').next().ok_or("an address has a port")?;
        let how = (self.write_disk, self.settings.as_str(), port);
        self.process = spawn(&self.program, self.folder.path(), how)?;
        self.ready().await;
        Ok(())
    }

    /// Waits until it says where it listens, which it does when it is ready.
    async fn ready(&mut self) {
        let process = self.process.id();
        let folder = self.folder.path();
        let ports = until_async("nats-server to be ready", async || {
            let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
            let ending = format!("_{process}.ports");
            let mut files = files.filter(|f| f.file_name().to_string_lossy().ends_with(&ending));
            let text = std::fs::read_to_string(files.next()?.path()).ok()?;
            Some((address(&text, "nats")?, address(&text, "monitoring").unwrap_or_default()))
        });
        (self.url, self.monitor) = ports.await;
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        // It may have been killed before.
        drop(self.kill());
    }
}

/// The first address of a kind in the file that the server writes.
fn address(text: &str, kind: &str) -> Option<String> {
    let (_, list) = text.split_once(&format!("\"{kind}\":["))?;
    let (first, _) = list.split_once(']')?;
    Some(first.split(',').next()?.trim().trim_matches('"').to_owned())
}

fn spawn(
    program: &Path,
    folder: &Path,
    (write_disk, settings, port): (WriteDisk, &str, &str),
) -> Result<Child, BoxError> {
    let at = folder.display();
    let jetstream = match write_disk {
        WriteDisk::Always => {
            format!("jetstream {{ store_dir: \"{at}/js\", sync_interval: always }}")
        }
        WriteDisk::Seldom => {
            format!("jetstream {{ store_dir: \"{at}/js\", sync_interval: \"2m\" }}")
        }
        WriteDisk::Never => String::new(),
    };
    let text = format!(
        "host: \"127.0.0.1\"\nport: {port}\nhttp: \"127.0.0.1:-1\"\nports_file_dir: \"{at}\"\n\
         max_payload: 2MB\n{jetstream}\n{settings}\n"
    );
    let config = folder.join("nats.conf");
    std::fs::write(&config, text)?;
    let log = std::fs::File::create(folder.join("log"))?;
    let process = Command::new(program)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok(process)
}

/// The nats-server of this machine. Looked for once.
///
/// # Errors
/// [`Absent`] when there is none and there need not be one.
pub fn program() -> Result<PathBuf, BoxError> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let asked = Command::new(root.join("deploy/services/nats-server")).output();
        let asked = asked.map_err(|error| error.to_string())?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if asked.status.success() {
            Ok(said(&asked.stdout).into())
        } else {
            Err(said(&asked.stderr))
        }
    });
    match found {
        Ok(program) => Ok(program.clone()),
        Err(why) if are_required() => {
            Err(format!("a real nats-server is required here: {why}").into())
        }
        Err(why) => Err(Absent { why: why.clone() }.into()),
    }
}
