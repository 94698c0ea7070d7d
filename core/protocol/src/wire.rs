//! Bodies of `/v1/enrol`, `/v1/sign-in` and `/v1/sync`, and what every answer has in common. CBOR; op bytes as byte strings, document
//! bodies as JSON text; gzip where the header says so.

use rounds_model::{Applied, DeviceId, DocRef, Document, Feed, Id, Millis, OpId, TimeFacts, Verdict};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::cert::Chain;
use crate::envelope::OpBytes;
use crate::files::MissingAnswer;
use crate::keys::PublicKey;
use crate::link::Hash;

/// `POST /v1/enrol`: a phone shows a one-use code and its key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The code from the QR.
    pub code: String,
    /// The device's key, made on it.
    pub key: PublicKey,
    /// How the key is kept.
    pub key_storage: String,
    /// What people call the phone.
    pub name: String,
    /// 16 random bytes; the reply repeats them.
    pub nonce: ByteBuf,
}

/// What the server says to an enrolment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum EnrolAnswer {
    /// The phone belongs to the organisation from now on.
    Enrolled {
        /// Its id.
        device: DeviceId,
        /// What numbers born on it begin with.
        prefix: String,
        /// Its certificate.
        chain: Chain,
        /// The epoch of the server's store.
        server_epoch: Id,
    },
    /// The code is unknown, used or late.
    Refused(EnrolRefusal),
}

/// An enrolment's answer with what proves who gave it: the phone does not know the server's key yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EnrolReply {
    /// Signed [`crate::cert::ServerClaim`], checked against the fingerprint in the QR code.
    pub server: ByteBuf,
    /// The answer.
    pub answer: EnrolAnswer,
}

/// Why an enrolment was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EnrolRefusal {
    /// No such code was given out.
    UnknownCode,
    /// Somebody enrolled with it already.
    UsedCode,
    /// Its ten minutes are over.
    LateCode,
    /// The request's key is no key.
    BadKey,
}

/// `POST /v1/sign-in`: the first sign-in of a person on a phone. Signed like every request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignInRequest {
    /// What the person types.
    pub code: String,
    /// The PIN.
    pub pin: String,
}

/// What the server says to a sign-in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum SignInAnswer {
    /// Welcome. The phone may let this person in offline until the lease ends.
    Admitted {
        /// Who.
        person: Id,
        /// His name.
        name: String,
        /// For how long from now, in milliseconds, without seeing the server.
        lease_ms: i64,
    },
    /// Wrong code or PIN; which one is not said.
    Refused {
        /// Wait this long before the next try, in milliseconds.
        wait_ms: i64,
    },
}

/// A contiguous stretch of a device's log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stretch {
    /// Which epoch.
    pub epoch: Id,
    /// Sequence number of its first op.
    pub first: u64,
    /// Hash of the link before its first.
    pub previous: Hash,
    /// The ops, in log order.
    pub ops: Vec<LogOp>,
    /// The newest link, signed by the device (`COSE_Sign1` over the link's CBOR, see [`LINK`]).
    pub head: ByteBuf,
}

/// External data of a signed link.
pub const LINK: &str = "rounds link v1";
/// External data of a signed reply.
pub const REPLY: &str = "rounds reply v1";

/// One place of a stretch: the op, or, where it was discarded, only its hash.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum LogOp {
    /// The op.
    Op(OpBytes),
    /// Given up by an audited act; its hash stays in the chain.
    Discarded(Hash),
}

/// How far this phone has read a feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cursor {
    /// The feed.
    pub feed: Feed,
    /// Everything up to this change number is here; 0 for nothing.
    pub number: u64,
}

/// `POST /v1/sync`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SyncRequest {
    /// [`crate::WIRE_VERSION`].
    pub wire: u16,
    /// The phone's clocks at sending: the server's receipt makes an anchor of them.
    pub sent: TimeFacts,
    /// A stretch of log, where something is not receipted.
    pub log: Option<Stretch>,
    /// Where each known feed was read to. A feed not listed starts at zero.
    pub cursors: Vec<Cursor>,
    /// People with a live lease on this phone: their feeds are pulled.
    pub people: Vec<Id>,
    /// Ops received earlier whose verdict is still owed: the server repeats them byte for byte.
    pub owed: Vec<OpId>,
    /// At most this many documents, please.
    pub page: u32,
    /// What is left on the phone when this request's stretch is received.
    pub report: QueueReport,
    /// Where the server's history stood when this phone last heard of it.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// The epoch that this phone's log is in: the receipt is of it, where the server holds any. Two copies of one phone
    /// have one each.
    #[serde(default)]
    pub epoch: Option<Id>,
    /// The epoch of the server's store that this phone knows, also where the request is signed for none: a request that
    /// was not understood is asked again so, and what it says of the server's history must not be lost with that.
    #[serde(default)]
    pub server_epoch: Option<Id>,
}

/// Where a server's history stood. A store that does not know it is an older copy of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Which run of the server's process: each has an id, kept in the store.
    pub run: Id,
    /// The counter of changes.
    pub number: u64,
}

/// What a phone says of its queue. Ages are its own boot-monotonic clock's, never its wall clock's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct QueueReport {
    /// Ops that are on the phone only.
    pub ops: u32,
    /// Age of the oldest of what waits, op or file, milliseconds.
    pub oldest: Option<i64>,
    /// Files the server has not said it holds.
    pub files: u32,
    /// Bytes of them still to be sent.
    pub bytes: u64,
    /// What stood in the way the last time, in the phone's words.
    pub problem: Option<String>,
    /// The app's version.
    pub app: String,
    /// The same by who acted, where anything waits.
    pub people: Vec<PersonQueue>,
}

/// What of one person's work is on a phone only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonQueue {
    /// Who acted.
    pub person: Id,
    /// His ops.
    pub ops: u32,
    /// Age of the oldest, milliseconds.
    pub oldest: i64,
}

/// How much of a log the server holds durably. The link says of *which* log: a phone whose own link there is
/// another one, or that has nothing there, is a copy or was restored, and begins a new epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceivedThrough {
    /// Which epoch.
    pub epoch: Id,
    /// Up to and with this sequence number; 0 for nothing.
    pub seq: u64,
    /// Hash of the link held there; [`Hash::NONE`] for nothing.
    pub link: Hash,
}

impl ReceivedThrough {
    /// Nothing is held of this epoch.
    pub fn nothing(epoch: Id) -> Self {
        Self { epoch, seq: 0, link: Hash::NONE }
    }
}

/// A verdict with the (feed, change number) of what it wrote. Stored and repeated byte for byte.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decided {
    /// The op.
    pub op: OpId,
    /// What became of it.
    pub verdict: Verdict,
    /// Where what it wrote shows, for this device's feeds: once the cursors are past these, the op
    /// may leave the overlay. Empty: at once.
    pub wrote: Vec<Cursor>,
}

/// A document as it travels.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WireDoc {
    /// Names it.
    pub doc: DocRef,
    /// The feeds it shows in.
    pub feeds: Vec<Feed>,
    /// Counts this document's changes.
    pub version: u64,
    /// The change number of its last change.
    pub number: u64,
    /// The body, JSON text.
    pub body: String,
    /// Per device: what is in.
    pub applied: Applied,
}

impl WireDoc {
    /// Puts a document on the wire.
    pub fn from_document(doc: &Document, number: u64) -> Self {
        Self {
            doc: doc.doc.clone(),
            feeds: doc.feeds.clone(),
            version: doc.version,
            number,
            body: serde_json::to_string(&doc.body).unwrap_or_default(),
            applied: doc.applied.clone(),
        }
    }

    /// Takes it off the wire.
    pub fn into_document(self) -> Result<Document, serde_json::Error> {
        Ok(Document {
            body: serde_json::from_str(&self.body)?,
            doc: self.doc,
            feeds: self.feeds,
            version: self.version,
            applied: self.applied,
        })
    }
}

/// A document shows in a feed no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeftDoc {
    /// The document.
    pub doc: DocRef,
    /// Its version when it left: whoever holds it at this version or a later one has heard where it shows now.
    pub version: u64,
}

/// What changed in one feed since its cursor.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FeedPage {
    /// The feed.
    pub feed: Feed,
    /// Changed documents in order of their change number.
    pub docs: Vec<WireDoc>,
    /// Documents that left the feed between the cursor and this page's end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<LeftDoc>,
    /// The cursor lies before what the server still remembers of documents that left: the phone reads this feed from
    /// its beginning, and what does not come again is not in it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anew: bool,
    /// The cursor after them.
    pub number: u64,
    /// Whether the feed has more.
    pub more: bool,
    /// At the feed's end: the sum of [`DocRef::summand`] over everything that shows in it. A phone that comes to
    /// another sum reads this feed anew.
    pub checksum: Option<u64>,
}

/// How much of a phone's log, and which of its pictures, would survive the loss of the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BackedUpThrough {
    /// Server time of the newest backup: pictures that were stored before it are in it.
    pub at: Millis,
    /// By epoch: every place up to this one is in it.
    pub epochs: Vec<(Id, u64)>,
}

/// What the server says to a sync.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SyncAnswer {
    /// Epoch of the server's store.
    pub server_epoch: Id,
    /// Server time when it received the request: the phone's next anchor.
    pub server_time: Millis,
    /// How much of the log is durable here, for the epoch sent (or the last known one).
    pub received_through: ReceivedThrough,
    /// Verdicts: of the ops sent, of those owed, and of earlier ones decided since.
    pub decided: Vec<Decided>,
    /// Feeds, registry after work.
    pub feeds: Vec<FeedPage>,
    /// Feeds this phone may not see any more.
    pub left: Vec<Feed>,
    /// What of this phone's log, and of its pictures, lies in a backup; none before the first one.
    pub backed_up: Option<BackedUpThrough>,
    /// Where the server's history stands: the next request says it.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// Whether to ask again at once.
    pub more: bool,
}

/// What `/v1/sync`, `/v1/sign-in` and `/v1/files/missing` say when they do not do what was asked: an answer, not a
/// transport fault. Everything is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pause {
    /// The device is not enrolled here.
    NotEnrolled,
    /// The device was revoked.
    Revoked,
    /// The app speaks a wire this server does not.
    NeedsUpdate {
        /// What the server speaks.
        wire: u16,
    },
    /// The stretch does not continue what the server holds: the phone sends from here.
    SendFrom(ReceivedThrough),
    /// The request was signed for another server epoch, or its signature is wrong.
    BadSignature,
    /// The body was ours but not understood; the reason helps the developers.
    NotUnderstood {
        /// Why.
        reason: String,
    },
}

/// What the server says to a bundle that somebody carried to `POST /v1/courier`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CourierAnswer {
    /// It is here, whole; the carrier may forget it. Delivered again it says the same.
    Taken {
        /// Whose log it was.
        device: DeviceId,
        /// How much of that log is durable here, for each epoch of the bundle.
        received_through: Vec<ReceivedThrough>,
    },
    /// It cannot be taken, and why; the carrier keeps it.
    Refused {
        /// Why, and what to try.
        reason: String,
    },
}

/// Every body that counts as an answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// To an enrolment.
    Enrol(EnrolReply),
    /// To a sign-in.
    SignIn(SignInAnswer),
    /// To a sync.
    Sync(Box<SyncAnswer>),
    /// To a bundle.
    Courier(CourierAnswer),
    /// To a question for missing files.
    Missing(MissingAnswer),
    /// Not now, and why.
    Pause(Pause),
}

/// The signed content of a reply.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The request's nonce, base64 as it stood in the signature's parameters (enrolment: of its body).
    pub nonce: String,
    /// The answer.
    pub answer: Answer,
}
