package rounds.core

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.Timeout
import rounds.phone.PhoneException
import rounds.phone.QueueState
import rounds.phone.ScanMeaning
import rounds.phone.SyncOutcome
import rounds.phone.Topic
import rounds.stage.Stage
import java.io.File
import java.util.concurrent.TimeUnit

/** One order from a basement to a desk: the real library on both phones, the real server, the plug pulled between. */
@Timeout(180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfflineOrderTest {
    private lateinit var stage: Stage

    @BeforeAll
    fun build() { stage = Stage() }

    @AfterAll
    fun strike() { stage.close() }

    private suspend fun enrolled(role: String): Phone = Phone.open(stage.phone(role)).apply {
        session.enrol(stage.invitation(), "$role's phone")
        val player = stage.player(role)
        assertEquals(player.name, session.signIn(player.code, player.pin).name)
        syncToTheEnd()
    }

    @Test
    fun `an order recorded while the server is down is on the server's desk when it is back`() = runBlocking {
        val supervisor = enrolled("supervisor")
        val technician = enrolled("technician")
        val raised = supervisor.orders.raise(
            OrderDraft("Seal leaks", asset = stage.asset, assignees = listOf(stage.player("technician").code)),
        )
        supervisor.syncToTheEnd()
        technician.syncToTheEnd()

        stage.down()
        val news = async(start = CoroutineStart.UNDISPATCHED) { technician.changes(Topic.ORDERS).first() }
        val scanned = technician.scanner.text(stage.tag)
        assertEquals(ScanMeaning.BOUND, scanned.meaning)
        assertEquals(stage.asset, scanned.asset?.asset?.code)
        assertEquals(scanned.asset, technician.scanner.picture(stage.picture("tag")).single().asset)
        val order = scanned.asset!!.openOrders.single()
        assertEquals(raised.number, order.number)

        technician.orders.accept(order.id)
        technician.orders.start(order.id)
        technician.evidence.photoAdd(order.id, Slot.BEFORE, stage.picture("before"))
        val reserved = technician.evidence.beginCapture(order.id, Slot.AFTER)
        File(stage.picture("after")).copyTo(File(reserved.path), overwrite = true)
        technician.evidence.finishCapture(reserved.evidence)
        technician.orders.complete(order.id, "Seal replaced")
        assertEquals(setOf(Topic.ORDERS), news.await())

        // Everything is there to be seen, and nothing has left.
        val offline = technician.orders.show(order.id)
        assertEquals("in_review", offline.row.state)
        assertTrue(offline.row.pending)
        val queue = technician.syncCentre.queue()
        assertEquals(setOf(QueueState.LOCAL), queue.map { it.state }.toSet())
        assertEquals(
            listOf("order.accept", "order.start", "evidence.attach", "evidence.attach", "order.complete"),
            queue.map { it.action },
        )
        assertInstanceOf(SyncOutcome.Wait::class.java, technician.syncCentre.sync().outcome)
        assertFalse(technician.syncCentre.status().safeToHandIn)

        stage.up()
        CancelToken().use { token ->
            token.cancel()
            assertEquals(SyncOutcome.Cancelled, technician.syncCentre.centre.sync(null, token).outcome)
            assertEquals(queue.map { it.op }, technician.syncCentre.queue().map { it.op })
        }
        technician.syncToTheEnd()
        assertEquals(emptyList<Any>(), technician.syncCentre.queue())
        assertTrue(technician.syncCentre.status(check = true).safeToHandIn)

        // The supervisor sees it with both pictures, and closes it.
        supervisor.syncToTheEnd()
        val seen = supervisor.orders.show(raised.number)
        assertEquals("in_review", seen.row.state)
        assertEquals(stage.player("technician").name, seen.completedBy)
        val item = seen.items.single()
        for (picture in listOf(item.before, item.after)) {
            assertNotNull(picture)
            assertTrue(picture!!.stored, "$picture")
            assertEquals(0xFF.toByte(), supervisor.evidence.read(picture.path!!).first(), "a JPEG")
            assertNull(picture.missing)
        }
        assertEquals("Seal replaced", seen.timeline.single { it.what == "order.complete" }.text)
        supervisor.review.acceptItem(raised.id, item.key)
        supervisor.review.close(raised.id)
        supervisor.syncToTheEnd()
        technician.syncToTheEnd()
        assertEquals("closed", technician.orders.show(raised.id).row.state)
        technician.close()
        supervisor.close()

        // A separate reader of the stores: every op applied, every file whole, nothing amiss.
        val found = stage.doctor(stage.phone("technician"), stage.phone("supervisor"))
        assertEquals("[]", found.getValue("problems").toString())
        assertEquals("[]", found.getValue("held").toString())
        val (mine, theirs) = found.getValue("phones").jsonArray.map { it.jsonObject }
        for ((row, ops, files) in listOf(Triple(mine, 5, 6), Triple(theirs, 3, 0))) {
            for (column in listOf("recorded", "received", "applied")) {
                assertEquals(ops, row.getValue(column).jsonPrimitive.int, "$column in $row")
            }
            assertEquals(files, row.getValue("files_whole").jsonPrimitive.int, "$row")
        }
    }

    @Test
    fun `what cannot be done is said as an error a shell can explain`() = runBlocking {
        val phone = Phone.open(stage.phone("alone"))
        refused<PhoneException.NotEnrolled> { phone.session.signIn("qiang", "4711") }
        refused<PhoneException.NotEnrolled> { phone.syncCentre.sync() }
        refused<PhoneException.NeedsSignIn> { phone.orders.raise(OrderDraft("Seal leaks", site = null)) }
        val missing = refused<PhoneException.NotFound> { phone.orders.show("K7-0042") }
        assertTrue("K7-0042" in missing.what, missing.what)
        val bad = refused<PhoneException.BadInput> { phone.session.enrol("HTTP://ELSEWHERE", "phone") }
        assertEquals("the enrolment code", bad.what)
        assertNull(phone.session.who())
        phone.close()
    }

    private inline fun <reified E : PhoneException> refused(call: () -> Any?): E {
        try {
            call()
        } catch (error: PhoneException) {
            return assertInstanceOf(E::class.java, error)
        }
        throw AssertionError("${E::class.simpleName} was expected, and it was done")
    }
}
