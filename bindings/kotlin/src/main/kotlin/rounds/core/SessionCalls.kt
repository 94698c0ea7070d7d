package rounds.core

import rounds.phone.GateRow
import rounds.phone.PersonView

/** Enrolment and who is signed in. */
class SessionCalls internal constructor(private val session: Session) : AutoCloseable by session {
    /** Makes the phone one of an organisation's, with the text of an enrolment code. Needs the server. */
    suspend fun enrol(invitation: String, name: String) = io { session.enrol(invitation, name) }

    /** Signs somebody in: without a connection while his lease on this phone lives. */
    suspend fun signIn(code: String, pin: String): PersonView = io { session.signIn(code, pin) }

    /** How everybody who signed in here stands at the gate of this phone. */
    suspend fun gate(): List<GateRow> = io { session.gate() }

    /** How somebody stands at the gate of this phone, by code or id; also who never signed in here. */
    suspend fun gateOf(person: String): GateRow = io { session.gateOf(person) }

    /**
     * A supervisor who is signed in admits somebody on this phone, also without a connection. The person chooses the
     * [pin], for this phone only; without one the PIN kept here goes on. Then the person signs in.
     */
    suspend fun admit(person: String, pin: String? = null): GateRow = io { session.admit(person, pin) }

    /** Nobody is signed in any more. What was recorded stays and is still sent. */
    suspend fun signOut() = io { session.signOut() }

    /** Who is signed in. */
    suspend fun who(): PersonView? = io { session.who() }
}
