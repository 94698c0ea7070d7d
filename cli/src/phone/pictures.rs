//! The verbs about pictures.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::{Subcommand, ValueEnum};
use rounds_model::things::Slot;
use rounds_phone::{Phone, PhoneError};
use serde_json::json;

use crate::phone::Said;

/// Pictures.
#[derive(Subcommand)]
pub(crate) enum PhotoVerb {
    /// Attach a picture file (JPEG or PNG) to an order.
    Add {
        /// Number of the order.
        order: String,
        /// The file; it is only read.
        file: PathBuf,
        /// What it is for.
        #[arg(long)]
        slot: SlotName,
        /// Key of the before/after pair; needed where the order has several.
        #[arg(long)]
        item: Option<String>,
    },
    /// Take a picture as a phone does: reserve its place, let a camera program write there, save. A kill between
    /// shutter and save loses nothing; the next call adopts what lies there.
    Capture {
        /// Number of the order.
        order: String,
        /// What it is for.
        #[arg(long)]
        slot: SlotName,
        /// Key of the before/after pair; needed where the order has several.
        #[arg(long)]
        item: Option<String>,
        /// The camera: a program that writes a picture to the path it is given. Its standard input stays open as
        /// long as the phone lives.
        #[arg(long)]
        camera: PathBuf,
    },
    /// Every file of a picture taken here, and how far it is.
    List,
}

/// What a picture is for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SlotName {
    Before,
    During,
    After,
    Reading,
    Nameplate,
    Scene,
    Signature,
}

impl From<SlotName> for Slot {
    fn from(name: SlotName) -> Self {
        match name {
            SlotName::Before => Slot::Before,
            SlotName::During => Slot::During,
            SlotName::After => Slot::After,
            SlotName::Reading => Slot::Reading,
            SlotName::Nameplate => Slot::Nameplate,
            SlotName::Scene => Slot::Scene,
            SlotName::Signature => Slot::Signature,
        }
    }
}

pub(crate) fn photo(phone: &Phone, verb: &PhotoVerb) -> Result<Said, PhoneError> {
    match verb {
        PhotoVerb::Add { order, file, slot, item } => {
            let evidence = phone.photo_add(phone.order_named(order)?, item.clone(), (*slot).into(), file)?;
            Said::of(
                &json!({ "evidence": evidence }),
                vec![format!("attached to {order} as evidence {evidence}")],
            )
        }
        PhotoVerb::Capture { order, slot, item, camera } => {
            let reservation = phone.begin_capture(phone.order_named(order)?, item.clone(), (*slot).into())?;
            let failed = |reason: String| PhoneError::Failed {
                doing: format!("the camera {}", camera.display()),
                reason,
            };
            let mut child = Command::new(camera)
                .arg(&reservation.path)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .map_err(|e| failed(e.to_string()))?;
            // Waiting closes the camera's input; it is kept open beside it until the camera has ended.
            let open = child.stdin.take();
            let status = child.wait().map_err(|e| failed(e.to_string()))?;
            drop(open);
            if !status.success() {
                return Err(failed(format!("it ended with {status}")));
            }
            let evidence =
                reservation.evidence.parse().map_err(|_| failed("its evidence has no id".into()))?;
            phone.finish_capture(evidence)?;
            let line = format!("attached to {order} as evidence {}", reservation.evidence);
            Said::of(&json!({ "evidence": reservation.evidence }), vec![line])
        }
        PhotoVerb::List => {
            let files = phone.files()?;
            let lines = files
                .iter()
                .map(|f| {
                    let problem = f.problem.as_deref().map(|p| format!(": {p}")).unwrap_or_default();
                    format!("{} {} {} {}/{} bytes{problem}", f.order, f.grade, f.state, f.sent, f.size)
                })
                .collect();
            Said::of(&files, lines)
        }
    }
}
