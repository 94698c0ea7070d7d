//! `/v1/files`: uploads by tus 1.0 (creation, creation-with-upload, checksum, termination,
//! expiration), signed by the device like every request; downloads by evidence and grade.
//!
//! A chunk is durable before its offset is told. A file is hashed whole before it counts as stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::things::Grade;
use rounds_model::{Id, Millis};
use rounds_protocol::Hash;
use rounds_protocol::files::{MAX_FILE, META_EVIDENCE, META_GRADE, META_SHA256, PATH, TUS_VERSION};

use crate::core::Core;
use crate::door::{Shut, Signed};
use crate::error::Result;
use crate::exchange::{Request, Response};
use crate::store::files::{self, Upload, grade_of};

/// An upload that nothing was added to for this long is dropped.
const EXPIRES_AFTER_MS: i64 = 7 * 24 * 60 * 60 * 1000;
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,termination,expiration";
const CHUNK_TYPE: &str = "application/offset+octet-stream";
/// tus, extension *checksum*: the body does not fit its `Upload-Checksum`.
const CHECKSUM_MISMATCH: u16 = 460;

/// Whether a path is served here.
pub(crate) fn is_ours(route: &str) -> bool {
    route == PATH || route.strip_prefix(PATH).is_some_and(|rest| rest.starts_with('/'))
}

impl Core {
    pub(crate) fn files(&self, request: &Request) -> Result<Response> {
        // tus 1.0, core protocol: this header, where present, is the method.
        let method = request.header("x-http-method-override").unwrap_or(&request.method).to_ascii_uppercase();
        let rest = request.route().strip_prefix(PATH).unwrap_or_default().trim_start_matches('/');
        if method == "OPTIONS" {
            return Ok(options());
        }
        if method == "GET" {
            return self.download(request, rest);
        }
        if request.header("tus-resumable") != Some(TUS_VERSION) {
            return Ok(Response::text(412, format!("this server speaks tus {TUS_VERSION}"))
                .with("tus-resumable", TUS_VERSION)
                .with("tus-version", TUS_VERSION));
        }
        let response = match self.signed(request)? {
            Err(shut) => shut_out(shut),
            Ok(signed) => match (method.as_str(), rest) {
                ("POST", "") => self.create(request, &signed)?,
                ("HEAD", id) if !id.is_empty() => self.progress(id, &signed)?,
                ("PATCH", id) if !id.is_empty() => self.append(request, id, &signed)?,
                ("DELETE", id) if !id.is_empty() => self.terminate(id, &signed)?,
                _ => Response::text(405, format!("{method} is not done here"))
                    .with("allow", "OPTIONS, POST, HEAD, PATCH, DELETE, GET"),
            },
        };
        Ok(response.with("tus-resumable", TUS_VERSION))
    }

    fn create(&self, request: &Request, signed: &Signed) -> Result<Response> {
        let Some(size) = request.header("upload-length").and_then(|v| v.parse::<u64>().ok()) else {
            return Ok(Response::text(
                400,
                "Upload-Length is missing or no number; lengths cannot be deferred",
            ));
        };
        if size > MAX_FILE {
            return Ok(Response::text(413, format!("a file may have {MAX_FILE} bytes, this one has {size}")));
        }
        let (evidence, grade, sha256) = match asked_for(request) {
            Ok(asked) => asked,
            Err(reason) => return Ok(Response::text(400, reason)),
        };
        let now = self.now();
        let like = Upload {
            id: Hash(self.outside.bytes()).to_string(),
            device: signed.device.id,
            evidence,
            grade,
            sha256,
            size,
            offset: 0,
            done: false,
            expires: now,
        };
        if let Some(refusal) = self.refusal(&like)? {
            return Ok(refusal);
        }
        self.drop_expired_uploads()?;
        let upload = self.write(|tx| {
            if let Some(there) = files::upload_for(tx, &like)? {
                return Ok(there);
            }
            let fresh = Upload { expires: Millis(now.0 + EXPIRES_AFTER_MS), ..like.clone() };
            files::add_upload(tx, &fresh)?;
            Ok(fresh)
        })?;
        let lane = self.upload_lane(&upload.id);
        let upload = self.own_upload(&upload.id, signed)?.unwrap_or(upload);
        let response = if upload.done || upload.offset > 0 {
            Response::empty(201).with("upload-offset", upload.offset.to_string())
        } else if !request.body.is_empty() {
            match is_chunk(request) {
                Err(refusal) => return Ok(refusal),
                Ok(()) => self.write_chunk(&upload, &request.body)?,
            }
        } else if upload.size == 0 {
            self.write_chunk(&upload, &[])?
        } else {
            Response::empty(201).with("upload-offset", "0")
        };
        drop(lane);
        if response.status >= 400 {
            return Ok(response);
        }
        let path = format!("{PATH}/{}", upload.id);
        Ok(expiring(Response { status: 201, ..response }.with("location", path), upload.expires))
    }

    /// Only what an op of this device promised is taken.
    fn refusal(&self, asked: &Upload) -> Result<Option<Response>> {
        self.read(|db| {
            let promised = files::promised(db, asked.device, asked.evidence, asked.grade, &asked.sha256)?;
            Ok(match promised {
                Some(size) if size == asked.size => None,
                Some(size) => Some(Response::text(
                    400,
                    format!("the action promised {size} bytes for this file, not {}", asked.size),
                )),
                None if files::anything_promised(db, asked.evidence)? => Some(Response::text(
                    403,
                    "no action of this device promised such a file for this evidence",
                )),
                // The op is on its way; files may overtake it.
                None => Some(
                    Response::text(503, "the action that promises this file has not arrived yet; sync first")
                        .with("retry-after", "2"),
                ),
            })
        })
    }

    fn progress(&self, id: &str, signed: &Signed) -> Result<Response> {
        let lane = self.upload_lane(id);
        let Some(upload) = self.own_upload(id, signed)? else { return Ok(gone()) };
        if upload.offset == upload.size && !upload.done {
            // The end was broken off after the last chunk was durable.
            let end = self.finish_upload(&upload)?;
            if end.status >= 400 {
                return Ok(end);
            }
        }
        drop(lane);
        let response = Response::empty(200)
            .with("upload-offset", upload.offset.to_string())
            .with("upload-length", upload.size.to_string())
            .with("upload-metadata", metadata_of(&upload))
            .with("cache-control", "no-store");
        Ok(expiring(response, upload.expires))
    }

    fn append(&self, request: &Request, id: &str, signed: &Signed) -> Result<Response> {
        if let Err(refusal) = is_chunk(request) {
            return Ok(refusal);
        }
        let Some(offset) = request.header("upload-offset").and_then(|v| v.parse::<u64>().ok()) else {
            return Ok(Response::text(400, "Upload-Offset is missing or no number"));
        };
        let lane = self.upload_lane(id);
        let Some(upload) = self.own_upload(id, signed)? else { return Ok(gone()) };
        if offset != upload.offset {
            return Ok(Response::text(409, format!("{} bytes are here, not {offset}", upload.offset))
                .with("upload-offset", upload.offset.to_string()));
        }
        if upload.done {
            let done = Response::empty(204).with("upload-offset", upload.offset.to_string());
            return Ok(expiring(done, upload.expires));
        }
        let response = self.write_chunk(&upload, &request.body)?;
        drop(lane);
        Ok(response)
    }

    fn write_chunk(&self, upload: &Upload, chunk: &[u8]) -> Result<Response> {
        let end = upload.offset + chunk.len() as u64;
        if end > upload.size {
            return Ok(Response::text(
                413,
                format!("the file has {} bytes, this chunk ends at {end}", upload.size),
            ));
        }
        self.put_chunk(upload, chunk)?;
        let expires = Millis(self.now().0 + EXPIRES_AFTER_MS);
        self.write(|tx| files::advance(tx, &upload.id, end, expires))?;
        if end == upload.size {
            let outcome = self.finish_upload(&Upload { offset: end, ..upload.clone() })?;
            if outcome.status >= 400 {
                return Ok(outcome);
            }
        }
        Ok(expiring(Response::empty(204).with("upload-offset", end.to_string()), expires))
    }

    /// Makes a whole upload a stored file, or drops it where it is not what was promised. The caller
    /// holds the upload's lane.
    pub(crate) fn finish_upload(&self, upload: &Upload) -> Result<Response> {
        if !self.is_what_was_promised(upload)? {
            self.remove_part(&upload.id)?;
            self.write(|tx| files::drop_upload(tx, &upload.id))?;
            let said = format!(
                "the {} bytes received do not hash to {}; send the file again",
                upload.size, upload.sha256
            );
            return Ok(Response::text(CHECKSUM_MISMATCH, said));
        }
        self.adopt_part(upload)?;
        self.write(|tx| self.note_file(tx, upload))?;
        self.decide_pending()?;
        self.remove_part(&upload.id)?;
        Ok(Response::empty(204))
    }

    /// Ends what a dying server left whole and unfinished, and drops what is over.
    pub(crate) fn finish_broken_off_uploads(&self) -> Result<()> {
        let now = self.now();
        for upload in self.read(|db| files::unfinished_ends(db, now))? {
            self.finish_upload(&upload)?;
        }
        self.drop_expired_uploads()
    }

    fn drop_expired_uploads(&self) -> Result<()> {
        let now = self.now();
        for upload in self.read(|db| files::expired(db, now))? {
            let _lane = self.upload_lane(&upload.id);
            self.remove_part(&upload.id)?;
            self.write(|tx| files::drop_upload(tx, &upload.id))?;
        }
        Ok(())
    }

    fn terminate(&self, id: &str, signed: &Signed) -> Result<Response> {
        let _lane = self.upload_lane(id);
        if self.own_upload(id, signed)?.is_none() {
            return Ok(gone());
        }
        self.remove_part(id)?;
        self.write(|tx| files::drop_upload(tx, id))?;
        Ok(Response::empty(204))
    }

    fn own_upload(&self, id: &str, signed: &Signed) -> Result<Option<Upload>> {
        let now = self.now();
        let upload = self.read(|db| files::upload(db, id))?;
        Ok(upload.filter(|u| u.device == signed.device.id && u.expires > now))
    }
}

fn options() -> Response {
    Response::empty(204)
        .with("tus-resumable", TUS_VERSION)
        .with("tus-version", TUS_VERSION)
        .with("tus-extension", EXTENSIONS)
        .with("tus-max-size", MAX_FILE.to_string())
        .with("tus-checksum-algorithm", "sha256")
}

/// A phone takes these for transport and learns from `/v1/sync` why.
pub(crate) fn shut_out(shut: Shut) -> Response {
    match shut {
        Shut::Stranger(reason) => Response::text(401, reason),
        Shut::Pause { pause, .. } => Response::text(403, format!("not let in: {pause:?}")),
    }
}

fn gone() -> Response {
    Response::text(404, "there is no such upload; it is over, or was never made by this device")
        .with("cache-control", "no-store")
}

/// Checks type and checksum of a chunk.
fn is_chunk(request: &Request) -> Result<(), Response> {
    if request.header("content-type") != Some(CHUNK_TYPE) {
        return Err(Response::text(415, format!("a chunk is {CHUNK_TYPE}")));
    }
    let Some(header) = request.header("upload-checksum") else { return Ok(()) };
    let Some(("sha256", sum)) = header.split_once(' ') else {
        return Err(Response::text(400, "Upload-Checksum is not “sha256 <base64>”"));
    };
    let Ok(sum) = STANDARD.decode(sum.trim()) else {
        return Err(Response::text(400, "Upload-Checksum is no base64"));
    };
    if sum == Hash::of(&request.body).0 {
        Ok(())
    } else {
        Err(Response::text(CHECKSUM_MISMATCH, "the chunk does not fit its Upload-Checksum; send it again"))
    }
}

/// Reads `Upload-Metadata`: which copy of which evidence.
fn asked_for(request: &Request) -> Result<(Id, Grade, String), String> {
    let metadata = request.header("upload-metadata").unwrap_or_default();
    let value = |key: &'static str| {
        let text = metadata.split(',').find_map(|pair| {
            let (name, value) = pair.trim().split_once(' ')?;
            (name == key).then_some(value)
        });
        text.and_then(|t| STANDARD.decode(t.trim()).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(format!("Upload-Metadata has no “{key}” in base64"))
    };
    let evidence = value(META_EVIDENCE)?.parse().map_err(|_| format!("“{META_EVIDENCE}” is no id"))?;
    let name = value(META_GRADE)?;
    let grade = grade_of(&name).ok_or(format!("“{name}” is no grade (thumbnail, view, original)"))?;
    let sha256 = value(META_SHA256)?;
    if Hash::from_hex(&sha256).is_none() {
        return Err(format!("“{META_SHA256}” is not 64 hex digits"));
    }
    Ok((evidence, grade, sha256))
}

/// What the upload is of, as HEAD must repeat it (tus 1.0, extension *creation*): a phone sees whether it is its file.
fn metadata_of(upload: &Upload) -> String {
    [
        (META_EVIDENCE, upload.evidence.to_string()),
        (META_GRADE, upload.grade.as_str().to_owned()),
        (META_SHA256, upload.sha256.clone()),
    ]
    .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
    .join(",")
}

/// RFC 9110 date, as extension *expiration* wants it.
fn expiring(response: Response, expires: Millis) -> Response {
    let date = chrono::DateTime::from_timestamp_millis(expires.0).unwrap_or_default();
    response.with("upload-expires", date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}
