//! Logs: receiving a phone's stretch, and writing the server's own.

use rounds_model::action::Attachment;
use rounds_model::things::Grade;
use rounds_model::{Action, Anchor, DeviceId, Id, Millis, Op, OpId, TimeFacts};
use rounds_planted::{Bug, planted};
use rounds_protocol::keys::{sign1, verify1};
use rounds_protocol::wire::{LINK, LogOp, Pause, ReceivedThrough, Stretch};
use rounds_protocol::{Hash, LONGEST_EXCHANGE_MS, Link, MAX_STRETCH_BYTES, MAX_STRETCH_OPS, OpBytes, cbor};
use rusqlite::Connection;

use crate::error::{Result, ServerError};
use crate::keys::ServerKeys;
use crate::outside::Outside;
use crate::store::devices::Known;
use crate::store::files;
use crate::store::inbox::{self, Alarm, Head, Received};

/// The action that promises files.
const ATTACH: &str = "evidence.attach";

/// The anchor that a request's receipt makes of the phone's clocks at sending. It was sent at most
/// [`LONGEST_EXCHANGE_MS`] ago and not after now.
pub(crate) fn anchor_of(sent: &TimeFacts, received: Millis) -> Anchor {
    let half = LONGEST_EXCHANGE_MS.cast_signed() / 2;
    Anchor { server: Millis(received.0 - half), mono: sent.mono, boot: sent.boot, uncertainty: half }
}

/// Checks what can be checked without the store: sizes, and that the head's signature is the
/// device's. Returns the signed link.
pub(crate) fn check_stretch(stretch: &Stretch, device: &Known) -> Result<Link, Pause> {
    let not_understood = |reason: String| Pause::NotUnderstood { reason };
    if stretch.ops.is_empty() || stretch.first == 0 {
        return Err(not_understood("a stretch holds at least one op and counts from 1".into()));
    }
    let size: usize = stretch
        .ops
        .iter()
        .map(|op| match op {
            LogOp::Op(bytes) => bytes.size(),
            LogOp::Discarded(_) => 32,
        })
        .sum();
    // One op alone may be as large as an op may be; the rulebook says more about it.
    if stretch.ops.len() > MAX_STRETCH_OPS || (size > MAX_STRETCH_BYTES && stretch.ops.len() > 1) {
        return Err(not_understood(format!(
            "a stretch of {} ops and {size} bytes is too long",
            stretch.ops.len()
        )));
    }
    let payload = verify1(LINK, &stretch.head, &device.key).map_err(|_| Pause::BadSignature)?;
    let head: Link = cbor::decode("a link", &payload).map_err(|e| not_understood(e.to_string()))?;
    let chain = links(stretch, device.id);
    if chain.last() == Some(&head) {
        Ok(head)
    } else {
        Err(not_understood("the signed link is not the newest link of the stretch".into()))
    }
}

fn links(stretch: &Stretch, device: DeviceId) -> Vec<Link> {
    let mut chain: Vec<Link> = Vec::with_capacity(stretch.ops.len());
    for op in &stretch.ops {
        let hash = match op {
            LogOp::Op(bytes) => bytes.hash(),
            LogOp::Discarded(hash) => *hash,
        };
        let next = match chain.last() {
            Some(last) => last.next(hash),
            None => Link {
                device,
                epoch: stretch.epoch,
                seq: stretch.first,
                op: hash,
                previous: stretch.previous,
            },
        };
        chain.push(next);
    }
    chain
}

/// Receives a checked stretch: what continues the log is kept, what is there already is compared. `sent` are the
/// device's clocks at sending; a bundle that was carried has none.
pub(crate) fn receive(
    tx: &Connection,
    device: &Known,
    stretch: &Stretch,
    sent: Option<&TimeFacts>,
    received: Millis,
) -> Result<Result<ReceivedThrough, Pause>> {
    let held = inbox::head(tx, device.id, stretch.epoch)?;
    let (seq, link) = held.as_ref().map_or((0, None), |h| (h.seq, Some(h.link)));
    let through = held.map_or(ReceivedThrough::nothing(stretch.epoch), |head| head.receipt());
    let send_from = Err(Pause::SendFrom(through));
    if stretch.first > seq + 1 && !planted(Bug::GapReceived) {
        return Ok(send_from);
    }
    let before = match stretch.first {
        1 => None,
        first if first == seq + 1 => link,
        first => inbox::place(tx, device.id, stretch.epoch, first - 1)?.map(|(_, link)| link),
    };
    if before.is_some_and(|link| link != stretch.previous) {
        fork(tx, device.id, stretch, received, stretch.first - 1)?;
        return Ok(send_from);
    }
    let chain = links(stretch, device.id);
    for link in chain.iter().take_while(|l| l.seq <= seq) {
        let there = inbox::place(tx, device.id, stretch.epoch, link.seq)?;
        if there.is_none_or(|(_, hash)| hash != link.hash()) || planted(Bug::RepeatIsFork) {
            fork(tx, device.id, stretch, received, link.seq)?;
            return Ok(send_from);
        }
    }
    let anchor = sent.map(|sent| anchor_of(sent, received));
    let mut last = None;
    for (link, op) in chain.iter().zip(&stretch.ops).filter(|(link, _)| link.seq > seq) {
        let op = match op {
            LogOp::Op(bytes) => keep(tx, link, bytes, anchor, received)?,
            LogOp::Discarded(_) => None,
        };
        let hash = link.hash();
        let op = op.filter(|_| !planted(Bug::PlaceNotKept));
        inbox::add_place(tx, link, &hash, op)?;
        last = Some(Head { epoch: link.epoch, seq: link.seq, link: hash });
    }
    match last {
        Some(newest) => {
            inbox::set_head(tx, device.id, &newest, &stretch.head)?;
            Ok(Ok(newest.receipt()))
        }
        None => Ok(Ok(through)),
    }
}

/// Two logs under one epoch: a copy of the phone's store is at work. Nothing held is touched.
fn fork(tx: &Connection, device: DeviceId, stretch: &Stretch, at: Millis, seq: u64) -> Result<()> {
    let said = format!("the log of epoch {} forks at {seq}", stretch.epoch);
    inbox::alarm(
        tx,
        &Alarm { at: at.0, what: "log-forks", device: Some(device), op: None, bytes: None, said },
    )
}

/// Keeps one op. The same id again is nothing new; with other bytes it is set aside and alarmed, and
/// what is stored stands.
fn keep(
    tx: &Connection,
    link: &Link,
    bytes: &OpBytes,
    anchor: Option<Anchor>,
    received: Millis,
) -> Result<Option<OpId>> {
    let alarm = |op: Option<OpId>, what, said| {
        inbox::alarm(
            tx,
            &Alarm { at: received.0, what, device: Some(link.device), op, bytes: Some(bytes), said },
        )
    };
    let header = match bytes.header() {
        Ok(header) => header,
        Err(error) => {
            alarm(None, "op-unreadable", format!("op {} of epoch {}: {error}", link.seq, link.epoch))?;
            return Ok(None);
        }
    };
    let op = Received {
        op: header.id,
        device: link.device,
        epoch: link.epoch,
        seq: link.seq,
        at: received.0,
        anchor,
        bytes: bytes.clone(),
        parent: None,
        action: header.action,
        subject: header.subject,
    };
    if inbox::keep(tx, &op)? {
        if op.action == ATTACH
            && let Some(attachment) = promises_of(bytes)
        {
            let copies = [
                (Grade::Thumbnail, attachment.thumbnail.as_ref()),
                (Grade::View, attachment.view.as_ref()),
                (Grade::Original, Some(&attachment.original)),
            ];
            for (grade, file) in copies {
                if let Some(file) = file {
                    files::promise(tx, link.device, attachment.evidence, grade, file)?;
                }
            }
        }
    } else if inbox::hash_of(tx, op.op)? != Some(link.op) {
        alarm(Some(op.op), "id-with-other-bytes", format!("op {} came again with other bytes", op.op))?;
    }
    Ok(Some(op.op))
}

/// What an op promises to send, where it is a picture.
fn promises_of(bytes: &OpBytes) -> Option<Box<Attachment>> {
    let Action::AttachEvidence(attachment) = bytes.open().ok()?.action else { return None };
    Some(attachment)
}

/// Writes ops into the server's own log, signed by its key.
pub(crate) fn append_own(
    tx: &Connection,
    keys: &ServerKeys,
    outside: &Outside,
    now: Millis,
    ops: &[Op],
) -> Result<()> {
    let device = keys.claim.device;
    let head = inbox::newest_head(tx, device)?;
    let (epoch, mut seq, mut previous) =
        head.map_or_else(|| (Id::v7(now.0, outside.bytes()), 0, Hash::NONE), |h| (h.epoch, h.seq, h.link));
    let mut newest = None;
    for op in ops {
        let bytes = OpBytes::seal(op).map_err(|e| ServerError::internal("recording an action")(&e))?;
        seq += 1;
        let link = Link { device, epoch, seq, op: bytes.hash(), previous };
        previous = link.hash();
        let kept = Received {
            op: op.id,
            device,
            epoch,
            seq,
            at: now.0,
            anchor: None,
            bytes,
            parent: None,
            action: op.action.name().to_owned(),
            subject: op.subject.clone(),
        };
        if !inbox::keep(tx, &kept)? {
            return Err(ServerError::Internal {
                doing: "recording an action",
                reason: format!("op {} is taken", op.id),
            });
        }
        inbox::add_place(tx, &link, &previous, Some(op.id))?;
        newest = Some(link);
    }
    let Some(link) = newest else { return Ok(()) };
    let payload = cbor::encode("a link", &link).map_err(|e| ServerError::internal("signing a link")(&e))?;
    let signed = sign1(LINK, payload, &keys.key).map_err(|e| ServerError::internal("signing a link")(&e))?;
    inbox::set_head(tx, device, &Head { epoch, seq, link: previous }, &signed)
}
