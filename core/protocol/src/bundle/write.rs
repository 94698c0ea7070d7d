//! Making a bundle.

use std::io::{self, Read, Write};

use rounds_model::{DeviceId, Millis};
use serde_bytes::ByteBuf;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    BODY_KEY, BundleError, BundleFile, MAGIC, Ops, STATEMENT, SealedFor, Statement, Stretch, Voucher,
};
use crate::cbor;
use crate::cert::Chain;
use crate::keys::{PublicKey, Signer, sign1};
use crate::link::{Hash, Link};
use crate::sealing::{Draw, seal};
use crate::slices::{SALT, Sealer};
use crate::wire::{LINK, LogOp};

/// A contiguous part of one epoch of a log.
pub struct Content {
    /// Its first link.
    pub first: Link,
    /// Its actions, in log order.
    pub ops: Vec<LogOp>,
}

/// A bundle about to be made.
pub struct Draft<'a> {
    /// Whose log.
    pub device: DeviceId,
    /// Its certificate.
    pub chain: Chain,
    /// Who signs.
    pub voucher: Voucher,
    /// His key.
    pub signer: &'a dyn Signer,
    /// The time by the clock at hand.
    pub made: Millis,
    /// The log.
    pub log: Vec<Content>,
    /// The files.
    pub files: Vec<BundleFile>,
    /// Who can open the body.
    pub readers: Vec<PublicKey>,
}

/// Counts and hashes what is written through it.
struct Measured<W> {
    out: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Makes a bundle. The body goes to `body` first, because the statement before it names its hash; what is returned is
/// to be written before it. `file` opens the n-th file.
pub fn write(
    draft: Draft<'_>,
    body: &mut dyn Write,
    file: &mut dyn FnMut(usize) -> io::Result<Box<dyn Read>>,
    draw: Draw<'_>,
) -> Result<Vec<u8>, BundleError> {
    let Draft { device, chain, voucher, signer, made, log, files, readers } = draft;
    let stretches = log.iter().map(|content| signed(content, signer)).collect::<Result<Vec<_>, _>>()?;
    let ops = Ops(log.into_iter().map(|content| content.ops).collect());
    let ops = cbor::encode("a bundle's actions", &ops)?;
    let mut key = Zeroizing::new([0; 32]);
    let mut salt = [0; SALT];
    draw(&mut *key);
    draw(&mut salt);
    let measured = Measured { out: body, hash: Sha256::new(), size: 0 };
    let mut sealer = Sealer::new(&key, salt, measured)?;
    sealer.write_all(&ops)?;
    for (n, promised) in files.iter().enumerate() {
        copy(promised, file(n)?, &mut sealer)?;
    }
    let Measured { hash, size, .. } = sealer.finish().map_err(io::Error::from)?;
    let sealed_for = readers.into_iter().map(|reader| {
        let body_key = seal(BODY_KEY, device.as_bytes(), &*key, &reader, draw)?;
        Ok(SealedFor { key: reader, sealed: body_key })
    });
    let statement = Statement {
        device,
        chain,
        voucher,
        made,
        stretches,
        files,
        ops_size: u32::try_from(ops.len()).map_err(|_| BundleError::altered("its log", "it is too long"))?,
        sealed_for: sealed_for.collect::<Result<_, BundleError>>()?,
        body: Hash(hash.finalize().into()),
        body_size: size,
    };
    let statement = sign1(STATEMENT, cbor::encode("a bundle's statement", &statement)?, signer)?;
    let length = u32::try_from(statement.len())
        .map_err(|_| BundleError::altered("its statement", "it is too long"))?;
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&length.to_be_bytes());
    head.extend_from_slice(&statement);
    Ok(head)
}

fn signed(content: &Content, signer: &dyn Signer) -> Result<Stretch, BundleError> {
    let hash = |op: &LogOp| match op {
        LogOp::Op(bytes) => bytes.hash(),
        LogOp::Discarded(hash) => *hash,
    };
    let ops: Vec<Hash> = content.ops.iter().map(hash).collect();
    let newest = ops.iter().skip(1).fold(content.first.clone(), |link, op| link.next(*op));
    let head = sign1(LINK, cbor::encode("a link", &newest)?, signer)?;
    let Link { epoch, seq, previous, .. } = content.first;
    Ok(Stretch { epoch, first: seq, previous, ops, head: ByteBuf::from(head) })
}

/// A file that is not what was promised makes no bundle.
fn copy(promised: &BundleFile, mut from: Box<dyn Read>, to: &mut dyn Write) -> Result<(), BundleError> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        size += read as u64;
        to.write_all(&piece[..read])?;
    }
    if Hash(hash.finalize().into()) == promised.sha256 && size == promised.size {
        Ok(())
    } else {
        let what = format!("the {} copy of evidence {}", promised.grade.as_str(), promised.evidence);
        Err(BundleError::altered(what, "its bytes on this phone are not those that were recorded"))
    }
}
