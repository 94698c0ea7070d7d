package rounds.platform

import android.security.keystore.KeyProperties
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import rounds.core.PinVaultException
import java.security.Security
import javax.crypto.Mac

/** The key for PINs where Android keeps keys. The Keystore is one in memory: what hardware does is not shown here. */
class KeystorePinVaultTest {
    private val vault = KeystorePinVault()

    @BeforeEach
    fun install() {
        Keystore.held.clear()
        Keystore.made.clear()
        Keystore.locked = false
        Security.addProvider(Keystore)
    }

    @AfterEach
    fun remove() = Security.removeProvider(Keystore.name)

    @Test
    fun `the key is made once, for signing only and without a finger, and stays`() {
        assertFalse(vault.hasKey())
        vault.makeKey()
        assertTrue(vault.hasKey())
        val key = Keystore.held.getValue("rounds-pin-key")
        vault.makeKey()
        assertEquals(key, Keystore.held.getValue("rounds-pin-key"))
        val spec = Keystore.made.single()
        assertEquals(KeyProperties.PURPOSE_SIGN, spec.purposes)
        assertFalse(spec.isUserAuthenticationRequired)
    }

    @Test
    fun `it is HMAC-SHA256 under that key`() {
        vault.makeKey()
        val key = Keystore.held.getValue("rounds-pin-key")
        val expected = Mac.getInstance("HmacSHA256").apply { init(key) }.doFinal("x".toByteArray())
        assertArrayEquals(expected, vault.mac("x".toByteArray()))
        assertEquals(32, expected.size)
    }

    @Test
    fun `a wiped Keystore has no key, and one that refuses says so`() {
        vault.makeKey()
        Keystore.held.clear()
        assertFalse(vault.hasKey())
        val gone = assertThrows<PinVaultException.Failed> { vault.mac(ByteArray(1)) }
        assertTrue("gone from the Keystore" in gone.reason, gone.reason)
        Keystore.locked = true
        for (call in listOf({ vault.hasKey() }, { vault.makeKey() }, { vault.mac(ByteArray(1)) })) {
            val refused = assertThrows<PinVaultException.Failed> { call() }
            assertTrue("the Keystore is locked" in refused.reason, refused.reason)
        }
    }

    @Test
    fun `an app without a Keystore is told, not broken`() {
        Security.removeProvider(Keystore.name)
        assertThrows<PinVaultException.Failed> { vault.hasKey() }
    }
}
