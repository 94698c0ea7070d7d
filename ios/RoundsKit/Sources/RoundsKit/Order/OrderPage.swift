/// One order, ready for the screen. Times are milliseconds since 1970, best estimates unless named otherwise.
public struct OrderPage: Hashable, Sendable {
    /// The number people say aloud: K7-0042.
    public var number: String
    public var title: Name
    public var asset: Name?
    public var place: Name?
    public var state: OrderState
    public var evidence: [EvidencePair]
    /// Newest first.
    public var timeline: [TimelineEntry]
    /// What this person may do next; nil when nothing.
    public var next: NextThing?
    public var sync: SyncState
    /// When this was read: what relative times count from.
    public var now: Int64

    public init(
        number: String, title: Name, asset: Name?, place: Name?, state: OrderState, evidence: [EvidencePair],
        timeline: [TimelineEntry], next: NextThing?, sync: SyncState, now: Int64
    ) {
        self.number = number
        self.title = title
        self.asset = asset
        self.place = place
        self.state = state
        self.evidence = evidence
        self.timeline = timeline
        self.next = next
        self.sync = sync
        self.now = now
    }
}

/// Where an order is (the core's states, the same names).
public enum OrderState: CaseIterable, Sendable {
    case open, assigned, accepted, travelling, onSite, inProgress, onHold, done, inReview, rework, cannotComplete,
        closed, cancelled
}

/// The one thing the large button does.
public enum NextThing: CaseIterable, Sendable {
    case accept, start, takeBefore, takeAfter, complete, resume
}

/// Before and after of one item, from one standpoint.
public struct EvidencePair: Hashable, Sendable {
    public var item: Name
    public var before: Photo
    public var after: Photo

    public init(item: Name, before: Photo, after: Photo) {
        self.item = item
        self.before = before
        self.after = after
    }
}

/// One side of a pair.
public enum Photo: Hashable, Sendable {
    /// The picture is here. `stored`: the server has it too.
    case here(path: String, by: Name, at: Int64, stored: Bool)
    /// Taken, but its picture is on another phone and not yet on the server.
    case onPhone(device: String, by: Name, at: Int64)
    /// The server has the picture; it has not come to this phone.
    case onServer(by: Name, at: Int64)
    /// The camera of this phone was opened and no picture was found afterwards.
    case lost(at: Int64)
    /// The file on this phone is not what was recorded.
    case broken(by: Name, at: Int64)
    /// Nobody has taken it.
    case notTaken
}

/// One line of the timeline.
public struct TimelineEntry: Hashable, Sendable, Identifiable {
    public var id: String
    public var what: Deed
    public var who: Name
    public var at: Int64
    /// What the phone's clock said, where it differs from the estimate.
    public var wall: Int64?
    /// When the server received it; nil while it waits to be sent.
    public var received: Int64?
    /// The device's prefix.
    public var device: String
    /// What was written, or why.
    public var remark: String?
    /// Kept, and waits for a supervisor's choice.
    public var held: Bool

    public init(
        id: String, what: Deed, who: Name, at: Int64, wall: Int64? = nil, received: Int64?, device: String,
        remark: String? = nil, held: Bool = false
    ) {
        self.id = id
        self.what = what
        self.who = who
        self.at = at
        self.wall = wall
        self.received = received
        self.device = device
        self.remark = remark
        self.held = held
    }
}

/// What somebody did to an order.
public enum Deed: CaseIterable, Sendable {
    case raised, assigned, accepted, declined, setOut, arrived, started, assisted, putOnHold, resumed, tookPhoto,
        completed, cannotComplete, handedIn, commented, itemAccepted, itemReturned, sentBack, closed, cancelled,
        reopened, changed, settledHeld, gaveUp,
        /// Something a newer app records.
        other
}

/// How far this phone's records have come.
public enum SyncState: Hashable, Sendable {
    case allReceived
    case waiting(count: Int, oldest: Int64)
    case needsYou(count: Int)
}
