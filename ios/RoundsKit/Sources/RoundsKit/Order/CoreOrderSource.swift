import Foundation
import RoundsCore

/// The order page's facts and wishes, from and to the core.
public struct CoreOrderSource: OrderSource {
    private let phone: Phone

    public init(_ phone: Phone) { self.phone = phone }

    public func page(of order: String) async throws -> OrderPage {
        let detail = try await phone.orders.show(order)
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        return try await detail.page(
            queue: phone.syncCentre.queue(), captures: phone.syncCentre.status().captures, now: now)
    }

    public func perform(_ deed: OrderDeed, on order: String) async throws {
        switch deed {
        case .accept: try await phone.orders.accept(order)
        case .start: try await phone.orders.start(order)
        case .resume: try await phone.orders.resume(order)
        case .complete: try await phone.orders.complete(order)
        }
    }

    public func beginCapture(_ slot: Slot, of order: String) async throws -> Capture {
        // Nothing asks for a picture any more: the core says which item it would stand in, or why it does not.
        var item: String?
        if case .takePicture(let wanted, _) = try await phone.orders.show(order).next { item = wanted }
        let reserved = try await phone.evidence.beginCapture(order, slot == .before ? .before : .after, item: item)
        return Capture(evidence: reserved.evidence, slot: slot, path: reserved.path)
    }

    public func finish(_ capture: Capture) async throws {
        try await phone.evidence.finishCapture(capture.evidence)
    }

    public func changes() -> AsyncStream<Void> {
        let topics = phone.changes()
        return AsyncStream(unfolding: {
            for await _ in topics { return () }
            return nil
        })
    }
}
