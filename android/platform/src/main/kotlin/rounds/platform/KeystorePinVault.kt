package rounds.platform

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import rounds.core.PinVault
import rounds.core.PinVaultException
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.ProviderException
import javax.crypto.KeyGenerator
import javax.crypto.Mac

/**
 * The key for PINs in Android's Keystore: HMAC-SHA256, made there and never out of it, in no backup, gone with the app or
 * a reset of the phone.
 *
 * It asks for no finger and no screen lock: a shared phone has neither of the person's own. It lies in the trusted
 * execution environment rather than in StrongBox, which would take a good part of a second for each PIN.
 */
class KeystorePinVault(private val alias: String = "rounds-pin-key") : PinVault {
    override fun hasKey(): Boolean = saying("looking for the key") { store().containsAlias(alias) }

    override fun makeKey() {
        saying("making the key") {
            if (!store().containsAlias(alias)) {
                val spec = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN).build()
                KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_HMAC_SHA256, PROVIDER).apply { init(spec) }.generateKey()
            }
        }
    }

    override fun mac(bytes: ByteArray): ByteArray = saying("using the key") {
        val key = store().getKey(alias, null) ?: throw PinVaultException.Failed("the key for PINs is gone from the Keystore")
        Mac.getInstance(KeyProperties.KEY_ALGORITHM_HMAC_SHA256).apply { init(key) }.doFinal(bytes)
    }

    private fun store(): KeyStore = KeyStore.getInstance(PROVIDER).apply { load(null) }

    /** The Keystore's refusals come in three families of exceptions, one of them unchecked. */
    private fun <T> saying(doing: String, call: () -> T): T = try {
        call()
    } catch (refused: GeneralSecurityException) {
        throw PinVaultException.Failed("$doing in the Keystore: $refused")
    } catch (refused: ProviderException) {
        throw PinVaultException.Failed("$doing in the Keystore: $refused")
    } catch (refused: IOException) {
        throw PinVaultException.Failed("$doing in the Keystore: $refused")
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
    }
}
