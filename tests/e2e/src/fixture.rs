//! Stores of an older schema, packed: a phone with a thousand actions nobody has received yet, and its server.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rounds_model::OpId;
use rounds_protocol::cbor;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Where fixtures lie.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
/// Actions the phone has recorded and not sent.
pub const QUEUED: usize = 1_000;

/// A phone and its server as they stood.
#[derive(Serialize, Deserialize)]
pub struct Fixture {
    /// The schema of both.
    pub schema: u32,
    /// Files by their path.
    pub files: BTreeMap<String, ByteBuf>,
    /// The phone's log: each op and the hash of its bytes, in hex.
    pub log: Vec<(OpId, String)>,
    /// SHA-256 of each file of a picture, in hex.
    pub pictures: Vec<String>,
}

impl Fixture {
    /// Packs what lies in a folder.
    pub fn of(folder: &Path, schema: u32, log: Vec<(OpId, String)>, pictures: Vec<String>) -> Result<Self> {
        let mut files = BTreeMap::new();
        gather(folder, folder, &mut files)?;
        Ok(Self { schema, files, log, pictures })
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&cbor::encode("a fixture", self)?)?;
        fs::write(path, packed.finish()?).with_context(|| format!("writing {}", path.display()))
    }

    /// Reads one.
    pub fn read(path: &Path) -> Result<Self> {
        let file = fs::File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let mut bytes = Vec::new();
        GzDecoder::new(file).read_to_end(&mut bytes)?;
        Ok(cbor::decode("a fixture", &bytes)?)
    }

    /// Lays its files out.
    pub fn lay_out(&self, folder: &Path) -> Result<()> {
        for (name, bytes) in &self.files {
            let path = folder.join(name);
            if let Some(above) = path.parent() {
                fs::create_dir_all(above)?;
            }
            fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, ByteBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            gather(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.insert(name, ByteBuf::from(fs::read(&path)?));
        }
    }
    Ok(())
}
