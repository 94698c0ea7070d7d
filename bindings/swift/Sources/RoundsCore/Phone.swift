/// A phone, as tasks see it: the core's groups of methods as async ones. One for a process.
///
/// A call that records returns when what it recorded is durable. Cancelling while such a call runs does not take back
/// what it records; only `syncCentre.sync` is long, and cancelling that one reaches the core.
public final class Phone: Sendable {
    public let session: SessionCalls
    public let scanner: ScannerCalls
    public let orders: OrderCalls
    public let evidence: EvidenceCalls
    public let review: ReviewCalls
    public let syncCentre: SyncCalls
    private let core: PhoneCore
    private let news = News()

    private init(_ core: PhoneCore) {
        self.core = core
        session = SessionCalls(session: core.session())
        scanner = ScannerCalls(scanner: core.scanner())
        orders = OrderCalls(orders: core.orders())
        evidence = EvidenceCalls(evidence: core.evidence())
        review = ReviewCalls(review: core.review())
        syncCentre = SyncCalls(centre: core.syncCentre())
        core.observe(listener: news)
    }

    /// Opens the phone whose store is in `folder`, making one where it is empty or not there. `lanMode` allows plain
    /// HTTP to a server on another machine: somebody chose that. `pins` is the platform's key for PINs; without one it
    /// lies in a file, which no app may do.
    public static func open(_ folder: String, lanMode: Bool = false, pins: PinVault? = nil) async throws -> Phone {
        try await io {
            guard let pins else { return Phone(try PhoneCore.open(folder: folder, lanMode: lanMode)) }
            return Phone(try PhoneCore.openWithVault(folder: folder, lanMode: lanMode, pins: pins))
        }
    }

    /// The first screen.
    public func home() async throws -> Home { try await io { [core] in try core.home() } }

    /// What changed, from now on; of these topics, or of all. What changes while the reader is busy comes at once.
    public func changes(of topics: Set<Topic> = []) -> AsyncStream<Set<Topic>> { news.changes(of: topics) }
}
