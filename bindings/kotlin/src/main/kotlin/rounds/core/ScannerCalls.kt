package rounds.core

import rounds.phone.AssetCard
import rounds.phone.ScanResult
import rounds.phone.SearchHit

/** What codes mean here, and finding things by their words. */
class ScannerCalls internal constructor(private val scanner: Scanner) : AutoCloseable by scanner {
    /** What a code means, as a camera read it or a person typed it. */
    suspend fun text(text: String): ScanResult = io { scanner.text(text) }

    /** What the codes in a picture file mean; empty when none can be read. */
    suspend fun picture(path: String): List<ScanResult> = io { scanner.picture(path) }

    /** Finds equipment, places and orders by their words, in Chinese and English. */
    suspend fun search(words: String): List<SearchHit> = io { scanner.search(words) }

    /** One piece of equipment, by its code or id. */
    suspend fun asset(asset: String): AssetCard = io { scanner.asset(asset) }
}
