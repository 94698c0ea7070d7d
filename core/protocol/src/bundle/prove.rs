//! What a bundle proves by itself, offline and without opening it.

use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest as _, Sha256};

use super::{BundleError, MAGIC, MAX_STATEMENT, STATEMENT, Statement, Stretch, Voucher};
use crate::cbor;
use crate::cert::{CertError, Chain, DeviceClaim, ServerClaim, check_device};
use crate::keys::{PublicKey, payload_of, verify1};
use crate::link::{Hash, Link};
use crate::wire::LINK;

/// A bundle that holds together.
#[derive(Clone, PartialEq, Debug)]
pub struct Proven {
    /// What it says.
    pub statement: Statement,
    /// Hash of the statement's bytes: the bundle's name.
    pub name: Hash,
    /// The device's certificate.
    pub device: DeviceClaim,
    /// The certificate of the server that enrolled it.
    pub server: ServerClaim,
    /// Fingerprint of the root it names.
    pub root: Hash,
    /// Whether that is the root that was asked for; otherwise all fits together, and who signed is unknown.
    pub is_known: bool,
    /// Where the sealed body begins.
    pub(super) body_at: u64,
}

/// Proves a bundle. With the root's fingerprint the signer is known; without it the bundle only fits together.
pub fn prove(from: &mut (impl Read + Seek), root: Option<&Hash>) -> Result<Proven, BundleError> {
    from.seek(SeekFrom::Start(0))?;
    let (bytes, body_at) = statement_bytes(from)?;
    let payload = payload_of(STATEMENT, &bytes).map_err(|e| BundleError::altered("its statement", e))?;
    let statement: Statement = cbor::decode("a bundle's statement", &payload)
        .map_err(|e| BundleError::altered("its statement", e))?;
    let found = root_of(&statement.chain)?;
    if let Some(expected) = root
        && *expected != found
    {
        return Err(BundleError::Foreign { found, expected: *expected });
    }
    let (server, device) = check_device(&statement.chain, &found).map_err(BundleError::Certificate)?;
    if device.device != statement.device {
        return Err(BundleError::altered("its statement", "the certificate is another device's"));
    }
    let key = signing_key(&statement, &server, &device);
    verify1(STATEMENT, &bytes, key).map_err(|e| BundleError::altered("its statement", e))?;
    check_log(&statement, key)?;
    check_body(from, &statement)?;
    let name = Hash::of(&bytes);
    Ok(Proven { statement, name, device, server, root: found, is_known: root.is_some(), body_at })
}

/// The key that vouches for a statement.
fn signing_key<'a>(statement: &Statement, server: &'a ServerClaim, device: &'a DeviceClaim) -> &'a PublicKey {
    match statement.voucher {
        Voucher::Device => &device.key,
        Voucher::Recovery => &server.recovery.sign,
    }
}

fn statement_bytes(from: &mut impl Read) -> Result<(Vec<u8>, u64), BundleError> {
    let mut head = Vec::new();
    from.by_ref().take(MAGIC.len() as u64 + 4).read_to_end(&mut head)?;
    let Some(length) = head.strip_prefix(&MAGIC[..]) else {
        let is_cut = MAGIC.starts_with(&head) && !head.is_empty();
        return Err(if is_cut { cut("its head", head.len() as u64, 20) } else { BundleError::NotABundle });
    };
    let Ok(length) = <[u8; 4]>::try_from(length).map(u32::from_be_bytes) else {
        return Err(cut("its head", head.len() as u64, 20));
    };
    if length > MAX_STATEMENT {
        return Err(BundleError::altered("its head", format!("a statement of {length} bytes is too long")));
    }
    let mut bytes = Vec::new();
    from.by_ref().take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() < length as usize {
        return Err(cut("its statement", bytes.len() as u64, u64::from(length)));
    }
    Ok((bytes, (head.len() + length as usize) as u64))
}

fn cut(part: &'static str, found: u64, expected: u64) -> BundleError {
    BundleError::Cut { part, found, expected }
}

/// The root a chain names.
fn root_of(chain: &Chain) -> Result<Hash, BundleError> {
    match check_device(chain, &Hash::NONE) {
        Err(CertError::OtherRoot { found, .. }) => Ok(found),
        Err(error @ (CertError::Key(_) | CertError::Cbor(_))) => Err(BundleError::Certificate(error)),
        Ok(_) => Err(BundleError::altered("its certificate", "it names no root")),
    }
}

/// Every link follows the one before it, and the newest of each stretch is signed.
fn check_log(statement: &Statement, key: &PublicKey) -> Result<(), BundleError> {
    let mut last: Option<Link> = None;
    for stretch in &statement.stretches {
        let Some(newest) = links(statement, stretch).last().cloned() else {
            return Err(BundleError::altered("its log", "a stretch holds no action"));
        };
        if let Some(before) = last.filter(|before| before.epoch == stretch.epoch) {
            let expected = before.seq + 1;
            if stretch.first != expected {
                return Err(BundleError::Gap { epoch: stretch.epoch, found: stretch.first, expected });
            }
            if stretch.previous != before.hash() {
                return Err(BundleError::altered("its log", format!("link {expected} does not follow")));
            }
        }
        let what = || format!("its log of epoch {} from {}", stretch.epoch, stretch.first);
        let head = verify1(LINK, &stretch.head, key).map_err(|e| BundleError::altered(what(), e))?;
        let signed: Link = cbor::decode("a link", &head)?;
        if signed != newest {
            return Err(BundleError::altered(what(), "the signed link is not its newest"));
        }
        last = Some(newest);
    }
    Ok(())
}

fn links(statement: &Statement, stretch: &Stretch) -> Vec<Link> {
    let mut chain: Vec<Link> = Vec::with_capacity(stretch.ops.len());
    for op in &stretch.ops {
        let next = match chain.last() {
            Some(last) => last.next(*op),
            None => Link {
                device: statement.device,
                epoch: stretch.epoch,
                seq: stretch.first,
                op: *op,
                previous: stretch.previous,
            },
        };
        chain.push(next);
    }
    chain
}

fn check_body(from: &mut impl Read, statement: &Statement) -> Result<(), BundleError> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    let mut size = 0_u64;
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        size += read as u64;
    }
    if size < statement.body_size {
        return Err(cut("its sealed body", size, statement.body_size));
    }
    if size > statement.body_size {
        return Err(BundleError::Longer(size - statement.body_size));
    }
    let found = Hash(hash.finalize().into());
    if found != statement.body {
        let reason = format!("it hashes to {found}, signed was {}", statement.body);
        return Err(BundleError::altered("its sealed body", reason));
    }
    Ok(())
}
