import RoundsKit

/// A source fed by hand, which remembers what was asked for.
actor HandFed: OrderSource {
    private var page: OrderPage
    private var refusal: Refusal?
    private(set) var asked: [OrderDeed] = []
    private(set) var finished: [String] = []
    private var gate: CheckedContinuation<Void, Never>?
    private var gated = false
    private nonisolated let stream: AsyncStream<Void>
    private nonisolated let wake: AsyncStream<Void>.Continuation

    struct Refusal: Explained {
        let what = Name("没有完成", "Not done")
        let why = Name("缺整改后照片。", "The after photo is missing.")
    }

    init(_ page: OrderPage) {
        self.page = page
        (stream, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func page(of order: String) throws -> OrderPage {
        guard order == page.number else { throw Refusal() }
        return page
    }

    func perform(_ deed: OrderDeed, on order: String) async throws {
        asked.append(deed)
        if gated { await withCheckedContinuation { gate = $0 } }
        if let refusal { throw refusal }
        page.state = .done
        page.next = nil
    }

    func beginCapture(_ slot: Slot, of order: String) -> Capture { Capture(evidence: "e1", slot: slot, path: "/capture/1.jpg") }

    func finish(_ capture: Capture) throws {
        finished.append(capture.evidence)
        if let refusal { throw refusal }
    }

    nonisolated func changes() -> AsyncStream<Void> { stream }

    func change(_ alter: @Sendable (inout OrderPage) -> Void) {
        alter(&page)
        wake.yield()
    }

    func refuse() { refusal = Refusal() }
    func close() { wake.finish() }
    func holdNext() { gated = true }

    /// Lets the held one go on; it must have come.
    func letGo() async {
        while gate == nil { await Task.yield() }
        gate?.resume()
        gate = nil
        gated = false
    }

    func waitUntilAsked() async { while asked.isEmpty { await Task.yield() } }
}

extension OrderPage {
    static let sample = OrderPage(
        number: "K7-0042", title: Name("水泵漏水", "Pump leaks"), asset: Name("P-102", "P-102"), place: nil,
        state: .inProgress, evidence: [], timeline: [], next: .complete, sync: .allReceived, now: 0
    )
}
