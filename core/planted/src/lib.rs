//! Bugs planted inside the real code, to show that the simulator sees them.
//!
//! Each stands at the line it would be made at, as `if planted(Bug::…)`. Without the feature `on`, which only the
//! simulator's own feature `planted` turns on, that is a constant `false`: the compiler leaves nothing of it.

/// A bug that can be planted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bug {
    /// The phone says that an action is recorded before its transaction is committed.
    AcksBeforeCommit,
    /// A migration copies only those rows of the log that the server has receipted.
    MigrationDropsLog,
    /// What lies at a reserved place after a kill is not taken in.
    CaptureNotAdopted,
    /// An answer's cursors are committed before its documents.
    TornTake,
    /// Verdicts are given to the ops next to theirs.
    VerdictsSwapped,
    /// Any page with status 200 is taken for the server's receipt.
    PortalIsReceipt,
    /// A proxy's 403 is taken for a revocation.
    ProxyRevokes,
    /// An answer to another request is taken.
    NonceUnchecked,
    /// A retry gives unsent ops new ids.
    RetryMintsId,
    /// A wake that comes while a sync is at work is forgotten.
    LostWake,
    /// Verdicts that did not come with their op are not asked for.
    OwedForgotten,
    /// The newest op is sent first.
    LogSentBackwards,
    /// An op leaves the overlay when its verdict comes, whatever the cursors have passed.
    LeavesEarly,
    /// A document of the overlay stays when the op that made it leaves.
    OverlayKept,
    /// The overlay forgets that an op made a timeline line.
    TouchForgotten,
    /// What only unsent ops kept stays when they are settled.
    PinnedForever,
    /// Pictures are deleted from the phone when the text that cites them is decided.
    PhotoDeletedOnText,
    /// A file counts as stored as soon as its upload was created.
    StoredAtCreation,
    /// A page with status 200 in place of an upload's offset means that the file is there.
    PortalStoresFile,
    /// Chunks after a resume are read from the file's beginning.
    ResumeAtWrongOffset,
    /// The evidence's document alone says that its files are stored.
    WordTakenForFiles,
    /// A page's cursor is the counter a transaction under way will have.
    ReadsUncommitted,
    /// The cursor of a page moves to the end although there is more.
    CursorPastPage,
    /// Feeds that a person may not see any more are not named to his phone.
    LeftUnsaid,
    /// A stretch is receipted although keeping it failed.
    ReceiptBeforeCommit,
    /// A stretch that came before is taken for a fork of the log.
    RepeatIsFork,
    /// An op is kept without its place in the phone's log.
    PlaceNotKept,
    /// A repeated verdict always says applied.
    VerdictAlwaysApplied,
    /// What follows from an op is decided twice under two ids.
    ConsequenceDoubled,
    /// A whole upload counts as stored without being hashed.
    StoredUnhashed,
    /// The last writer by wall clock wins.
    WallClockWins,
    /// A held op leaves no note at its order.
    HeldNoteLost,
    /// A held op leaves no line in the timeline.
    LineLost,
    /// A phone whose store was put back writes on under the old epoch.
    EpochReused,
    /// A phone does not go back where the server asks it to.
    SendFromIgnored,
    /// What was given up takes effect when another copy of its phone brings it.
    DiscardedRises,
    /// Versions named before the store began its numbers anew are taken for today's.
    OldNumbersTrusted,
    /// Two copies of one phone are taken for one log.
    CopiesAreOneLog,
    /// A verdict is taken for the receipt of a link.
    VerdictIsReceipt,
    /// An op leaves the overlay when the cursors have passed its numbers, whether its documents have come or not.
    LeavesBeforeDocument,
    /// What the server holds of an epoch that another copy wrote on is taken for this copy's.
    BlindReceipt,
    /// What a phone has heard of and the store does not know is not asked about.
    RollbackUnseen,
    /// Ops of which a part has come are played over that part.
    HalfPlayed,
    /// Work on what a restored server lost is decided before the phones brought it again.
    LostNotAwaited,
    /// A stretch that leaves a gap in the log is received.
    GapReceived,
}

#[cfg(feature = "on")]
mod switch {
    use std::cell::Cell;

    use crate::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether the bug is planted in this thread.
    pub fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// From now on this bug, and no other, is planted in this thread.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }
}

#[cfg(feature = "on")]
pub use switch::{plant, planted};

/// Whether the bug is planted: never.
#[cfg(not(feature = "on"))]
#[inline]
#[must_use]
pub const fn planted(_: Bug) -> bool {
    false
}
