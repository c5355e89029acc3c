//! Pages that were fetched before, so that a server need not send again what has not changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use galley_schemas::artifact::Digest;
use serde::{Deserialize, Serialize};

use crate::port::{Cache, Fetched, Kept};

/// Pages in a folder, one file each, within a bound on all of them: the ones that were written first go
/// first. A file that is not whole counts as absent.
#[derive(Debug, Clone)]
pub struct FolderCache {
    folder: Arc<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    bytes_max: u64,
    /// How many bytes were written since the folder was last swept.
    written: Mutex<u64>,
}

/// What stands before a body.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    asked: String,
    url: String,
    status: u16,
    media_type: String,
    charset: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    /// The hash of the body.
    sha256: String,
}

impl FolderCache {
    /// Pages in a folder, which is made when it is first needed; at most so many bytes.
    #[must_use]
    pub fn new(path: PathBuf, bytes_max: u64) -> Self {
        // Swept at the first write: nobody knows what is there already.
        let written = Mutex::new(bytes_max);
        Self { folder: Arc::new(Folder { path, bytes_max, written }) }
    }
}

#[async_trait]
impl Cache for FolderCache {
    async fn get(&self, url: &str) -> Option<Kept> {
        let (folder, url) = (Arc::clone(&self.folder), url.to_owned());
        tokio::task::spawn_blocking(move || folder.read(&url)).await.ok()?
    }

    async fn put(&self, url: &str, kept: Kept) {
        let (folder, url) = (Arc::clone(&self.folder), url.to_owned());
        // What cannot be kept is fetched again: nobody need hear of it.
        let work = tokio::task::spawn_blocking(move || folder.write(&url, &kept).is_ok());
        work.await.unwrap_or(false);
    }
}

impl Folder {
    fn file(&self, url: &str) -> PathBuf {
        self.path.join(format!("{}.page", Digest::of(url.as_bytes()).as_str()))
    }

    fn read(&self, url: &str) -> Option<Kept> {
        let bytes = fs::read(self.file(url)).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(bytes.get(..end)?).ok()?;
        let body = bytes::Bytes::from(bytes).slice(end + 1..);
        let is_whole = head.asked == url && head.sha256 == Digest::of(&body).as_str();
        let Head { url, status, media_type, charset, etag, last_modified, .. } = head;
        let page = Fetched { url, status, media_type, charset, body };
        is_whole.then_some(Kept { page, etag, last_modified })
    }

    fn write(&self, asked: &str, kept: &Kept) -> std::io::Result<()> {
        let Kept { page, etag, last_modified } = kept;
        let head = Head {
            asked: asked.to_owned(),
            url: page.url.clone(),
            status: page.status,
            media_type: page.media_type.clone(),
            charset: page.charset.clone(),
            etag: etag.clone(),
            last_modified: last_modified.clone(),
            sha256: Digest::of(&page.body).as_str().to_owned(),
        };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&page.body);
        self.make_room(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        let file = self.file(asked);
        // Written aside: another process may read the same page now.
        let aside = file.with_extension(format!("{}.part", std::process::id()));
        fs::write(&aside, bytes)?;
        fs::rename(aside, file)
    }

    /// Sweeps when as much was written as half of the bound: so no more than one and a half of it is
    /// ever there.
    fn make_room(&self, bytes: u64) -> std::io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        *written = written.saturating_add(bytes);
        if *written < self.bytes_max / 2 {
            return Ok(());
        }
        fs::create_dir_all(&self.path)?;
        sweep(&self.path, self.bytes_max.saturating_sub(bytes) / 2)?;
        *written = bytes;
        Ok(())
    }
}

/// Removes the files that were written first until the others are no more than so many bytes.
fn sweep(folder: &Path, bytes_max: u64) -> std::io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        if let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            files.push((changed, metadata.len(), entry.path()));
        }
    }
    files.sort();
    let mut left: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, path) in files {
        if left <= bytes_max {
            break;
        }
        fs::remove_file(path)?;
        left = left.saturating_sub(bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(body: &str) -> Kept {
        let page = Fetched {
            url: "https://e.org/after".into(),
            status: 200,
            media_type: "text/html".into(),
            charset: Some("utf-8".into()),
            body: body.to_owned().into(),
        };
        Kept { page, etag: Some("\"1\"".into()), last_modified: None }
    }

    #[tokio::test]
    async fn a_page_comes_back_as_it_was_and_a_damaged_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FolderCache::new(folder.path().join("pages"), 1 << 20);
        let url = "https://e.org/a?b\nc";
        assert_eq!(cache.get(url).await, None);
        cache.put(url, kept("one\ntwo")).await;
        assert_eq!(cache.get(url).await, Some(kept("one\ntwo")));
        assert_eq!(cache.get("https://e.org/b").await, None);
        let file = cache.folder.file(url);
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() = b'!';
        fs::write(&file, bytes).unwrap();
        assert_eq!(cache.get(url).await, None);
    }

    #[tokio::test]
    async fn the_folder_stays_within_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FolderCache::new(folder.path().to_owned(), 100_000);
        for number in 0..100 {
            cache.put(&format!("https://e.org/{number}"), kept(&"x".repeat(5_000))).await;
        }
        let sizes =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len());
        let all: u64 = sizes.sum();
        assert!((5_000..150_000).contains(&all), "{all}");
        assert!(cache.get("https://e.org/99").await.is_some());
    }
}
