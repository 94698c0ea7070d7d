package rounds.screens.order

import androidx.compose.runtime.Immutable
import kotlinx.coroutines.flow.StateFlow
import rounds.screens.words.Name

/** What the order page shows and what it can ask for. Fed by the core; a test feeds it by hand. */
interface OrderViewModel {
    /** What stands on the screen now. */
    val screen: StateFlow<OrderScreenState>

    /** The large button was pressed. */
    fun doNext(thing: NextThing)

    /** The sync chip was touched. */
    fun openSyncCentre()

    /** Reading the order failed and the person wants it tried again. */
    fun tryAgain()
}

/** Every way the page can stand. */
sealed interface OrderScreenState {
    /** The shape, until the first read is back. */
    data object Loading : OrderScreenState

    /** The order. `notice` says why the last thing asked for was not done, if it was not. */
    @Immutable
    data class Shown(val page: OrderPage, val notice: Name? = null, val busy: Boolean = false) : OrderScreenState

    /** There is nothing to show: what, why, and what to do. */
    @Immutable
    data class Failed(val what: Name, val why: Name) : OrderScreenState
}

/** One order, ready for the screen. Times are milliseconds since 1970, best estimates unless named otherwise. */
@Immutable
data class OrderPage(
    /** The number people say aloud: K7-0042. */
    val number: String,
    val title: Name,
    val asset: Name?,
    val place: Name?,
    val state: OrderState,
    val evidence: List<EvidencePair>,
    /** Newest first. */
    val timeline: List<TimelineEntry>,
    /** What this person may do next; null when nothing. */
    val next: NextThing?,
    val sync: SyncState,
    /** When this was read: what relative times count from. */
    val now: Long,
)

/** Where an order is (the core's states, the same names). */
enum class OrderState {
    Open, Assigned, Accepted, Travelling, OnSite, InProgress, OnHold, Done, InReview, Rework, CannotComplete, Closed,
    Cancelled,
}

/** The one thing the large button does. */
enum class NextThing { Accept, Start, TakeBefore, TakeAfter, Complete, Resume }

/** Before and after of one item, from one standpoint. */
@Immutable
data class EvidencePair(val item: Name, val before: Photo, val after: Photo)

/** One side of a pair. */
sealed interface Photo {
    /** The picture is here. `stored`: the server has it too. */
    @Immutable
    data class Here(val path: String, val by: Name, val at: Long, val stored: Boolean) : Photo

    /** Taken, but its picture is on another phone and not yet on the server. */
    @Immutable
    data class OnPhone(val device: String, val by: Name, val at: Long) : Photo

    /** The server has the picture; it has not come to this phone. */
    @Immutable
    data class OnServer(val by: Name, val at: Long) : Photo

    /** The camera of this phone was opened and no picture was found afterwards. */
    @Immutable
    data class Lost(val at: Long) : Photo

    /** The file on this phone is not what was recorded. */
    @Immutable
    data class Broken(val by: Name, val at: Long) : Photo

    /** Nobody has taken it. */
    data object NotTaken : Photo
}

/** One line of the timeline. */
@Immutable
data class TimelineEntry(
    val id: String,
    val what: Deed,
    val who: Name,
    val at: Long,
    /** What the phone's clock said, where it differs from the estimate. */
    val wall: Long?,
    /** When the server received it; null while it waits to be sent. */
    val received: Long?,
    /** The device's prefix. */
    val device: String,
    /** What was written, or why. */
    val remark: String? = null,
    /** Kept, and waits for a supervisor's choice. */
    val held: Boolean = false,
)

/** What somebody did to an order. */
enum class Deed {
    Raised, Assigned, Accepted, Declined, SetOut, Arrived, Started, Assisted, PutOnHold, Resumed, TookPhoto, Completed,
    CannotComplete, HandedIn, Commented, ItemAccepted, ItemReturned, SentBack, Closed, Cancelled, Reopened, Changed,
    SettledHeld, GaveUp,

    /** Something a newer app records. */
    Other,
}

/** How far this phone's records have come. */
sealed interface SyncState {
    data object AllReceived : SyncState

    @Immutable
    data class Waiting(val count: Int, val oldest: Long) : SyncState

    @Immutable
    data class NeedsYou(val count: Int) : SyncState
}
