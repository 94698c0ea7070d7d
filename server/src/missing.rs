//! `POST /v1/files/missing`: which files of a phone are not here. The word “all photos are on the server” stands on
//! this answer alone, and it needs nothing but the device's signature: whoever lost his rights learns it too.

use std::fs;
use std::io::ErrorKind;

use rounds_model::{DeviceId, Millis};
use rounds_protocol::cbor;
use rounds_protocol::files::{MAX_ASKED, Missing, MissingAnswer, MissingRequest, MissingWhy, NamedFile};
use rounds_protocol::wire::{Answer, Pause};

use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::keys::sync_folder;
use crate::store::files;

impl Core {
    pub(crate) fn files_missing(&self, request: &Request) -> Result<Response> {
        let signed = match self.signed(request)? {
            Ok(signed) => signed,
            Err(shut) => return self.say_shut(request, shut),
        };
        let answer = match request.unpacked().and_then(|bytes| read_body(&bytes)) {
            Ok(asked) => Answer::Missing(self.missing(signed.device.id, &asked)?),
            Err(reason) => Answer::Pause(Pause::NotUnderstood { reason }),
        };
        self.seal(request, &signed.nonce, answer)
    }

    fn missing(&self, device: DeviceId, asked: &MissingRequest) -> Result<MissingAnswer> {
        let server_time = self.now();
        let mut missing = Vec::new();
        for (index, file) in (0..).zip(&asked.files) {
            if let Some(why) = self.why_missing(device, file, server_time)? {
                missing.push(Missing { index, why });
            }
        }
        Ok(MissingAnswer { server_epoch: self.server_epoch(), server_time, missing })
    }

    fn why_missing(&self, device: DeviceId, file: &NamedFile, now: Millis) -> Result<Option<MissingWhy>> {
        let found = self.read(|db| {
            let promised = files::promised(db, device, file.evidence, file.grade, &file.sha256)?;
            let stored = files::stored(db, file.evidence)?;
            Ok((promised, stored.iter().any(|(grade, sha, _)| *grade == file.grade && *sha == file.sha256)))
        })?;
        let size = match found {
            (None, _) => return Ok(Some(MissingWhy::NotPromised)),
            (Some(_), false) => return Ok(Some(MissingWhy::NotReceived)),
            (Some(size), true) => size,
        };
        let path = self.blob_path(&file.sha256);
        match fs::metadata(&path) {
            Ok(facts) if facts.len() == size => return Ok(None),
            Ok(_) => self.put_aside(&file.sha256, now)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(ServerError::disk("looking at a stored file", &path)(error)),
        }
        // Forgotten, so that the phone's upload of it begins anew instead of finding itself done.
        self.write(|tx| files::forget_stored(tx, &file.sha256))?;
        tracing::error!(
            sha256 = file.sha256,
            "a stored file is gone or damaged; its phone is asked for it again"
        );
        Ok(Some(MissingWhy::Unverified))
    }

    /// Moves a damaged file out of the way; nothing that people sent is deleted.
    fn put_aside(&self, sha256: &str, now: Millis) -> Result<()> {
        let path = self.blob_path(sha256);
        let aside = path.with_extension(format!("damaged-{}", now.0));
        fs::rename(&path, &aside).map_err(ServerError::disk("putting a damaged file aside", &path))?;
        sync_folder(path.parent().unwrap_or(&path))
    }
}

fn read_body(bytes: &[u8]) -> Result<MissingRequest, String> {
    let asked: MissingRequest =
        cbor::decode("a question for missing files", bytes).map_err(|e| e.to_string())?;
    if asked.files.len() > MAX_ASKED {
        return Err(format!("at most {MAX_ASKED} files are asked about at once, not {}", asked.files.len()));
    }
    Ok(asked)
}
