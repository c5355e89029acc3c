//! The `git` program, in surroundings that nothing but the settings has a say in.
//!
//! Why the program, and not a library: libgit2 brings C, its own TLS and SSH, and cannot do all that
//! servers ask for; gitoxide cannot push. The program is what the repository's other users have.
//!
//! It gets an environment of its own: no configuration of the system or the user, no hooks, no
//! credential helpers, no prompts, no pager, no protocol but the one of the repository's address, keys
//! only from the files that are set, and a time.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::config;
use crate::http::Secret;
use crate::target::Trouble;

/// Longest that one run of the program takes.
const RUN_MAX: Duration = Duration::from_secs(120);
/// Most characters of its complaint that are passed on.
const SAID_CHARS_MAX: usize = 300;

/// A bare repository in a temporary folder, with the tip of the branch.
#[derive(Debug)]
pub(super) struct Repository {
    folder: TempDir,
    to: config::Git,
    tip: Option<String>,
}

/// The files of one folder, all of them.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) folder: PathBuf,
    pub(super) files: &'a BTreeMap<&'static str, Bytes>,
}

impl Repository {
    /// Fetches the tip of the branch.
    pub(super) async fn fetch(to: &config::Git) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()
            .map_err(|error| failed("make a folder", &error.to_string(), false))?;
        let mut repository = Self { folder, to: to.clone(), tip: None };
        repository.prepare()?;
        repository.run("init", &["--quiet", "--bare", "."]).await?;
        let branch = format!("refs/heads/{}", to.branch);
        let listed =
            repository.run("ls-remote", &["--exit-code", "--", &to.repository, &branch]).await;
        match listed {
            // Its code for a repository that has no such branch.
            Err(Refused { code: Some(2), .. }) => return Ok(repository),
            Err(refused) => return Err(refused.into()),
            Ok(_) => {}
        }
        let into = format!("+{branch}:refs/galley/tip");
        repository
            .run("fetch", &["--quiet", "--no-tags", "--depth=1", "--", &to.repository, &into])
            .await?;
        let tip = repository.run("rev-parse", &["--verify", "refs/galley/tip^{commit}"]).await?;
        repository.tip = Some(tip.trim().to_owned());
        Ok(repository)
    }

    /// The commit that the branch had when it was fetched; none when there is no such branch.
    pub(super) fn tip(&self) -> Option<&str> {
        self.tip.as_deref()
    }

    /// The files below a folder with a text in them.
    pub(super) async fn grep(
        &self,
        commit: &str,
        text: &str,
        folder: &str,
    ) -> Result<Vec<String>, Trouble> {
        let arguments = ["-l", "-z", "-F", "-e", text, commit, "--", folder];
        let found = match self.run("grep", &arguments).await {
            // Its code for: nowhere.
            Err(Refused { code: Some(1), .. }) => return Ok(Vec::new()),
            other => other?,
        };
        let prefix = format!("{commit}:");
        let paths = found.split('\0').filter_map(|path| path.strip_prefix(&prefix));
        Ok(paths.map(str::to_owned).collect())
    }

    /// A file.
    pub(super) async fn read(&self, commit: &str, path: &str) -> Result<String, Trouble> {
        Ok(self.run("cat-file", &["blob", &format!("{commit}:{path}")]).await?)
    }

    /// What lies in a folder.
    pub(super) async fn names(
        &self,
        commit: &str,
        folder: &str,
    ) -> Result<BTreeSet<String>, Trouble> {
        let inside = format!("{folder}/");
        let listed = self.run("ls-tree", &["-z", "--name-only", commit, "--", &inside]).await?;
        let names = listed.split('\0').filter_map(|path| path.strip_prefix(&inside));
        Ok(names.map(str::to_owned).collect())
    }

    /// Every file below a folder, at the tip.
    async fn paths(&self, folder: &str) -> Result<Vec<String>, Trouble> {
        let Some(tip) = self.tip() else { return Ok(Vec::new()) };
        let listed = self
            .run("ls-tree", &["-r", "-z", "--name-only", tip, "--", &format!("{folder}/")])
            .await?;
        Ok(listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// When a commit was made.
    pub(super) async fn time(&self, commit: &str) -> Result<DateTime<Utc>, Trouble> {
        let text = self.run("show", &["--no-patch", "--format=%ct", commit]).await?;
        let seconds =
            text.trim().parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        seconds.ok_or_else(|| failed("read a commit's time", &text, false))
    }

    /// A commit on the tip in which a folder holds these files and no others.
    pub(super) async fn commit(
        &self,
        tree: &Tree<'_>,
        text: &str,
        time: DateTime<Utc>,
    ) -> Result<String, Trouble> {
        match self.tip() {
            Some(tip) => self.run("read-tree", &[tip]).await?,
            None => self.run("read-tree", &["--empty"]).await?,
        };
        let folder = tree.folder.to_string_lossy();
        let mut entries = String::new();
        for path in self.paths(&folder).await? {
            entries.push_str(&format!("0 {}\t{path}\0", "0".repeat(40)));
        }
        for (name, bytes) in tree.files {
            let blob = self.feed("hash-object", &["-w", "--stdin"], bytes, time).await?;
            entries.push_str(&format!("100644 {}\t{folder}/{name}\0", blob.trim()));
        }
        self.feed("update-index", &["-z", "--index-info"], entries.as_bytes(), time).await?;
        let made = self.run("write-tree", &[]).await?;
        let mut arguments = vec![made.trim()];
        if let Some(tip) = self.tip() {
            arguments.extend(["-p", tip]);
        }
        let commit = self.feed("commit-tree", &arguments, text.as_bytes(), time).await?;
        Ok(commit.trim().to_owned())
    }

    /// Puts a commit at the tip of the branch; false when somebody else was there first.
    pub(super) async fn push(&self, commit: &str) -> Result<bool, Trouble> {
        let to = format!("{commit}:refs/heads/{}", self.to.branch);
        // Where there was no branch, there must be none still.
        let lease = format!(
            "--force-with-lease=refs/heads/{}:{}",
            self.to.branch,
            self.tip().unwrap_or_default()
        );
        let pushed = self
            .run("push", &["--porcelain", "--quiet", &lease, "--", &self.to.repository, &to])
            .await;
        match pushed {
            Ok(_) => Ok(true),
            Err(refused) if refused.is_outrun() => Ok(false),
            // The connection may have broken after the server took it.
            Err(refused) => {
                Err(Trouble::Program { what: refused.what(), said: refused.said, unsure: true })
            }
        }
    }

    async fn run(&self, name: &str, arguments: &[&str]) -> Result<String, Refused> {
        self.feed(name, arguments, &[], DateTime::UNIX_EPOCH).await
    }

    async fn feed(
        &self,
        name: &str,
        arguments: &[&str],
        input: &[u8],
        time: DateTime<Utc>,
    ) -> Result<String, Refused> {
        let refused =
            |code, said: &str| Refused { name: name.to_owned(), code, said: self.tell(said) };
        let mut command = self.command(name, arguments, time);
        let work = async {
            let mut child = command.spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(input).await?;
            }
            child.wait_with_output().await
        };
        let output: Output = tokio::time::timeout(RUN_MAX, work)
            .await
            .map_err(|_unfit| refused(None, "it took too long"))?
            .map_err(|error| refused(None, &error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(refused(output.status.code(), &String::from_utf8_lossy(&said)))
    }

    fn command(&self, name: &str, arguments: &[&str], time: DateTime<Utc>) -> Command {
        let home = self.folder.path();
        let time = format!("{} +0000", time.timestamp());
        let mut command = Command::new("git");
        command.env_clear().current_dir(home).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (key, value) in [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("LC_ALL", "C.UTF-8"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_DIR", "."),
            ("GIT_ALLOW_PROTOCOL", protocol(&self.to.repository)),
            ("GIT_AUTHOR_NAME", &self.to.author),
            ("GIT_AUTHOR_EMAIL", &self.to.email),
            ("GIT_COMMITTER_NAME", &self.to.author),
            ("GIT_COMMITTER_EMAIL", &self.to.email),
            ("GIT_AUTHOR_DATE", &time),
            ("GIT_COMMITTER_DATE", &time),
            ("GIT_SSH_COMMAND", &self.ssh()),
        ] {
            command.env(key, value);
        }
        command.env("HOME", home).env("GIT_ASKPASS", home.join("askpass"));
        for setting in [
            "core.hooksPath=/dev/null",
            "credential.helper=",
            "http.followRedirects=false",
            "http.proxy=",
            "gc.auto=0",
            "transfer.fsckObjects=true",
        ] {
            command.args(["-c", setting]);
        }
        command.arg(name).args(arguments);
        command
    }

    /// How `ssh` is called: with the key and the host's key that are set, and nothing of the user's.
    fn ssh(&self) -> String {
        let mut ssh =
            "ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
                .to_owned();
        let hosts = self.to.known_hosts_file.as_deref().unwrap_or_else(|| Path::new("/dev/null"));
        ssh.push_str(&format!(" -o UserKnownHostsFile={}", quoted(hosts)));
        if let Some(key) = &self.to.ssh_key_file {
            ssh.push_str(&format!(" -i {}", quoted(key)));
        }
        ssh
    }

    /// Writes the program that answers when `git` asks for a name or a password. The key stands in its
    /// folder, which only this user can read and which goes with it.
    fn prepare(&self) -> Result<(), Trouble> {
        let Some(file) = &self.to.token_file else { return Ok(()) };
        let token = Secret::new(file).read()?;
        let (user, password) = token
            .expose_secret()
            .split_once(':')
            .unwrap_or(("x-access-token", token.expose_secret()));
        let home = self.folder.path();
        let script = "#!/bin/sh\ncase $1 in Username*) cat \"$HOME/user\" ;; *) cat \"$HOME/password\" ;; esac\n";
        for (name, text) in [("user", user), ("password", password), ("askpass", script)] {
            std::fs::write(home.join(name), text)
                .and_then(|()| {
                    std::fs::set_permissions(home.join(name), PermissionsExt::from_mode(0o700))
                })
                .map_err(|error| failed("write the key for git", &error.to_string(), false))?;
        }
        Ok(())
    }

    /// What the program said, in one line and without the key.
    fn tell(&self, said: &str) -> String {
        let hidden = self.to.token_file.as_deref().map(|file| Secret::new(file).hide(said));
        let text = hidden.as_deref().unwrap_or(said);
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
    }
}

/// The only protocol that the repository's address needs.
fn protocol(repository: &str) -> &'static str {
    if repository.starts_with("https://") {
        "https"
    } else if repository.starts_with("ssh://") {
        "ssh"
    } else {
        "file"
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn failed(what: &str, said: &str, unsure: bool) -> Trouble {
    Trouble::Program { what: format!("cannot {what}"), said: said.to_owned(), unsure }
}

/// The program ended badly.
#[derive(Debug)]
struct Refused {
    name: String,
    code: Option<i32>,
    said: String,
}

impl Refused {
    fn what(&self) -> String {
        format!("git {} failed", self.name)
    }

    /// Whether a push was refused because the branch is not where it was.
    fn is_outrun(&self) -> bool {
        let signs = [
            "[rejected]",
            "stale info",
            "fetch first",
            "non-fast-forward",
            "cannot lock ref",
            "failed to update ref",
            "reference already exists",
        ];
        signs.iter().any(|sign| self.said.contains(sign))
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Program { what: refused.what(), said: refused.said, unsure: false }
    }
}
