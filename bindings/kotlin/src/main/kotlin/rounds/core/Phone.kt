package rounds.core

import com.sun.jna.Native
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.withContext
import rounds.phone.Home
import rounds.phone.Topic

/**
 * A phone, as coroutines see it: the core's groups of methods as suspending ones. One for a process.
 *
 * A call that records returns when what it recorded is durable. Cancelling while such a call runs does not take back
 * what it records; only [SyncCalls.sync] is long, and cancelling that one reaches the core.
 */
class Phone private constructor(private val core: PhoneCore) : AutoCloseable {
    val session = SessionCalls(core.session())
    val scanner = ScannerCalls(core.scanner())
    val orders = OrderCalls(core.orders())
    val evidence = EvidenceCalls(core.evidence())
    val review = ReviewCalls(core.review())
    val syncCentre = SyncCalls(core.syncCentre())

    /** How often each topic changed: a state, so that a slow reader sees all of it at once and misses nothing. */
    private val counts = MutableStateFlow(emptyMap<Topic, Long>())

    init {
        core.observe(object : ChangeListener {
            override fun changed(topics: List<Topic>) {
                // The core calls from one thread of its own: it stays attached to the JVM instead of once a call.
                Native.detach(false)
                counts.update { before -> before + topics.associateWith { (before[it] ?: 0) + 1 } }
            }
        })
    }

    /** The first screen. */
    suspend fun home(): Home = io { core.home() }

    /** What changed, from now on; of these topics, or of all. What changes while the collector is busy comes at once. */
    fun changes(vararg of: Topic): Flow<Set<Topic>> = flow {
        var seen = counts.value
        counts.collect { now ->
            val changed = now.keys.filterTo(mutableSetOf()) { now[it] != seen[it] && (of.isEmpty() || it in of) }
            seen = now
            if (changed.isNotEmpty()) emit(changed)
        }
    }

    /** Gives the store back. Nothing of this phone may be called afterwards. */
    override fun close() {
        listOf(session, scanner, orders, evidence, review, syncCentre).forEach(AutoCloseable::close)
        core.close()
    }

    companion object {
        /**
         * Opens the phone whose store is in [folder], making one where it is empty or not there. [lanMode] allows
         * plain HTTP to a server on another machine: somebody chose that. [pins] is the platform's key for PINs; without
         * one it lies in a file, which no app may do.
         */
        suspend fun open(folder: String, lanMode: Boolean = false, pins: PinVault? = null): Phone = io {
            Phone(if (pins == null) PhoneCore.open(folder, lanMode) else PhoneCore.openWithVault(folder, lanMode, pins))
        }
    }
}

/** The core blocks: it is called from a thread that may. */
internal suspend fun <T> io(call: () -> T): T = withContext(Dispatchers.IO) { call() }
