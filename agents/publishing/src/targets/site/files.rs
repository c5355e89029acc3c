//! File operations that a crash cannot leave half done.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::SiteError;
use crate::rules::PostRecord;

/// What makes a folder a post.
pub(super) const POST_FILE: &str = "post.json";

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SiteError {
    move |cause| SiteError::Io { what, path: path.to_owned(), cause }
}

/// Makes the folder if need be and takes its lock, until the returned file is dropped.
pub(super) fn lock(out: &Path) -> Result<File, SiteError> {
    fs::create_dir_all(out).map_err(io("make the folder", out))?;
    let path = out.join(".galley.lock");
    let file = File::create(&path).map_err(io("create", &path))?;
    file.lock().map_err(io("lock", &path))?;
    Ok(file)
}

/// Writes a file where the site is, or where its folder would be made, and takes it away again.
pub(super) fn try_out(out: &Path) -> Result<(), SiteError> {
    // Above a relative path stands the empty one: where this process is.
    let here =
        |path: &Path| if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.into() };
    let ground = out.ancestors().map(here).find(|path| path.exists());
    let ground = ground.unwrap_or_else(|| PathBuf::from("."));
    let path = ground.join(format!(".galley-tries-{}", std::process::id()));
    File::create(&path).map_err(io("create", &path))?;
    fs::remove_file(&path).map_err(io("remove", &path))
}

/// Every post that stands, newest first. Folders that are not posts are left alone.
pub(super) fn posts(out: &Path) -> Result<Vec<PostRecord>, SiteError> {
    let mut posts = Vec::new();
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(posts),
        Err(error) => return Err(io("read the folder", out)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(io("read the folder", out))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path().join(POST_FILE);
        let Ok(bytes) = fs::read(&path) else { continue };
        match serde_json::from_slice::<PostRecord>(&bytes) {
            Ok(post) => posts.push(post),
            Err(error) => tracing::warn!(path = %path.display(), %error, "not a post; left alone"),
        }
    }
    posts.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.slug.cmp(&b.slug)));
    Ok(posts)
}

/// Puts a folder with these files in place, whole.
pub(super) fn place(
    out: &Path,
    slug: &str,
    files: &BTreeMap<&'static str, Vec<u8>>,
) -> Result<(), SiteError> {
    let making = out.join(format!(".making-{slug}"));
    if making.exists() {
        fs::remove_dir_all(&making).map_err(io("clear", &making))?;
    }
    fs::create_dir(&making).map_err(io("make the folder", &making))?;
    for (name, bytes) in files {
        write(&making.join(name), bytes)?;
    }
    sync_dir(&making)?;
    let path = out.join(slug);
    fs::rename(&making, &path).map_err(io("put in place", &path))?;
    sync_dir(out)
}

/// Replaces a file, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), SiteError> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let making = path.with_file_name(format!(".making-{name}"));
    write(&making, bytes)?;
    fs::rename(&making, path).map_err(io("put in place", path))
}

/// Replaces the files of a post, each whole; the one that says what it is comes last.
pub(super) fn renew(
    out: &Path,
    slug: &str,
    files: &BTreeMap<&'static str, Vec<u8>>,
) -> Result<(), SiteError> {
    let folder = out.join(slug);
    let (last, rest): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| **name == POST_FILE);
    for (name, bytes) in rest.into_iter().chain(last) {
        replace(&folder.join(name), bytes)?;
    }
    sync_dir(&folder)
}

/// Takes a post away, at once for readers.
pub(super) fn remove(out: &Path, slug: &str) -> Result<(), SiteError> {
    let path = out.join(slug);
    let going = out.join(format!(".going-{slug}"));
    if going.exists() {
        fs::remove_dir_all(&going).map_err(io("clear", &going))?;
    }
    match fs::rename(&path, &going) {
        Ok(()) => fs::remove_dir_all(&going).map_err(io("remove", &going)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io("remove", &path)(error)),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), SiteError> {
    let mut file = File::create(path).map_err(io("create", path))?;
    file.write_all(bytes).map_err(io("write", path))?;
    file.sync_all().map_err(io("flush", path))
}

fn sync_dir(path: &Path) -> Result<(), SiteError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(io("flush", path))
}
