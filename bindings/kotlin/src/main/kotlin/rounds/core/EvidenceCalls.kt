package rounds.core

import rounds.phone.Reservation

/** Pictures of an order. */
class EvidenceCalls internal constructor(private val evidence: Evidence) : AutoCloseable by evidence {
    /**
     * Reserves a place for a picture, durably, before the camera opens, so that a kill between shutter and save loses
     * nothing. Without [item] a before or after belongs to the order's only pair.
     */
    suspend fun beginCapture(order: String, slot: Slot, item: String? = null): Reservation =
        io { evidence.beginCapture(order, item, slot) }

    /** Takes in what the camera wrote at a reserved place, by the evidence's id. */
    suspend fun finishCapture(id: String) = io { evidence.finishCapture(id) }

    /** Copies a picture file into the store and attaches it; the id of the evidence. */
    suspend fun photoAdd(order: String, slot: Slot, path: String, item: String? = null): String =
        io { evidence.photoAdd(order, item, slot, path) }

    /** A picture's bytes, by the path that a view gave: files are sealed at rest and opened in memory only. */
    suspend fun read(path: String): ByteArray = io { evidence.read(path) }
}
