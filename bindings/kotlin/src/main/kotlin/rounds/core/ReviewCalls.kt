package rounds.core

/** What a supervisor decides, also without a connection. */
class ReviewCalls internal constructor(private val review: Review) : AutoCloseable by review {
    /** One item is good. */
    suspend fun acceptItem(order: String, item: String) = io { review.acceptItem(order, item) }

    /** One item, or one picture of it, is to be done again. */
    suspend fun returnItem(order: String, item: String, reason: String, slot: Slot? = null) =
        io { review.returnItem(order, item, slot, reason) }

    /** The order goes back for what was returned. */
    suspend fun returnOrder(order: String) = io { review.returnOrder(order) }

    /** The order is accepted and closed; [withoutEvidence] says why, where files are not on the server. */
    suspend fun close(order: String, withoutEvidence: String? = null) = io { review.close(order, withoutEvidence) }

    /** Settles a held op; [choice] is one of the codes that the order's page and the queue list for it. */
    suspend fun settle(op: String, choice: String, words: String = "") = io { review.settle(op, choice, words) }

    /** Chooses between two values of one field: the offered one, or else the one that stands. */
    suspend fun choose(order: String, offer: String, take: Boolean) = io { review.choose(order, offer, take) }

    /** The order is not to be done. */
    suspend fun cancel(order: String, reason: String) = io { review.cancel(order, reason) }

    /** A closed order is opened again. */
    suspend fun reopen(order: String, reason: String) = io { review.reopen(order, reason) }
}
