package rounds.core

import rounds.phone.PersonView

/** Enrolment and who is signed in. */
class SessionCalls internal constructor(private val session: Session) : AutoCloseable by session {
    /** Makes the phone one of an organisation's, with the text of an enrolment code. Needs the server. */
    suspend fun enrol(invitation: String, name: String) = io { session.enrol(invitation, name) }

    /** Signs somebody in: without a connection while his lease on this phone lives. */
    suspend fun signIn(code: String, pin: String): PersonView = io { session.signIn(code, pin) }

    /** Nobody is signed in any more. What was recorded stays and is still sent. */
    suspend fun signOut() = io { session.signOut() }

    /** Who is signed in. */
    suspend fun who(): PersonView? = io { session.who() }
}
