package rounds.platform

import android.security.keystore.KeyGenParameterSpec
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.ProviderException
import java.security.SecureRandom
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

/** Android's Keystore in memory, under its own name, for what only a phone has: install it, and it is what apps find. */
object Keystore : Provider("AndroidKeyStore", "1", "Android's Keystore, in memory") {
    val held = mutableMapOf<String, SecretKey>()
    val made = mutableListOf<KeyGenParameterSpec>()
    var locked = false

    init {
        put("KeyStore.AndroidKeyStore", Entries::class.java.name)
        put("KeyGenerator.HmacSHA256", Generator::class.java.name)
    }

    private fun readResolve(): Any = Keystore

    /** What a generator is told, and what it makes of it. */
    class Generator : KeyGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun engineInit(random: SecureRandom) = error("Android's wants a specification")
        override fun engineInit(size: Int, random: SecureRandom?) = error("Android's wants a specification")
        override fun engineInit(params: AlgorithmParameterSpec, random: SecureRandom?) { spec = params as KeyGenParameterSpec }

        override fun engineGenerateKey(): SecretKey {
            made += spec
            val bytes = ByteArray(32) { (it + 7 * made.size).toByte() }
            return SecretKeySpec(bytes, "HmacSHA256").also { held[spec.keystoreAlias] = it }
        }
    }

    /** Its entries: keys by their alias. */
    class Entries : KeyStoreSpi() {
        override fun engineLoad(stream: InputStream?, password: CharArray?) {
            // Android's own refusals are unchecked ones of the provider.
            if (locked) throw ProviderException("the Keystore is locked")
        }
        override fun engineGetKey(alias: String, password: CharArray?): Key? = held[alias]
        override fun engineContainsAlias(alias: String) = alias in held
        override fun engineAliases(): Enumeration<String> = Collections.enumeration(held.keys)
        override fun engineSize() = held.size
        override fun engineIsKeyEntry(alias: String) = alias in held
        override fun engineDeleteEntry(alias: String) { held.remove(alias) }
        override fun engineIsCertificateEntry(alias: String) = false
        override fun engineGetCertificate(alias: String): Certificate? = null
        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null
        override fun engineGetCertificateAlias(certificate: Certificate): String? = null
        override fun engineGetCreationDate(alias: String): Date? = null
        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) = error("keys are made here")
        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) = error("keys are made here")
        override fun engineSetCertificateEntry(alias: String, certificate: Certificate) = error("keys are made here")
        override fun engineStore(stream: OutputStream?, password: CharArray?) = error("keys stay here")
    }
}
