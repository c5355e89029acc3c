//! Folders of files. Nothing outside of the allowed roots is read, whatever a link says.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use galley_schemas::content::Skipped;

use super::{Found, Place, skipped};
use crate::config::SourcesConfig;
use crate::extract::media;
use crate::port::RawDocument;

/// Folders inside each other.
const DEPTH_MAX: usize = 32;
/// Entries that are looked at, whatever they are.
const ENTRIES_MAX: usize = 50_000;
/// Reasons that are kept one by one.
const SKIPPED_MAX: usize = 500;

/// Lists the files of a folder, or the one file that the path names.
pub(super) async fn find(path: PathBuf, config: SourcesConfig) -> Vec<Result<Found, Skipped>> {
    let locator = path.display().to_string();
    let walk = tokio::task::spawn_blocking(move || walk(&path, &config));
    walk.await.unwrap_or_else(|_| vec![Err(skipped(&locator, "GLY0411", "it cannot be listed"))])
}

fn walk(path: &Path, config: &SourcesConfig) -> Vec<Result<Found, Skipped>> {
    let name = path.display().to_string();
    let root = match fs::canonicalize(path) {
        Ok(root) => root,
        Err(error) => {
            return vec![Err(skipped(&name, "GLY0411", format!("it cannot be opened: {error}")))];
        }
    };
    let allowed = config.roots.iter().filter_map(|root| fs::canonicalize(root).ok());
    if !allowed.into_iter().any(|allowed| root.starts_with(allowed)) {
        let reason =
            "it does not lie under a folder that may be read (`agents.ingestion.sources.roots`)";
        return vec![Err(skipped(&name, "GLY0411", reason))];
    }
    if !root.is_dir() && !root.is_file() {
        return vec![Err(skipped(&name, "GLY0411", "it is neither a folder nor a file"))];
    }
    // A single file is read as a folder that holds only that file.
    let base =
        if root.is_file() { root.parent().unwrap_or(&root).to_owned() } else { root.clone() };
    let mut walk =
        Walk { base, config, out: Vec::new(), files: 0, bytes: 0, entries: 0, unlisted: 0 };
    if root.is_file() {
        walk.file(&root);
    } else {
        walk.folder(&root, 0);
    }
    walk.finish(&name)
}

struct Walk<'a> {
    base: PathBuf,
    config: &'a SourcesConfig,
    out: Vec<Result<Found, Skipped>>,
    files: usize,
    bytes: u64,
    entries: usize,
    unlisted: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                return self.skip(folder, "GLY0413", format!("it cannot be listed: {error}"));
            }
        };
        let mut paths: Vec<PathBuf> =
            entries.take(ENTRIES_MAX).filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return;
            }
            let is_hidden = path.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.'));
            if !is_hidden {
                self.entry(&path, depth);
            }
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) {
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => return self.skip(path, "GLY0413", format!("it cannot be read: {error}")),
        };
        if kind.is_dir() && depth < DEPTH_MAX {
            self.folder(path, depth + 1);
        } else if kind.is_file() {
            self.file(path);
        } else if kind.is_symlink() {
            self.link(path);
        } else {
            self.skip(path, "GLY0413", "it is no file".into());
        }
    }

    /// A link is followed to a file inside the folder, and nowhere else.
    fn link(&mut self, path: &Path) {
        match fs::canonicalize(path) {
            Ok(target) if !target.starts_with(&self.base) => {
                self.skip(path, "GLY0413", "it is a link that leads out of its folder".into());
            }
            Ok(target) if target.is_file() => self.file(path),
            Ok(_) => self.skip(path, "GLY0413", "it is a link that leads to no file".into()),
            Err(error) => {
                self.skip(path, "GLY0413", format!("it is a link that leads nowhere: {error}"))
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if media::type_of_name(&name).is_none() && name.contains('.') {
            return self.skip(path, "GLY0436", "files with this ending are not read".into());
        }
        let metadata = fs::metadata(path).ok();
        let bytes = metadata.as_ref().map_or(0, fs::Metadata::len);
        let changed = metadata.and_then(|metadata| metadata.modified().ok());
        let bytes_max = self.config.extract.bytes_max;
        if bytes > bytes_max {
            return self.skip(path, "GLY0423", format!("it is larger than {bytes_max} bytes"));
        }
        self.files += 1;
        self.bytes += bytes;
        if self.files > self.config.documents_max || self.bytes > self.config.total_bytes_max {
            return self.skip(
                path,
                "GLY0412",
                "the folder holds more than is taken from one source".into(),
            );
        }
        let place = Place::File { root: self.base.clone(), path: path.to_owned(), bytes, changed };
        self.out.push(Ok(Found { locator: self.locator(path), place }));
    }

    fn skip(&mut self, path: &Path, code: &str, reason: String) {
        if self.out.iter().filter(|found| found.is_err()).count() < SKIPPED_MAX {
            let locator = self.locator(path);
            self.out.push(Err(skipped(&locator, code, reason)));
        } else {
            self.unlisted += 1;
        }
    }

    fn locator(&self, path: &Path) -> String {
        path.strip_prefix(&self.base).unwrap_or(path).to_string_lossy().into_owned()
    }

    fn finish(mut self, name: &str) -> Vec<Result<Found, Skipped>> {
        if self.unlisted > 0 {
            let reason = format!("{} more files were skipped", self.unlisted);
            self.out.push(Err(skipped(name, "GLY0412", reason)));
        }
        if self.out.is_empty() {
            self.out.push(Err(skipped(name, "GLY0411", "the folder is empty")));
        }
        self.out
    }
}

/// Reads a file that was listed.
pub(super) async fn read(
    root: PathBuf,
    path: PathBuf,
    locator: &str,
    bytes_max: u64,
) -> Result<RawDocument, Skipped> {
    let read = tokio::task::spawn_blocking(move || read_within(&root, &path, bytes_max));
    let bytes = match read.await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            return Err(skipped(locator, "GLY0413", format!("it cannot be read: {error}")));
        }
        Err(_) => return Err(skipped(locator, "GLY0413", "it cannot be read")),
    };
    Ok(RawDocument {
        locator: locator.to_owned(),
        url: None,
        media_type: media::type_of_name(locator).unwrap_or("text/plain").to_owned(),
        charset: None,
        bytes: bytes.into(),
    })
}

/// Reads at most one byte more than is taken: the file may have grown or become a link since it was
/// listed.
fn read_within(root: &Path, path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let real = fs::canonicalize(path)?;
    if !real.starts_with(root) || !real.is_file() {
        return Err(std::io::Error::other("it leads out of its folder"));
    }
    let mut bytes = Vec::new();
    fs::File::open(real)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
