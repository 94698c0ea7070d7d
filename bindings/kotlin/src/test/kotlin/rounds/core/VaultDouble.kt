package rounds.core

import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

/** A platform's key store in memory, as Android's is in hardware. It can be wiped, locked, or broken. */
class VaultDouble : PinVault {
    private var key: ByteArray? = null
    var locked = false
    var broken = false
    var asked = 0
        private set

    /** What a factory reset of the key store leaves. */
    fun wipe() { key = null }

    override fun hasKey(): Boolean = answer { key != null }

    override fun makeKey() = answer { if (key == null) key = ByteArray(32) { (it * 7).toByte() } }

    override fun mac(bytes: ByteArray): ByteArray = answer {
        Mac.getInstance("HmacSHA256").apply { init(SecretKeySpec(key!!, "HmacSHA256")) }.doFinal(bytes)
    }

    private fun <T> answer(call: () -> T): T {
        asked++
        if (locked) throw PinVaultException.Failed("the vault is locked")
        check(!broken) { "no such provider" }
        return call()
    }
}
