package rounds.core

import rounds.phone.FileView
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

    /** Every file of a picture taken here. */
    suspend fun files(): List<FileView> = io { centre.files() }

    /** Whether everything is on the server, or exactly what is not; with [check] every file is hashed anew. */
    suspend fun status(check: Boolean = false): Status = io { centre.status(check) }
}
