//! Verified files on disk, one for each content, and who may read them.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rounds_model::things::{Evidence, Grade};
use rounds_model::{DocRef, Id, Kind};
use rounds_planted::{Bug, planted};
use rounds_protocol::Hash;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::core::{Core, make_folder};
use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::keys::sync_folder;
use crate::reading::Viewer;
use crate::store::documents;
use crate::store::files::{self, Upload, grade_of};
use crate::tus::shut_out;

/// A file that is not what it was when it was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it must hash to.
    pub sha256: String,
    /// What is wrong.
    pub reason: String,
    /// Which evidence and which copy it is.
    pub used_by: Vec<(Id, String)>,
}

/// What a check of every file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCheck {
    /// Files read and hashed.
    pub checked: usize,
    /// Those that are not whole.
    pub damaged: Vec<DamagedFile>,
}

impl Core {
    /// Reads and hashes every stored file.
    pub fn verify_files(&self) -> Result<FileCheck> {
        let blobs = self.read(files::blobs)?;
        let mut check = FileCheck::default();
        for (sha256, size) in blobs {
            let path = self.blob_path(&sha256);
            check.checked += 1;
            let reason = match hash_file(&path) {
                Ok((found, length)) if found.to_string() == sha256 && length == size => continue,
                Ok((found, length)) => format!("it has {length} bytes that hash to {found}; it had {size}"),
                Err(error) => error.to_string(),
            };
            let used_by = self.read(|db| files::users_of(db, &sha256))?;
            check.damaged.push(DamagedFile { path, sha256, reason, used_by });
        }
        Ok(check)
    }

    /// A copy of an evidence, where the viewer may see it and it is there: bytes and media type.
    pub fn file(
        &self,
        viewer: &Viewer,
        evidence: Id,
        grade: Grade,
    ) -> Result<Option<(Vec<u8>, &'static str)>> {
        let sha256 = self.read(|db| {
            let doc = DocRef::new(Kind::Evidence, evidence);
            let Some(document) = documents::find(db, viewer, &doc)? else { return Ok(None) };
            let body: Evidence = document.read().map_err(|e| ServerError::damaged(doc.to_string(), &e))?;
            let there = files::stored(db, evidence)?;
            let promised = body.files().into_iter().find(|(g, _)| *g == grade).map(|(_, f)| f.sha256.clone());
            Ok(promised.filter(|sha| there.iter().any(|(g, s, _)| *g == grade && s == sha)))
        })?;
        let Some(sha256) = sha256 else { return Ok(None) };
        let path = self.blob_path(&sha256);
        let bytes = fs::read(&path).map_err(ServerError::disk("reading a stored file", &path))?;
        let media_type = sniffed(&bytes);
        Ok(Some((bytes, media_type)))
    }

    /// `GET /v1/files/{evidence}/{grade}` for a device.
    pub(crate) fn download(&self, request: &Request, rest: &str) -> Result<Response> {
        let signed = match self.signed(request)? {
            Ok(signed) => signed,
            Err(shut) => return Ok(shut_out(shut)),
        };
        let named =
            rest.split_once('/').and_then(|(id, grade)| Some((id.parse::<Id>().ok()?, grade_of(grade)?)));
        let Some((evidence, grade)) = named else {
            return Ok(Response::text(404, "files are at /v1/files/{evidence}/{thumbnail|view|original}"));
        };
        let (device, now) = (signed.device, self.now());
        let viewer = self.read(|db| Viewer::device(db, device.id, &device.people, now))?;
        self.file_response(&viewer, evidence, grade)
    }

    /// A copy as a response; nothing of it ever runs in a browser.
    pub fn file_response(&self, viewer: &Viewer, evidence: Id, grade: Grade) -> Result<Response> {
        let Some((bytes, media_type)) = self.file(viewer, evidence, grade)? else {
            return Ok(Response::text(404, "this file is not here, or not for you"));
        };
        let (how, ending) = match media_type {
            "image/jpeg" => ("inline", "jpg"),
            "image/png" => ("inline", "png"),
            _ => ("attachment", "bin"),
        };
        let name = format!("{how}; filename=\"{evidence}-{}.{ending}\"", grade.as_str());
        Ok(Response { status: 200, headers: Vec::new(), body: bytes }
            .with("content-type", media_type)
            .with("content-disposition", name)
            .with("x-content-type-options", "nosniff")
            .with("content-security-policy", "default-src 'none'; sandbox")
            .with("cache-control", "private, no-cache"))
    }

    pub(crate) fn put_chunk(&self, upload: &Upload, chunk: &[u8]) -> Result<()> {
        let path = self.part_path(&upload.id);
        let disk = |e| ServerError::disk("writing a chunk", &path)(e);
        let fresh = !path.exists();
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(disk)?;
        // What lies beyond the told offset was never acknowledged.
        file.set_len(upload.offset).map_err(disk)?;
        file.seek(SeekFrom::Start(upload.offset)).map_err(disk)?;
        file.write_all(chunk).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        if fresh { sync_folder(&self.files_dir().join("uploads")) } else { Ok(()) }
    }

    /// Whether the bytes of a whole upload, or the file they already became, hash to what was promised.
    pub(crate) fn is_what_was_promised(&self, upload: &Upload) -> Result<bool> {
        if planted(Bug::StoredUnhashed) {
            return Ok(true);
        }
        for path in [self.part_path(&upload.id), self.blob_path(&upload.sha256)] {
            if path.exists() {
                let (hash, size) = hash_file(&path).map_err(ServerError::disk("hashing a file", &path))?;
                return Ok(hash.to_string() == upload.sha256 && size == upload.size);
            }
        }
        Ok(false)
    }

    /// Gives the bytes of an upload their name. Linked rather than moved, so that a death between
    /// this and the row leaves the upload whole.
    pub(crate) fn adopt_part(&self, upload: &Upload) -> Result<()> {
        let (part, blob) = (self.part_path(&upload.id), self.blob_path(&upload.sha256));
        if blob.exists() {
            return Ok(());
        }
        let folder = blob.parent().unwrap_or(&blob);
        make_folder(folder)?;
        fs::hard_link(&part, &blob).map_err(ServerError::disk("storing a file", &blob))?;
        sync_folder(folder)?;
        sync_folder(&self.files_dir().join("sha256"))
    }

    /// Writes down that a file is stored; says so in the log where its evidence is known.
    pub(crate) fn note_file(&self, tx: &Connection, upload: &Upload) -> Result<()> {
        files::finish(tx, upload, self.now())?;
        let doc = DocRef::new(Kind::Evidence, upload.evidence);
        if documents::find(tx, &Viewer::RULEBOOK, &doc)?.is_some() {
            self.record_stored(tx, upload.evidence, upload.grade, &upload.sha256)?;
        }
        Ok(())
    }

    pub(crate) fn remove_part(&self, id: &str) -> Result<()> {
        let path = self.part_path(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ServerError::disk("removing an upload's bytes", &path)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn part_path(&self, id: &str) -> PathBuf {
        // Ids of uploads come from the store, where only ours are: hex digits.
        self.files_dir().join("uploads").join(id)
    }

    pub(crate) fn blob_path(&self, sha256: &str) -> PathBuf {
        path_of(&self.files_dir(), sha256)
    }
}

/// Where the file of this content lies.
pub(crate) fn path_of(files: &Path, sha256: &str) -> PathBuf {
    let (front, rest) = sha256.split_at(2.min(sha256.len()));
    files.join("sha256").join(front).join(rest)
}

/// Hash and length of a file.
pub(crate) fn hash_file(path: &Path) -> std::io::Result<(Hash, u64)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((Hash(hash.finalize().into()), size));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}

/// The media type by the first bytes; what the phone said of it does not count.
fn sniffed(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        "image/jpeg"
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else {
        "application/octet-stream"
    }
}
