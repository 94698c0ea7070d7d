package rounds.screens.order

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import rounds.core.Phone
import rounds.core.Slot
import rounds.phone.NextStep
import rounds.phone.PhoneException
import rounds.phone.Topic
import rounds.screens.words.Name
import rounds.screens.words.explained

/** The camera: writes one picture to the path it is given, or nothing when the person goes back. */
fun interface Camera {
    suspend fun take(path: String)
}

/**
 * The order page over the core: reads when something changed, records what the large button asks for. It lives as long
 * as [scope].
 */
class CoreOrderViewModel(
    private val phone: Phone,
    private val order: String,
    private val camera: Camera,
    private val scope: CoroutineScope,
    private val openCentre: () -> Unit,
    private val clock: () -> Long = System::currentTimeMillis,
) : OrderViewModel {
    private val reading = Mutex()
    private val state = MutableStateFlow<OrderScreenState>(OrderScreenState.Loading)
    override val screen: StateFlow<OrderScreenState> = state.asStateFlow()

    init {
        // Listens before the first read, so that nothing that changes in between is missed.
        scope.launch { phone.changes().conflate().collect { read() } }
        scope.launch { read() }
    }

    override fun doNext(thing: NextThing) {
        val shown = state.value as? OrderScreenState.Shown ?: return
        // Whoever sets it busy does the thing; a second press finds it busy.
        if (shown.busy || !state.compareAndSet(shown, shown.copy(busy = true, notice = null))) return
        scope.launch {
            val notice = try {
                record(thing)
                null
            } catch (error: PhoneException) {
                explained(error)
            }
            read(done = true, notice)
        }
    }

    override fun openSyncCentre() = openCentre()

    override fun tryAgain() {
        state.value = OrderScreenState.Loading
        scope.launch { read() }
    }

    private suspend fun record(thing: NextThing) = when (thing) {
        NextThing.Accept -> phone.orders.accept(order)
        NextThing.Start -> phone.orders.start(order)
        NextThing.Resume -> phone.orders.resume(order)
        NextThing.Complete -> phone.orders.complete(order)
        NextThing.TakeBefore -> take(Slot.BEFORE)
        NextThing.TakeAfter -> take(Slot.AFTER)
    }

    private suspend fun take(slot: Slot) {
        val item = (phone.orders.show(order).next as? NextStep.TakePicture)?.item
        val reserved = phone.evidence.beginCapture(order, slot, item)
        camera.take(reserved.path)
        phone.evidence.finishCapture(reserved.evidence)
    }

    /** Reads one at a time, so that an older answer never stands over a newer. What is busy stays so until it is done. */
    private suspend fun read(done: Boolean = false, notice: Name? = null) = reading.withLock {
        try {
            val detail = phone.orders.show(order)
            val page = detail.page(phone.syncCentre.queue(), phone.syncCentre.status().captures, clock())
            state.update { before ->
                val shown = before as? OrderScreenState.Shown
                OrderScreenState.Shown(page, if (done) notice else shown?.notice, busy = !done && shown?.busy == true)
            }
        } catch (error: PhoneException) {
            val why = explained(error)
            state.update { before ->
                when (before) {
                    // A page that is there is worth more than the news that it could not be read again.
                    is OrderScreenState.Shown -> before.copy(notice = notice ?: why, busy = before.busy && !done)
                    is OrderScreenState.Failed, OrderScreenState.Loading ->
                        OrderScreenState.Failed(Name("工单打不开", "The order does not open"), why)
                }
            }
        }
    }
}
