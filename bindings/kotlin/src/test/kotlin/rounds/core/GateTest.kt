package rounds.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.assertThrows
import rounds.phone.GateState
import rounds.phone.PhoneException
import rounds.stage.Stage
import java.io.File
import java.util.concurrent.TimeUnit

/** Two people, one phone, no network, and a key for PINs that the platform keeps. */
@Timeout(180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GateTest {
    private lateinit var stage: Stage

    @BeforeAll
    fun build() { stage = Stage() }

    @AfterAll
    fun strike() { stage.close() }

    @Test
    fun `a supervisor admits somebody without a network, and his PIN is checked with the platform's key`() = runBlocking {
        val vault = VaultDouble()
        val phone = Phone.open(stage.phone("shared"), pins = vault)
        phone.session.enrol(stage.invitation(), "the shift's phone")
        val (her, him) = stage.player("supervisor") to stage.player("technician")
        phone.session.signIn(her.code, her.pin)
        phone.syncToTheEnd()
        stage.down()

        assertEquals(GateState.NEW, phone.session.gateOf(him.code).state)
        assertTrue(phone.session.gateOf(him.code).mayAdmit)
        val refused = assertThrows<PhoneException.BadInput> { runBlocking { phone.session.admit(him.code) } }
        assertEquals("the PIN", refused.what)
        val admitted = phone.session.admit(him.code, "864209")
        assertEquals(GateState.OPEN, admitted.state)
        assertTrue(admitted.admittedHere)
        assertEquals(listOf(her.code, him.code).sorted(), phone.session.gate().map { it.person.code })
        assertEquals(him.name, phone.session.signIn(him.code, "864209").name)
        phone.orders.raise(OrderDraft("Seal leaks", asset = stage.asset, assignees = listOf(him.code)))
        assertThrows<PhoneException.WrongPin> { runBlocking { phone.session.signIn(him.code, "0000") } }
        assertFalse(File(stage.phone("shared"), "keys/pin-key").exists(), "the key lies in no file")

        // A vault that refuses, one that breaks, and one that was wiped: never a wrong PIN, and nothing is lost.
        vault.locked = true
        val locked = assertThrows<PhoneException.Failed> { runBlocking { phone.session.signIn(him.code, "864209") } }
        assertTrue("the vault is locked" in locked.reason, locked.reason)
        vault.locked = false
        vault.broken = true
        val broken = assertThrows<PhoneException.Failed> { runBlocking { phone.session.signIn(him.code, "864209") } }
        assertTrue("no such provider" in broken.reason, broken.reason)
        vault.broken = false
        vault.wipe()
        assertThrows<PhoneException.NeedsConnection> { runBlocking { phone.session.signIn(him.code, "864209") } }
        assertEquals(GateState.NEEDS_PIN, phone.session.gateOf(him.code).state)

        stage.up()
        phone.session.signIn(him.code, him.pin)
        phone.syncToTheEnd()
        assertTrue(phone.syncCentre.queue().isEmpty())
        assertFalse(phone.session.gateOf(him.code).admittedHere)
        assertTrue(vault.asked > 0)
        phone.close()
    }
}
