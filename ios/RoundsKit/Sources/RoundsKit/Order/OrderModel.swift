import Observation

/// The order page: what it shows, and what its touches do.
@MainActor
@Observable
public final class OrderModel {
    /// Every way the page can stand.
    public enum Screen: Equatable {
        /// The shape, until the first read is back.
        case loading
        /// The order.
        case shown(OrderPage)
        /// There is nothing to show: what, and why.
        case failed(what: Name, why: Name)
    }

    public private(set) var screen: Screen = .loading
    /// Why the last thing asked for was not done, if it was not.
    public private(set) var notice: Name?
    /// Something asked for is under way; the large button waits.
    public private(set) var busy = false
    /// The camera is wanted, and where it writes.
    public private(set) var capture: Capture?

    private let order: String
    private let source: any OrderSource
    private var reads = 0
    private var shownRead = 0

    public init(order: String, source: any OrderSource) {
        self.order = order
        self.source = source
    }

    /// Reads the order and keeps it fresh until the task is cancelled: what the screen runs while it is seen.
    public func run() async {
        // Asked for before the first read, so that nothing that changes in between is missed.
        let changes = source.changes()
        await read()
        for await _ in changes {
            if Task.isCancelled { return }
            await read()
        }
    }

    /// The large button. While one press is under way another does nothing.
    public func doNext() async {
        guard !busy, case .shown(let page) = screen, let next = page.next else { return }
        busy = true
        defer { busy = false }
        notice = nil
        do {
            switch next {
            case .accept: try await source.perform(.accept, on: order)
            case .start: try await source.perform(.start, on: order)
            case .complete: try await source.perform(.complete, on: order)
            case .resume: try await source.perform(.resume, on: order)
            case .takeBefore: capture = try await source.beginCapture(.before, of: order)
            case .takeAfter: capture = try await source.beginCapture(.after, of: order)
            }
        } catch {
            notice = explain(error).why
            return
        }
        await read()
    }

    /// The camera closed, with a picture or without: the core looks at the reserved place, and says why when it holds
    /// no picture.
    public func captureEnded() async {
        guard let ended = capture else { return }
        capture = nil
        notice = nil
        do {
            try await source.finish(ended)
        } catch {
            notice = explain(error).why
        }
        await read()
    }

    /// Reads again after a failure.
    public func tryAgain() async {
        screen = .loading
        await read()
    }

    private func read() async {
        reads += 1
        let mine = reads
        do {
            let page = try await source.page(of: order)
            // An older answer never stands over a newer.
            if mine > shownRead { (screen, shownRead) = (.shown(page), mine) }
        } catch is CancellationError {
            // The screen went away; what it showed stays as it was.
        } catch {
            let (what, why) = explain(error)
            // A page that is there is worth more than the news that it could not be read again.
            if case .shown = screen { notice = why } else { screen = .failed(what: what, why: why) }
        }
    }

    private func explain(_ error: any Error) -> (what: Name, why: Name) {
        if let explained = error as? any Explained { return (explained.what, explained.why) }
        return (
            Name("工单打不开", "The order does not open"),
            Name("意外错误：\(error)。请再试一次。", "Unexpected error: \(error). Try again.")
        )
    }
}
