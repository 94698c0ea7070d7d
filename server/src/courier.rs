//! Bundles that somebody carried: another phone, or a stick. A bundle proves itself (certificate, links, signatures), so
//! it does not matter who brings it; delivered twice it is there once.

use std::io::{self, Cursor, Read, Seek, Write};

use rounds_model::{DeviceId, Millis};
use rounds_protocol::Hash;
use rounds_protocol::bundle::{self, BundleError, Opened, Proven, Voucher};
use rounds_protocol::wire::{Answer, CourierAnswer, Pause, ReceivedThrough};

use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::log::receive;
use crate::store::devices::{self, Known};
use crate::store::files::{self, Upload};
use crate::store::{bundles, inbox};

/// Why a bundle is not taken. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It does not prove itself, or does not open.
    #[error("the bundle is not taken: {0}")]
    Bundle(#[from] BundleError),
    /// Its device is not known here.
    #[error("the bundle is not taken: its device {0} is not enrolled at this server")]
    UnknownDevice(DeviceId),
    /// Its device was revoked.
    #[error(
        "the bundle is not taken: the phone {0} was revoked; what is on it can be rescued with the organisation's recovery key (`rounds rescue`)"
    )]
    Revoked(String),
    /// What comes before it is not here.
    #[error(
        "the bundle is not taken: it does not follow what is here of the log of {prefix} (here: through {through}, the bundle begins at {begins}); bring the bundle before it, or let the phone sync"
    )]
    DoesNotFollow {
        /// What numbers born on the device begin with.
        prefix: String,
        /// The last place here.
        through: u64,
        /// The first place of the bundle.
        begins: u64,
    },
    /// The server's own fault.
    #[error(transparent)]
    Fault(#[from] ServerError),
}

/// What came of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Whose log it was.
    pub device: DeviceId,
    /// What numbers born on it begin with.
    pub prefix: String,
    /// Actions in it.
    pub ops: usize,
    /// Of them new here.
    pub new_ops: usize,
    /// Files in it.
    pub files: usize,
    /// Of them new here.
    pub new_files: usize,
    /// How much of the log is durable here now.
    pub received_through: Vec<ReceivedThrough>,
}

impl Core {
    /// Takes a bundle: receives its log as if the device had sent it, decides, stores its files.
    /// `brought` names the device that carried it; none for a stick.
    pub fn take_bundle(
        &self,
        mut from: impl Read + Seek,
        brought: Option<DeviceId>,
    ) -> Result<Delivered, NotTaken> {
        let proven = bundle::prove(&mut from, Some(&self.root()))?;
        let device = self.bundle_device(&proven)?;
        let mut opened = bundle::open(from, &proven, &self.keys.courier)?;
        let now = self.now();
        let (new_ops, received_through) = self.write_or_undo(|tx| {
            let before = inbox::held_of(tx, device.id)?;
            let mut through = Vec::new();
            for stretch in &opened.stretches {
                // When it was sent says nothing: it was carried, for minutes or for weeks.
                match receive(tx, &device, stretch, None, now)? {
                    Ok(received) => through.push(received),
                    Err(pause) => return Err(does_not_follow(&device, &pause, stretch.first)),
                }
            }
            Ok((inbox::held_of(tx, device.id)? - before, newest_of_each(through)))
        })?;
        self.decide_pending()?;
        let new_files = self.take_files(&proven, &device, &mut opened, now)?;
        let delivered = Delivered {
            device: device.id,
            prefix: device.prefix,
            ops: proven.statement.ops(),
            new_ops,
            files: proven.statement.files.len(),
            new_files,
            received_through,
        };
        let rescued = proven.statement.voucher == Voucher::Recovery;
        self.write(|tx| bundles::note(tx, &proven.name, rescued, brought, &delivered, now))?;
        Ok(delivered)
    }

    fn bundle_device(&self, proven: &Proven) -> Result<Known, NotTaken> {
        let id = proven.statement.device;
        let device = self.read(|db| devices::find(db, id))?.ok_or(NotTaken::UnknownDevice(id))?;
        match proven.statement.voucher {
            Voucher::Device if device.revoked => Err(NotTaken::Revoked(device.prefix)),
            // The organisation itself vouches for what was rescued from a phone that is lost to it.
            Voucher::Device | Voucher::Recovery => Ok(device),
        }
    }

    /// Stores the files an action of the device has promised; how many of them were not here.
    fn take_files<R: Read + Seek>(
        &self,
        proven: &Proven,
        device: &Known,
        opened: &mut Opened<R>,
        now: Millis,
    ) -> Result<usize, NotTaken> {
        let mut new = 0;
        for (n, file) in proven.statement.files.iter().enumerate() {
            let sha256 = file.sha256.to_string();
            let wanted = self.read(|db| {
                let promised = files::promised(db, device.id, file.evidence, file.grade, &sha256)?;
                let stored = files::stored(db, file.evidence)?;
                let is_here = stored.iter().any(|(grade, sha, _)| *grade == file.grade && *sha == sha256);
                Ok(promised == Some(file.size) && !is_here)
            })?;
            if !wanted {
                continue;
            }
            let upload = Upload {
                id: Hash(self.outside.bytes()).to_string(),
                device: device.id,
                evidence: file.evidence,
                grade: file.grade,
                sha256,
                size: file.size,
                offset: 0,
                done: false,
                expires: now,
            };
            let mut part = Part { core: self, upload: upload.clone() };
            if file.size == 0 {
                self.put_chunk(&upload, &[])?;
            }
            let copied = opened.copy_file(n, &mut part);
            if copied.as_ref().is_ok_and(|hash| *hash == file.sha256) {
                let whole = Upload { offset: file.size, ..upload };
                if self.finish_upload(&whole)?.status < 400 {
                    new += 1;
                }
            } else {
                self.remove_part(&upload.id)?;
                copied?;
                let what = format!("the {} copy of evidence {}", file.grade.as_str(), file.evidence);
                let reason = "its bytes are not those that were signed".to_owned();
                return Err(BundleError::Altered { what, reason }.into());
            }
        }
        Ok(new)
    }

    /// `POST /v1/courier`: an enrolled device brings a bundle of any device of the organisation.
    pub(crate) fn courier(&self, request: &Request) -> Result<Response> {
        let signed = match self.signed(request)? {
            Ok(signed) => signed,
            Err(shut) => return self.say_shut(request, shut),
        };
        if let Some(encoding) = request.header("content-encoding") {
            let reason = format!("a bundle travels as it is, this one is packed as “{encoding}”");
            return self.seal(request, &signed.nonce, Answer::Courier(CourierAnswer::Refused { reason }));
        }
        let answer = match self.take_bundle(Cursor::new(&request.body), Some(signed.device.id)) {
            Ok(Delivered { device, received_through, .. }) => {
                CourierAnswer::Taken { device, received_through }
            }
            Err(NotTaken::Fault(fault)) => return Err(fault),
            Err(
                refusal @ (NotTaken::Bundle(_)
                | NotTaken::UnknownDevice(_)
                | NotTaken::Revoked(_)
                | NotTaken::DoesNotFollow { .. }),
            ) => CourierAnswer::Refused { reason: refusal.to_string() },
        };
        self.seal(request, &signed.nonce, Answer::Courier(answer))
    }
}

fn does_not_follow(device: &Known, pause: &Pause, begins: u64) -> NotTaken {
    let through = match pause {
        Pause::SendFrom(here) => here.seq,
        Pause::NotEnrolled
        | Pause::Revoked
        | Pause::NeedsUpdate { .. }
        | Pause::BadSignature
        | Pause::NotUnderstood { .. } => 0,
    };
    NotTaken::DoesNotFollow { prefix: device.prefix.clone(), through, begins }
}

fn newest_of_each(through: Vec<ReceivedThrough>) -> Vec<ReceivedThrough> {
    let mut newest: Vec<ReceivedThrough> = Vec::new();
    for received in through {
        match newest.last_mut().filter(|last| last.epoch == received.epoch) {
            Some(last) => *last = received,
            None => newest.push(received),
        }
    }
    newest
}

/// Writes an upload's bytes, each piece durable.
struct Part<'a> {
    core: &'a Core,
    upload: Upload,
}

impl Write for Part<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.core.put_chunk(&self.upload, bytes).map_err(io::Error::other)?;
        self.upload.offset += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
