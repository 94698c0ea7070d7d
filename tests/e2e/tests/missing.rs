//! “All photos are on the server” is the server's own word, asked for by name and hash.

use std::fs;
use std::path::{Path, PathBuf};

use rounds_e2e::{Direct, organisation, phone, technician};
use rounds_model::things::Slot;
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome, SyncReport};
use rounds_server::{Act, Core};
use tempfile::TempDir;

struct Stage {
    folder: TempDir,
    core: Core,
    phone: Phone,
}

impl Stage {
    /// A server, and a phone with one order that has a picture; nothing of it sent.
    fn with_a_picture() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let core = organisation(&folder.path().join("server")).expect("a server");
        let phone = phone(&core, &folder.path().join("phone")).expect("a phone");
        let stage = Self { folder, core, phone };
        let raised = stage
            .phone
            .raise(NewOrder {
                title: "seal leaks".into(),
                assignees: vec![technician()],
                ..NewOrder::default()
            })
            .expect("raises");
        let order: Id = raised.id.parse().expect("an id");
        let picture = picture(stage.folder.path());
        stage.phone.photo_add(order, None, Slot::Before, &picture).expect("adds");
        stage
    }

    fn sync(&self) -> SyncReport {
        self.phone.sync(&Direct(&self.core), None, &Cancel::new()).expect("syncs")
    }

    /// States of the picture's three files on the phone.
    fn states(&self) -> Vec<String> {
        self.phone.files().expect("reads").into_iter().map(|file| file.state).collect()
    }

    fn blobs(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.core.dir().join("files").join("sha256")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("lists") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }
}

fn picture(folder: &Path) -> PathBuf {
    let path = folder.join("picture.jpg");
    let picture = image::RgbImage::from_fn(640, 480, |x, y| {
        image::Rgb([(x / 3).try_into().unwrap_or(255), (y / 2).try_into().unwrap_or(255), 90])
    });
    picture.save_with_format(&path, image::ImageFormat::Jpeg).expect("writes a picture");
    path
}

#[test]
fn whoever_lost_his_rights_still_learns_that_his_pictures_are_on_the_server() {
    let stage = Stage::with_a_picture();
    let person = DocRef::new(Kind::Person, technician());
    let cut = Action::SetRights { grants: Vec::new(), active: false };
    stage.core.act(Act::new(Id::SYSTEM, person, cut)).expect("is cut");
    stage.sync();
    assert_eq!(stage.states(), ["stored", "stored", "stored"]);
    let status = stage.phone.status(true).expect("reads");
    assert!(status.safe_to_hand_in, "{status:?}");
    assert!(status.confirmed.is_some(), "the server was asked about all of them");
}

#[test]
fn a_file_that_the_server_lost_is_sent_again() {
    let stage = Stage::with_a_picture();
    assert_eq!(stage.sync().outcome, SyncOutcome::Done);
    let blobs = stage.blobs();
    fs::remove_file(&blobs[0]).expect("removes");
    fs::write(&blobs[1], b"cut off").expect("writes");
    let asked = stage.phone.ask_for_files(&Direct(&stage.core), &Cancel::new()).expect("asks");
    assert_eq!(asked.outcome, SyncOutcome::Done);
    let status = stage.phone.status(false).expect("reads");
    assert!(!status.safe_to_hand_in);
    assert_eq!(status.missing.len(), 2, "exactly what is not there: {:?}", status.missing);
    assert!(status.missing[0].problem.as_deref().is_some_and(|p| p.contains("sent again")));
    assert_eq!(stage.sync().outcome, SyncOutcome::Done);
    assert!(stage.phone.status(true).expect("reads").safe_to_hand_in);
    let check = stage.core.verify_files().expect("verifies");
    assert_eq!((check.checked, check.damaged.len()), (3, 0));
    assert!(stage.blobs().iter().any(|path| path.to_string_lossy().contains("damaged")), "put aside, kept");
}

/// Something in between that swallows uploads and says what a tus server would say.
struct Swallowing<'a>(Direct<'a>);

impl Transport for Swallowing<'_> {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        if request.method == "POST" && request.path == "/v1/files" {
            let headers = [
                ("tus-resumable", "1.0.0".to_owned()),
                ("location", "/v1/files/swallowed".to_owned()),
                ("upload-offset", request.body.len().to_string()),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
            return Ok(Response { status: 201, headers, body: Vec::new() });
        }
        self.0.send(request)
    }
}

#[test]
fn what_something_on_the_way_swallowed_does_not_count_as_stored() {
    let stage = Stage::with_a_picture();
    let swallowing = Swallowing(Direct(&stage.core));
    let report = stage.phone.sync(&swallowing, None, &Cancel::new()).expect("syncs");
    assert!(matches!(report.outcome, SyncOutcome::Wait { .. }), "{report:?}");
    assert!(!stage.phone.status(false).expect("reads").safe_to_hand_in);
    assert_eq!(stage.states(), ["pending", "pending", "pending"]);
    assert_eq!(stage.sync().outcome, SyncOutcome::Done);
    assert!(stage.phone.status(true).expect("reads").safe_to_hand_in);
    assert_eq!(stage.blobs().len(), 3);
}
