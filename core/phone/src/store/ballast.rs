//! Room for the day the disk is full: a file that holds some of it and is let go then, so that actions and draining go
//! on while pictures are refused before the shutter.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::Disk;
use crate::error::{Fault, PhoneError};

/// The file's name in the store's folder.
pub(crate) const BALLAST: &str = "ballast";
/// Below this much room the ballast goes: a write-ahead log of 1,000 pages and as much again.
const LOW: u64 = 8 * 1024 * 1024;
/// A picture needs this much room: what a camera writes, its sealed copy and those made from it.
const PICTURE: u64 = 24 * 1024 * 1024;

/// Whether the ballast is in its place.
pub(crate) struct Ballast {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    path: PathBuf,
    in_place: bool,
}

impl Ballast {
    /// Looks whether it is there, and puts it there where there is room for it.
    pub fn at(folder: &Path, disk: Arc<dyn Disk>) -> Self {
        let path = folder.join(BALLAST);
        let in_place = matches!(disk.size(&path), Ok(Some(size)) if size >= disk.ballast() && size > 0);
        let mut ballast = Self { disk, folder: folder.to_owned(), path, in_place };
        ballast.restore();
        ballast
    }

    fn free(&self) -> u64 {
        // Where nothing says how much is free, a full disk shows when something is written.
        self.disk.free(&self.folder).unwrap_or(u64::MAX)
    }

    /// Before something is written: lets the ballast go where the disk is nearly full.
    pub fn make_room(&mut self) {
        if self.in_place && self.free() < LOW {
            self.let_go();
        }
    }

    /// The disk is full: lets the ballast go. Whether there was one.
    pub fn let_go(&mut self) -> bool {
        std::mem::replace(&mut self.in_place, false) && self.disk.remove(&self.path).is_ok()
    }

    /// Puts the ballast back where there is room for it and for work beside it.
    pub fn restore(&mut self) {
        let size = self.disk.ballast();
        if !self.in_place && size > 0 && self.free() >= size.saturating_add(LOW).saturating_add(PICTURE) {
            self.in_place = self.disk.occupy(&self.path, size).is_ok();
        }
    }

    /// Before the shutter: pictures are refused while the room is needed for actions.
    pub fn room_for_a_picture(&mut self) -> Result<(), Fault> {
        self.restore();
        let is_short = self.disk.ballast() > 0 && !self.in_place;
        if is_short || self.free() < PICTURE {
            let doing = "making room for a picture (actions are still kept)".to_owned();
            return Err(PhoneError::NoSpace { doing }.into());
        }
        Ok(())
    }
}
