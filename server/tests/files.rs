//! Files travel by tus 1.0; what is stored is what was promised, and is shown to who may see it.

mod phone;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phone::{House, Phone, id};
use rounds_model::action::Attachment;
use rounds_model::things::{Evidence, FileFacts, Grade, Slot};
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_protocol::Hash;
use rounds_server::{Core, FileState, Request, Response};

struct Picture {
    evidence: Id,
    bytes: Vec<u8>,
}

impl Picture {
    fn new(size: usize) -> Self {
        let mut bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n * 7 % 251).expect("small")).collect();
        bytes[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
        Self { evidence: id(), bytes }
    }

    fn facts(&self) -> FileFacts {
        FileFacts {
            sha256: Hash::of(&self.bytes).to_string(),
            size: self.bytes.len() as u64,
            media_type: "image/jpeg".into(),
            width: 4,
            height: 3,
        }
    }

    fn metadata(&self, sha256: &str) -> String {
        let pair = |key: &str, value: &str| format!("{key} {}", STANDARD.encode(value));
        [pair("evidence", &self.evidence.to_string()), pair("grade", "original"), pair("sha256", sha256)]
            .join(",")
    }
}

fn attached(house: &House, phone: &mut Phone) -> Picture {
    let picture = Picture::new(10_000);
    attach(house, phone, &picture);
    phone.sync(house.core());
    picture
}

fn attach(house: &House, phone: &mut Phone, picture: &Picture) {
    let (order, raised) = phone.raise(house.wang, house.site, None);
    let attachment = Attachment {
        evidence: picture.evidence,
        item: None,
        slot: Slot::Before,
        original: picture.facts(),
        thumbnail: None,
        view: None,
        exif: serde_json::Map::new(),
    };
    let action = Action::AttachEvidence(Box::new(attachment));
    phone.record(house.wang, DocRef::new(Kind::Order, order), action, &[], &[raised]);
}

fn tus(
    phone: &Phone,
    core: &Core,
    method: &str,
    path: &str,
    body: &[u8],
    more: &[(&str, String)],
) -> Response {
    let mut headers = vec![("tus-resumable", "1.0.0".to_owned())];
    headers.extend(more.iter().cloned());
    core.handle(&phone.signed(method, path, body.to_vec(), &headers))
}

fn create(phone: &Phone, core: &Core, picture: &Picture) -> Response {
    let metadata = picture.metadata(&picture.facts().sha256);
    let length = picture.bytes.len().to_string();
    tus(phone, core, "POST", "/v1/files", &[], &[("upload-length", length), ("upload-metadata", metadata)])
}

fn chunk(
    phone: &Phone,
    core: &Core,
    path: &str,
    offset: usize,
    bytes: &[u8],
    sum: Option<&[u8]>,
) -> Response {
    let mut headers = vec![
        ("content-type", "application/offset+octet-stream".to_owned()),
        ("upload-offset", offset.to_string()),
    ];
    headers.extend(sum.map(|s| ("upload-checksum", format!("sha256 {}", STANDARD.encode(s)))));
    tus(phone, core, "PATCH", path, bytes, &headers)
}

fn offset(phone: &Phone, core: &Core, path: &str) -> Option<u64> {
    let response = tus(phone, core, "HEAD", path, &[], &[]);
    response.header("upload-offset").and_then(|v| v.parse().ok())
}

fn sum(bytes: &[u8]) -> [u8; 32] {
    Hash::of(bytes).0
}

fn evidence(house: &House, id: Id) -> Evidence {
    let viewer = house.core().viewer(house.supervisor).expect("a viewer");
    let doc =
        house.core().document(&viewer, &DocRef::new(Kind::Evidence, id)).expect("reads").expect("is there");
    doc.read().expect("is evidence")
}

#[test]
fn a_file_goes_up_in_chunks_resumes_after_a_restart_and_comes_down_for_who_may_see_it() {
    let mut house = House::new();
    let mut phone = house.phone("wang");
    let picture = attached(&house, &mut phone);
    let made = create(&phone, house.core(), &picture);
    assert_eq!(made.status, 201);
    assert!(made.header("upload-expires").is_some_and(|date| date.ends_with("GMT")));
    let path = made.header("location").expect("a place").to_owned();
    let (first, second) = picture.bytes.split_at(4000);
    let response = chunk(&phone, house.core(), &path, 0, first, Some(&sum(first)));
    assert_eq!((response.status, response.header("upload-offset")), (204, Some("4000")));
    house.restart();
    assert_eq!(offset(&phone, house.core(), &path), Some(4000));
    assert!(!evidence(&house, picture.evidence).stored.has(Grade::Original));
    let response = chunk(&phone, house.core(), &path, 4000, second, Some(&sum(second)));
    assert_eq!((response.status, response.header("upload-offset")), (204, Some("10000")));
    assert!(evidence(&house, picture.evidence).stored.has(Grade::Original));
    assert_eq!(offset(&phone, house.core(), &path), Some(10_000), "a lost reply costs one HEAD");
    let again = create(&phone, house.core(), &picture);
    assert_eq!((again.status, again.header("upload-offset")), (201, Some("10000")), "nothing is sent twice");

    let place = format!("/v1/files/{}/original", picture.evidence);
    phone.sync(house.core());
    let down = house.core().handle(&phone.signed("GET", &place, Vec::new(), &[]));
    assert_eq!((down.status, down.body == picture.bytes), (200, true));
    assert_eq!(down.header("content-type"), Some("image/jpeg"));
    assert_eq!(down.header("x-content-type-options"), Some("nosniff"));
    let mut elsewhere = house.phone("li");
    elsewhere.sync(house.core());
    assert_eq!(house.core().handle(&elsewhere.signed("GET", &place, Vec::new(), &[])).status, 404);
    let unsigned = Request { method: "GET".into(), path: place, ..Request::default() };
    assert_eq!(house.core().handle(&unsigned).status, 401);
}

#[test]
fn what_the_protocol_says_must_be_refused_is_refused() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let picture = attached(&house, &mut phone);
    let core = house.core();
    let path = create(&phone, core, &picture).header("location").expect("a place").to_owned();
    let bytes = &picture.bytes[..100];
    assert_eq!(chunk(&phone, core, &path, 5, bytes, None).status, 409, "another offset");
    assert_eq!(chunk(&phone, core, &path, 0, bytes, Some(&[0; 32])).status, 460, "another checksum");
    assert_eq!(offset(&phone, core, &path), Some(0), "nothing of a refused chunk stays");
    let wrong_type = [("content-type", "image/jpeg".to_owned()), ("upload-offset", "0".to_owned())];
    assert_eq!(tus(&phone, core, "PATCH", &path, bytes, &wrong_type).status, 415);
    let no_offset = [("content-type", "application/offset+octet-stream".to_owned())];
    assert_eq!(tus(&phone, core, "PATCH", &path, bytes, &no_offset).status, 400);
    let odd = [
        ("content-type", "application/offset+octet-stream".to_owned()),
        ("upload-offset", "0".to_owned()),
        ("upload-checksum", "md5 AAAA".to_owned()),
    ];
    assert_eq!(tus(&phone, core, "PATCH", &path, bytes, &odd).status, 400);
    assert_eq!(chunk(&phone, core, "/v1/files/nosuch", 0, bytes, None).status, 404);
    let too_long = chunk(&phone, core, &path, 0, &[0; 10_001], None);
    assert_eq!(too_long.status, 413);
    let other_version =
        core.handle(&phone.signed("HEAD", &path, Vec::new(), &[("tus-resumable", "0.2.2".into())]));
    assert_eq!((other_version.status, other_version.header("tus-version")), (412, Some("1.0.0")));
    let no_cache = tus(&phone, core, "HEAD", &path, &[], &[]);
    assert_eq!(no_cache.header("cache-control"), Some("no-store"));
    assert_eq!(no_cache.header("upload-length"), Some("10000"));
    let said = no_cache.header("upload-metadata").expect("tus 1.0: HEAD repeats the metadata");
    let sent = picture.metadata(&picture.facts().sha256);
    assert!(said.split(',').all(|pair| sent.contains(pair)), "{said} of {sent}");
    let options =
        core.handle(&Request { method: "OPTIONS".into(), path: "/v1/files".into(), ..Request::default() });
    assert_eq!(options.status, 204);
    assert!(
        options.header("tus-extension").is_some_and(|e| e.contains("checksum") && e.contains("termination"))
    );
    let huge = [("upload-length", (1u64 << 40).to_string()), ("upload-metadata", picture.metadata("0"))];
    assert_eq!(tus(&phone, core, "POST", "/v1/files", &[], &huge).status, 413);
    let patch_by_post = [
        ("content-type", "application/offset+octet-stream".to_owned()),
        ("upload-offset", "0".to_owned()),
        ("x-http-method-override", "PATCH".to_owned()),
    ];
    assert_eq!(tus(&phone, core, "POST", &path, bytes, &patch_by_post).status, 204);
    assert_eq!(tus(&phone, core, "DELETE", &path, &[], &[]).status, 204);
    assert_eq!(offset(&phone, core, &path), None, "over is over");
}

#[test]
fn a_file_that_is_not_what_was_promised_is_refused_and_may_be_sent_again() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let picture = attached(&house, &mut phone);
    let core = house.core();
    let path = create(&phone, core, &picture).header("location").expect("a place").to_owned();
    let mut flipped = picture.bytes.clone();
    flipped[5000] ^= 1;
    let refused = chunk(&phone, core, &path, 0, &flipped, Some(&sum(&flipped)));
    assert_eq!(refused.status, 460);
    assert!(!evidence(&house, picture.evidence).stored.has(Grade::Original));
    let path = create(&phone, core, &picture).header("location").expect("a new place").to_owned();
    assert_eq!(chunk(&phone, core, &path, 0, &picture.bytes, None).status, 204);
    assert!(evidence(&house, picture.evidence).stored.has(Grade::Original));
}

#[test]
fn only_what_an_op_of_this_device_promised_is_taken() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let core = house.core();
    let early = Picture::new(500);
    let response = create(&phone, core, &early);
    assert_eq!(
        (response.status, response.header("retry-after")),
        (503, Some("2")),
        "its op is still on the way"
    );
    let picture = attached(&house, &mut phone);
    let other = house.phone("wang");
    assert_eq!(create(&other, core, &picture).status, 403);
    let metadata = picture.metadata(&Hash::of(b"another file").to_string());
    let swapped = [("upload-length", "10000".to_owned()), ("upload-metadata", metadata)];
    assert_eq!(tus(&phone, core, "POST", "/v1/files", &[], &swapped).status, 403);
    let metadata = picture.metadata(&picture.facts().sha256);
    let longer = [("upload-length", "10001".to_owned()), ("upload-metadata", metadata)];
    assert_eq!(tus(&phone, core, "POST", "/v1/files", &[], &longer).status, 400);
}

#[test]
fn the_same_bytes_for_two_pictures_are_one_file() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (first, mut second) = (attached(&house, &mut phone), Picture::new(10_000));
    second.bytes.clone_from(&first.bytes);
    attach(&house, &mut phone, &second);
    phone.sync(house.core());
    for picture in [&first, &second] {
        let metadata = picture.metadata(&picture.facts().sha256);
        let whole = [
            ("upload-length", "10000".to_owned()),
            ("upload-metadata", metadata),
            ("content-type", "application/offset+octet-stream".to_owned()),
        ];
        let made = tus(&phone, house.core(), "POST", "/v1/files", &picture.bytes, &whole);
        assert_eq!((made.status, made.header("upload-offset")), (201, Some("10000")));
        assert!(evidence(&house, picture.evidence).stored.has(Grade::Original));
    }
    assert_eq!(house.core().verify_files().expect("reads").checked, 1);
}

#[test]
fn a_flipped_byte_in_a_stored_file_is_found_and_named() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let picture = attached(&house, &mut phone);
    let path = create(&phone, house.core(), &picture).header("location").expect("a place").to_owned();
    chunk(&phone, house.core(), &path, 0, &picture.bytes, None);
    assert!(house.core().verify_files().expect("reads").damaged.is_empty());
    assert_eq!(rounds_server::audit(&house.path()).expect("reads").files[0].stored, FileState::Whole);
    let sha = picture.facts().sha256;
    let file = house.path().join("files/sha256").join(&sha[..2]).join(&sha[2..]);
    let mut bytes = std::fs::read(&file).expect("the blob");
    bytes[77] ^= 0x10;
    std::fs::write(&file, bytes).expect("writes");
    let found = rounds_server::audit(&house.path()).expect("reads beside the running server");
    assert!(matches!(&found.files[0].stored, FileState::Damaged { path, .. } if *path == file));
    let check = house.core().verify_files().expect("reads");
    assert_eq!(check.damaged.len(), 1);
    assert_eq!((&check.damaged[0].path, &check.damaged[0].used_by[0].0), (&file, &picture.evidence));
}

#[test]
fn an_upload_nobody_continued_for_a_week_is_over() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let picture = attached(&house, &mut phone);
    let path = create(&phone, house.core(), &picture).header("location").expect("a place").to_owned();
    chunk(&phone, house.core(), &path, 0, &picture.bytes[..10], None);
    house.clock.pass(7 * 24 * 60 * 60 * 1000);
    assert_eq!(offset(&phone, house.core(), &path), None);
    assert_eq!(create(&phone, house.core(), &picture).status, 201);
    let parts = std::fs::read_dir(house.path().join("files/uploads")).expect("a folder").count();
    assert_eq!(parts, 0, "its bytes are gone, the new upload has none yet");
}
