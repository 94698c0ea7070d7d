//! Files to the server by tus 1.0: thumbnails of all, then views, then originals.
//!
//! A tus response is not an answer of ours: it moves bytes along, but a file counts as stored only when the server
//! says so to [`super::reconcile`]. A file whose bytes are not the recorded ones is never sent as if it were good.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_planted::{Bug, planted};
use rounds_protocol::Hash;
use rounds_protocol::files::{META_EVIDENCE, META_GRADE, META_SHA256, META_TYPE, PATH, TUS_VERSION};

use crate::exchange::{Exchange, Unanswered};
use crate::observe::Topic;
use crate::outside::Response;
use crate::store::files::{self, FileRow, FileState};
use crate::store::vault::Vault;
use crate::sync::{Halt, Run};

/// Chunks grow up to this.
const LARGEST_CHUNK: u64 = 4 * 1024 * 1024;
/// Chunks shrink down to this.
const SMALLEST_CHUNK: u64 = 16 * 1024;
/// An upload that gets nowhere this often waits for the next sync.
const PATIENCE: u32 = 4;

impl Run<'_> {
    /// Sends what can be sent; whether any file came to its end.
    pub(super) fn send_files(&mut self) -> Result<bool, Halt> {
        let mut ended = false;
        let mut in_a_row = 0;
        for file in self.core.read(|store| files::to_send(&store.db))? {
            self.go_on()?;
            match self.send_file(file.clone()) {
                Ok(came_to_its_end) => {
                    ended |= came_to_its_end;
                    in_a_row = 0;
                }
                // One file that is refused does not stop the others; several in a row are no file's fault.
                Err(Halt::Refused(reason)) => {
                    self.note_problem(&file, &reason)?;
                    in_a_row += 1;
                    if in_a_row >= PATIENCE {
                        return Err(Halt::Unanswered(reason));
                    }
                    self.setback.get_or_insert(reason);
                }
                Err(halt @ (Halt::Outcome(_) | Halt::Unanswered(_) | Halt::Fault(_))) => return Err(halt),
            }
        }
        Ok(ended)
    }

    fn note_problem(&self, file: &FileRow, reason: &str) -> Result<(), Halt> {
        Ok(self.core.write(|db| match files::one(db, file.evidence, file.grade)? {
            Some(row) => files::progress(db, &FileRow { problem: Some(reason.to_owned()), ..row }),
            None => Ok(()),
        })?)
    }

    fn send_file(&mut self, mut file: FileRow) -> Result<bool, Halt> {
        if let Some(problem) = problem_of(&self.core.vault, &file) {
            file.state = FileState::Broken;
            file.problem = Some(problem);
            return self.keep(&file).map(|()| false);
        }
        let was_whole = file.state == FileState::Uploading && file.sent == file.size;
        let member = self.member.clone();
        let exchange = Exchange::new(self.core, &member, self.transport)?;
        let first_chunk = self.transport.first_chunk();
        let mut chunk = first_chunk;
        let mut fruitless = 0;
        let mut furthest = 0;
        let mut asked = false;
        while file.url.is_none() || file.sent < file.size || !asked {
            self.go_on()?;
            if fruitless >= PATIENCE {
                return Err(Halt::Refused(format!(
                    "the {} of a picture gets nowhere: {}",
                    file.grade.as_str(),
                    file.problem.as_deref().unwrap_or("no reason was given")
                )));
            }
            match file.url.clone() {
                None => {
                    self.create(&exchange, &mut file, first_chunk)?;
                    asked = true;
                }
                // What is there is asked before every resume: the last reply may have been lost.
                Some(url) if !asked => {
                    ask_offset(&exchange, &mut file, &url)?;
                    asked = file.url.is_some();
                }
                Some(url) => {
                    asked = self.send_chunk(&exchange, &mut file, &url, &mut chunk)?;
                }
            }
            // Only what was never reached before is progress: a network that lets uploads be made and eats every chunk
            // must not keep the phone at it for ever.
            let further = file.sent > furthest || (asked && file.sent == file.size);
            furthest = furthest.max(file.sent);
            fruitless = if further { 0 } else { fruitless + 1 };
            self.keep(&file)?;
        }
        file.problem = None;
        self.keep(&file)?;
        if !was_whole {
            self.report.files_sent += 1;
        }
        self.core.announcer.announce(&[Topic::Files]);
        Ok(!was_whole)
    }

    fn keep(&self, file: &FileRow) -> Result<(), Halt> {
        Ok(self.core.write(|db| {
            files::progress(db, file)?;
            if planted(Bug::StoredAtCreation) && file.url.is_some() {
                files::stored(db, file.evidence, file.grade, rounds_model::Millis(0))?;
            }
            Ok(())
        })?)
    }

    /// Creates the upload, with its first bytes in the same request.
    fn create(&mut self, exchange: &Exchange<'_>, file: &mut FileRow, first_bytes: u64) -> Result<(), Halt> {
        let first = self.core.vault.read_at(&file.path, 0, first_bytes.min(file.size))?;
        let metadata = [
            (META_EVIDENCE, file.evidence.to_string()),
            (META_GRADE, file.grade.as_str().to_owned()),
            (META_SHA256, file.sha256.clone()),
            (META_TYPE, file.media_type.clone()),
        ]
        .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
        .join(",");
        let mut headers = tus_headers(&first);
        headers.push(("upload-length".into(), file.size.to_string()));
        headers.push(("upload-metadata".into(), metadata));
        let sent = i64::try_from(first.len()).unwrap_or(0);
        let response = exchange.send("POST", PATH, headers, first)?;
        match (response.status, response.header("location").and_then(path_of)) {
            (413, _) if first_bytes > 0 => self.create(exchange, file, 0),
            // A portal may say 201 too; only what speaks tus made an upload.
            (201, Some(url)) if response.header("tus-resumable").is_some() => {
                file.url = Some(url);
                file.sent = offset_of(&response).unwrap_or(0).min(file.size);
                file.state = FileState::Uploading;
                file.problem = None;
                self.report.bytes_sent += sent;
                Ok(())
            }
            _ => Err(Halt::Refused(not_tus("creating an upload", &response))),
        }
    }

    /// Sends one chunk. Whether the offset is known afterwards.
    fn send_chunk(
        &mut self,
        exchange: &Exchange<'_>,
        file: &mut FileRow,
        url: &str,
        chunk: &mut u64,
    ) -> Result<bool, Halt> {
        let length = (*chunk).min(file.size - file.sent);
        let from = if planted(Bug::ResumeAtWrongOffset) { 0 } else { file.sent };
        let bytes = self.core.vault.read_at(&file.path, from, length)?;
        let sent = i64::try_from(bytes.len()).unwrap_or(0);
        let mut headers = tus_headers(&bytes);
        headers.push(("upload-offset".into(), file.sent.to_string()));
        let response = match exchange.send("PATCH", url, headers, bytes) {
            Err(Unanswered::Transport(reason)) => {
                *chunk = (*chunk / 2).max(SMALLEST_CHUNK);
                return Err(Halt::Unanswered(reason));
            }
            other => other?,
        };
        match response.status {
            204 => {
                self.report.bytes_sent += sent;
                *chunk = (*chunk * 2).min(LARGEST_CHUNK);
                match offset_of(&response) {
                    Some(offset) if offset > file.sent && offset <= file.size => {
                        file.sent = offset;
                        Ok(true)
                    }
                    Some(_) | None => Err(Halt::Refused(not_tus("sending a chunk", &response))),
                }
            }
            // Another offset, a checksum that does not fit, a lock: ask where it stands.
            409 | 423 | 460 => {
                file.problem = Some(format!("the server refused a chunk with status {}", response.status));
                Ok(false)
            }
            404 | 410 => {
                file.url = None;
                file.sent = 0;
                file.problem = Some("the server forgot the upload; it begins anew".into());
                Ok(false)
            }
            413 => {
                *chunk = (*chunk / 2).max(SMALLEST_CHUNK);
                file.problem = Some("something on the way refuses chunks as too large".into());
                Ok(true)
            }
            _ => Err(Halt::Refused(not_tus("sending a chunk", &response))),
        }
    }
}

/// Asks how far an upload is.
fn ask_offset(exchange: &Exchange<'_>, file: &mut FileRow, url: &str) -> Result<(), Halt> {
    let headers = vec![("tus-resumable".to_owned(), TUS_VERSION.to_owned())];
    let response = exchange.send("HEAD", url, headers, Vec::new())?;
    match (response.status, offset_of(&response)) {
        (200 | 204, Some(offset)) if offset <= file.size && is_upload_of(&response, file) => {
            file.sent = offset;
            Ok(())
        }
        // Gone; or an upload of another file, for which an answer to another request was taken when this was made.
        (404 | 410, _) | (200 | 204, Some(_)) => {
            file.url = None;
            file.sent = 0;
            file.state = FileState::Pending;
            Ok(())
        }
        (200, None) if planted(Bug::PortalStoresFile) => {
            file.state = FileState::Stored;
            file.sent = file.size;
            Ok(())
        }
        _ => Err(Halt::Refused(not_tus("asking how far an upload is", &response))),
    }
}

fn tus_headers(body: &[u8]) -> Vec<(String, String)> {
    vec![
        ("tus-resumable".to_owned(), TUS_VERSION.to_owned()),
        ("content-type".to_owned(), "application/offset+octet-stream".to_owned()),
        ("upload-checksum".to_owned(), format!("sha256 {}", STANDARD.encode(Hash::of(body).0))),
    ]
}

/// Only a response that speaks tus moves anything; a portal's page does not.
fn offset_of(response: &Response) -> Option<u64> {
    response.header("tus-resumable")?;
    response.header("upload-offset")?.parse().ok()
}

/// Whether the server's metadata of an upload (tus 1.0, HEAD) are of this file.
fn is_upload_of(response: &Response, file: &FileRow) -> bool {
    let metadata = response.header("upload-metadata").unwrap_or_default();
    [
        (META_EVIDENCE, file.evidence.to_string()),
        (META_GRADE, file.grade.as_str().to_owned()),
        (META_SHA256, file.sha256.clone()),
    ]
    .into_iter()
    .all(|(key, value)| {
        let pair = format!("{key} {}", STANDARD.encode(value));
        metadata.split(',').any(|said| said.trim() == pair)
    })
}

fn not_tus(doing: &str, response: &Response) -> String {
    let says = String::from_utf8_lossy(&response.body).chars().take(120).collect::<String>();
    format!("{doing}: HTTP status {} {}", response.status, says.trim())
}

/// The path of an upload: servers behind a proxy may name another host in front of it.
fn path_of(location: &str) -> Option<String> {
    let path = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    path.starts_with('/').then(|| path.to_owned())
}

/// What is wrong with a file's bytes on this phone, if anything.
pub(crate) fn problem_of(vault: &Vault, file: &FileRow) -> Option<String> {
    match vault.sha256(&file.path) {
        Ok(sha256) if sha256 == file.sha256 => None,
        Ok(sha256) => Some(format!(
            "its bytes on this phone hash to {}…, recorded was {}…; it is not sent, take the picture again",
            &sha256[..12],
            &file.sha256[..12.min(file.sha256.len())]
        )),
        Err(error) => {
            Some(format!("it cannot be read on this phone: {error}; it is not sent, take the picture again"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_found_by_its_path_whatever_host_the_location_names() {
        assert_eq!(path_of("/v1/files/a").as_deref(), Some("/v1/files/a"));
        assert_eq!(path_of("http://inner:8080/v1/files/a").as_deref(), Some("/v1/files/a"));
        assert_eq!(path_of("http://inner"), None);
        assert_eq!(path_of("files/a"), None);
    }
}
