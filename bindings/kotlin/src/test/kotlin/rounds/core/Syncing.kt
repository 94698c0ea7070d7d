package rounds.core

import rounds.phone.SyncOutcome

/** Syncs until there is nothing left to do, coming back when the core says so. */
internal suspend fun Phone.syncToTheEnd() {
    while (true) {
        val report = syncCentre.sync()
        when (val outcome = report.outcome) {
            SyncOutcome.Done -> return
            // Only the server's word that files are stored is waited for: anything else is in the way.
            is SyncOutcome.Wait -> {
                check(report.problem == null) { "$report" }
                cancellable { token -> token.wait(outcome.ms) }
            }
            else -> error("$report")
        }
    }
}
