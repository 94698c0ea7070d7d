/// Where the order page's facts come from and its wishes go to: the core, or a test.
public protocol OrderSource: Sendable {
    /// The order as it stands on this phone now.
    func page(of order: String) async throws -> OrderPage

    /// Records what the person did. When it returns the action is durable.
    func perform(_ deed: OrderDeed, on order: String) async throws

    /// Reserves the place where the camera will write, before it opens, so that no shutter press is lost.
    func beginCapture(_ slot: Slot, of order: String) async throws -> Capture

    /// Takes in what the camera wrote there.
    func finish(_ capture: Capture) async throws

    /// Says that something may have changed; coalesced. Ends when the source closes.
    func changes() -> AsyncStream<Void>
}

/// What the large button records.
public enum OrderDeed: Sendable, Hashable { case accept, start, complete, resume }

/// Which side of a pair a photo is for.
public enum Slot: Sendable, Hashable { case before, after }

/// A reserved place for a picture.
public struct Capture: Sendable, Hashable {
    /// Id of the evidence it becomes.
    public let evidence: String
    public let slot: Slot
    /// The file that the camera writes.
    public let path: String

    public init(evidence: String, slot: Slot, path: String) {
        self.evidence = evidence
        self.slot = slot
        self.path = path
    }
}

/// An error that can be explained to a person.
public protocol Explained: Error {
    /// What was not done.
    var what: Name { get }
    /// Why, and what to do.
    var why: Name { get }
}
