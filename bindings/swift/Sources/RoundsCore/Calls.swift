import Foundation

// The core's groups as async ones, the same names as in Kotlin. An order is named by its id or the number people say
// aloud.

/// Enrolment and who is signed in.
public struct SessionCalls: Sendable {
    let session: Session

    /// Makes the phone one of an organisation's, with the text of an enrolment code. Needs the server.
    public func enrol(_ invitation: String, name: String) async throws {
        try await io { try session.enrol(invitation: invitation, name: name) }
    }

    /// Signs somebody in: without a connection while his lease on this phone lives.
    @discardableResult
    public func signIn(code: String, pin: String) async throws -> PersonView {
        try await io { try session.signIn(code: code, pin: pin) }
    }

    /// How everybody who signed in here stands at the gate of this phone.
    public func gate() async throws -> [GateRow] { try await io { try session.gate() } }

    /// How somebody stands at the gate of this phone, by code or id; also who never signed in here.
    public func gate(of person: String) async throws -> GateRow { try await io { try session.gateOf(person: person) } }

    /// A supervisor who is signed in admits somebody on this phone, also without a connection. The person chooses the
    /// `pin`, for this phone only; without one the PIN kept here goes on. Then the person signs in.
    @discardableResult
    public func admit(_ person: String, pin: String? = nil) async throws -> GateRow {
        try await io { try session.admit(person: person, pin: pin) }
    }

    /// Nobody is signed in any more. What was recorded stays and is still sent.
    public func signOut() async throws { try await io { try session.signOut() } }

    /// Who is signed in.
    public func who() async throws -> PersonView? { try await io { try session.who() } }
}

/// What codes mean here, and finding things by their words.
public struct ScannerCalls: Sendable {
    let scanner: Scanner

    /// What a code means, as a camera read it or a person typed it.
    public func text(_ text: String) async throws -> ScanResult { try await io { try scanner.text(text: text) } }

    /// What the codes in a picture file mean; empty when none can be read.
    public func picture(_ path: String) async throws -> [ScanResult] {
        try await io { try scanner.picture(path: path) }
    }

    /// Finds equipment, places and orders by their words, in Chinese and English.
    public func search(_ words: String) async throws -> [SearchHit] {
        try await io { try scanner.search(words: words) }
    }

    /// One piece of equipment, by its code or id.
    public func asset(_ asset: String) async throws -> AssetCard { try await io { try scanner.asset(asset: asset) } }
}

/// Work orders and what a technician does with them.
public struct OrderCalls: Sendable {
    let orders: Orders

    /// A page (from 0) of at most 50 orders, newest first.
    public func list(_ filter: OrderFilter = .mine, page: UInt32 = 0) async throws -> OrderPage {
        try await io { try orders.list(filter: filter, page: page) }
    }

    /// One order, whole.
    public func show(_ order: String) async throws -> OrderDetail { try await io { try orders.show(order: order) } }

    /// Raises an order; its number is final at once, also without a connection.
    public func raise(_ draft: OrderDraft) async throws -> Raised { try await io { try orders.raise(draft: draft) } }

    /// Gives the order to people, by their codes or ids.
    public func assign(_ order: String, to people: [String]) async throws {
        try await io { try orders.assign(order: order, people: people) }
    }

    /// Takes it.
    public func accept(_ order: String) async throws { try await io { try orders.accept(order: order) } }

    /// Gives it back.
    public func decline(_ order: String, reason: String) async throws {
        try await io { try orders.decline(order: order, reason: reason) }
    }

    /// Sets out.
    public func travel(_ order: String) async throws { try await io { try orders.travel(order: order) } }

    /// Is there.
    public func arrive(_ order: String) async throws { try await io { try orders.arrive(order: order) } }

    /// Begins work, or begins again.
    public func start(_ order: String) async throws { try await io { try orders.start(order: order) } }

    /// Work waits.
    public func hold(_ order: String, for reason: WaitsFor, words: String = "") async throws {
        try await io { try orders.hold(order: order, reason: reason, words: words) }
    }

    /// Work goes on.
    public func resume(_ order: String) async throws { try await io { try orders.resume(order: order) } }

    /// Work is finished; the order goes to review.
    public func complete(_ order: String, words: String = "") async throws {
        try await io { try orders.complete(order: order, words: words) }
    }

    /// It cannot be done.
    public func cannotComplete(_ order: String, reason: String) async throws {
        try await io { try orders.cannotComplete(order: order, reason: reason) }
    }
}

/// Pictures of an order.
public struct EvidenceCalls: Sendable {
    let evidence: Evidence

    /// Reserves a place for a picture, durably, before the camera opens, so that a kill between shutter and save loses
    /// nothing. Without `item` a before or after belongs to the order's only pair.
    public func beginCapture(_ order: String, _ slot: Slot, item: String? = nil) async throws -> Reservation {
        try await io { try evidence.beginCapture(order: order, item: item, slot: slot) }
    }

    /// Takes in what the camera wrote at a reserved place, by the evidence's id.
    public func finishCapture(_ id: String) async throws { try await io { try evidence.finishCapture(evidence: id) } }

    /// Copies a picture file into the store and attaches it; the id of the evidence.
    @discardableResult
    public func photoAdd(_ order: String, _ slot: Slot, path: String, item: String? = nil) async throws -> String {
        try await io { try evidence.photoAdd(order: order, item: item, slot: slot, path: path) }
    }

    /// A picture's bytes, by the path that a view gave: files are sealed at rest and opened in memory only.
    public func read(_ path: String) async throws -> Data { try await io { try evidence.read(path: path) } }
}

/// What a supervisor decides, also without a connection.
public struct ReviewCalls: Sendable {
    let review: Review

    /// One item is good.
    public func acceptItem(_ order: String, item: String) async throws {
        try await io { try review.acceptItem(order: order, item: item) }
    }

    /// One item, or one picture of it, is to be done again.
    public func returnItem(_ order: String, item: String, slot: Slot? = nil, reason: String) async throws {
        try await io { try review.returnItem(order: order, item: item, slot: slot, reason: reason) }
    }

    /// Settles a held op; `choice` is one of the codes that the order's page and the queue list for it.
    public func settle(_ op: String, choice: String, words: String = "") async throws {
        try await io { try review.settle(op: op, choice: choice, words: words) }
    }

    /// Chooses between two values of one field: the offered one, or else the one that stands.
    public func choose(_ order: String, offer: String, take: Bool) async throws {
        try await io { try review.choose(order: order, offer: offer, take: take) }
    }

    /// The order goes back for what was returned.
    public func returnOrder(_ order: String) async throws { try await io { try review.returnOrder(order: order) } }

    /// The order is accepted and closed; `withoutEvidence` says why, where files are not on the server.
    public func close(_ order: String, withoutEvidence: String? = nil) async throws {
        try await io { try review.close(order: order, withoutEvidence: withoutEvidence) }
    }

    /// The order is not to be done.
    public func cancel(_ order: String, reason: String) async throws {
        try await io { try review.cancel(order: order, reason: reason) }
    }

    /// A closed order is opened again.
    public func reopen(_ order: String, reason: String) async throws {
        try await io { try review.reopen(order: order, reason: reason) }
    }
}

/// What waits, how old it is, and why; and the call that sends and fetches.
public struct SyncCalls: Sendable {
    let centre: SyncCentre

    /// Sends what is recorded and takes what is new, and says when to come back; it never sleeps. Cancelling the task
    /// ends it early, with nothing half-written.
    public func sync(budgetMs: Int64? = nil) async throws -> SyncReport {
        try await cancellable { try centre.sync(budgetMs: budgetMs, cancel: $0) }
    }

    /// Every op that is not settled, oldest first.
    public func queue() async throws -> [QueueRow] { try await io { try centre.queue() } }

    /// One op of this phone, whole: to look at, to hand to somebody.
    public func op(_ op: String) async throws -> OpView { try await io { try centre.op(op: op) } }

    /// Repairs a rejected op by a new one that names it: the same again, or as `corrected` says (JSON, as `OpView.data`).
    public func repair(_ op: String, corrected: String? = nil) async throws {
        try await io { try centre.repair(op: op, corrected: corrected) }
    }

    /// Gives up a rejected op, or one that was not sent, on record.
    public func discard(_ op: String, reason: String) async throws {
        try await io { try centre.discard(op: op, reason: reason) }
    }

    /// Every file of a picture taken here.
    public func files() async throws -> [FileView] { try await io { try centre.files() } }

    /// Whether everything is on the server, or exactly what is not; with `check` every file is hashed anew.
    public func status(check: Bool = false) async throws -> Status { try await io { try centre.status(check: check) } }
}
