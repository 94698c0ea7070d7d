package rounds.core

import rounds.phone.FileView
import rounds.phone.OpView
import rounds.phone.QueueRow
import rounds.phone.Status
import rounds.phone.SyncReport
import kotlin.time.Duration

/** What waits, how old it is, and why; and the call that sends and fetches. */
class SyncCalls internal constructor(internal val centre: SyncCentre) : AutoCloseable by centre {
    /**
     * Sends what is recorded and takes what is new, and says when to come back; it never sleeps. Cancelling the
     * coroutine ends it early, with nothing half-written.
     */
    suspend fun sync(budget: Duration? = null): SyncReport =
        cancellable { token -> centre.sync(budget?.inWholeMilliseconds, token) }

    /** Every op that is not settled, oldest first. */
    suspend fun queue(): List<QueueRow> = io { centre.queue() }

    /** One op of this phone, whole: to look at, to hand to somebody. */
    suspend fun op(op: String): OpView = io { centre.op(op) }

    /** Repairs a rejected op by a new one that names it: the same again, or as [corrected] says (JSON, as [OpView.data]). */
    suspend fun repair(op: String, corrected: String? = null) = io { centre.repair(op, corrected) }

    /** Gives up a rejected op, or one that was not sent, on record. */
    suspend fun discard(op: String, reason: String) = io { centre.discard(op, reason) }

    /** Every file of a picture taken here. */
    suspend fun files(): List<FileView> = io { centre.files() }

    /** Whether everything is on the server, or exactly what is not; with [check] every file is hashed anew. */
    suspend fun status(check: Boolean = false): Status = io { centre.status(check) }
}
