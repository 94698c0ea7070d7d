package rounds.core

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.concurrent.TimeUnit

/** Against the real library, found through `jna.library.path`. */
@Timeout(60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CancellableTest {
    @Test
    fun `the library says its version`() {
        assertTrue(Regex("""\d+\.\d+\.\d+""").matches(version()), version())
    }

    @Test
    fun `a call that is not cancelled gives its answer`() = runBlocking {
        assertFalse(cancellable { token -> token.wait(1) })
    }

    @Test
    fun `cancelling the coroutine ends a call that would never end, and waits for its end`() = runBlocking {
        val began = CompletableDeferred<Unit>()
        val answer = CompletableDeferred<Boolean>()
        val call = async {
            cancellable { token ->
                began.complete(Unit)
                token.wait(Long.MAX_VALUE).also { answer.complete(it) }
            }
        }
        began.await()
        call.cancel()
        call.join()
        assertTrue(answer.isCompleted, "join returned while the call still ran")
        assertTrue(answer.await(), "the core saw the cancelling")
        assertThrows(CancellationException::class.java) { runBlocking { call.await() } }
        Unit
    }

    @Test
    fun `an error of the call comes out as it is`() {
        val error = assertThrows(IllegalStateException::class.java) {
            runBlocking { cancellable<Unit> { error("broken pump") } }
        }
        assertEquals("broken pump", error.message)
    }
}
