package rounds.core

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * Turns a blocking call of the core into a suspending one that really cancels.
 *
 * The call runs on an I/O thread. When the coroutine is cancelled the token is cancelled at once, and this function
 * returns when the call has ended, so that nothing of it still runs in the background afterwards.
 */
suspend fun <T> cancellable(call: (CancelToken) -> T): T = CancelToken().use { token ->
    coroutineScope {
        // Unconfined: the token is cancelled by the thread that cancels, even while this coroutine's own is busy.
        val cancelling = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            try {
                awaitCancellation()
            } finally {
                token.cancel()
            }
        }
        try {
            withContext(Dispatchers.IO) { call(token) }
        } finally {
            cancelling.cancel()
        }
    }
}
