import Foundation
import RoundsStage
import Testing

@testable import RoundsCore

extension Phone {
    /// Syncs until there is nothing left to do, coming back when the core says so.
    func syncToTheEnd() async throws {
        while true {
            let report = try await syncCentre.sync()
            switch report.outcome {
            case .done:
                return
            case .wait(let ms) where report.problem == nil:
                // Only the server's word that files are stored is waited for.
                _ = try await cancellable { $0.wait(limitMs: ms) }
            default:
                throw PhoneError.Failed(doing: "syncing", reason: "\(report)")
            }
        }
    }
}

/// One order from a basement to a desk: the real library on both phones, the real server, the plug pulled between.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct OfflineOrderTests {
    private func enrolled(_ role: String, on stage: Stage) async throws -> Phone {
        let phone = try await Phone.open(stage.phone(role))
        try await phone.session.enrol(stage.invitation(), name: "\(role)'s phone")
        let player = try stage.player(role)
        #expect(try await phone.session.signIn(code: player.code, pin: player.pin).name == player.name)
        try await phone.syncToTheEnd()
        return phone
    }

    @Test func anOrderRecordedWhileTheServerIsDownIsOnTheServersDeskWhenItIsBack() async throws {
        let stage = try Stage()
        defer { stage.strike() }
        let supervisor = try await enrolled("supervisor", on: stage)
        let technician = try await enrolled("technician", on: stage)
        let raised = try await supervisor.orders.raise(
            OrderDraft(title: "Seal leaks", asset: stage.asset, assignees: [stage.player("technician").code]))
        try await supervisor.syncToTheEnd()
        try await technician.syncToTheEnd()

        try stage.down()
        let changes = technician.changes(of: [.orders])
        let scanned = try await technician.scanner.text(stage.tag)
        #expect(scanned.meaning == .bound)
        #expect(scanned.asset?.asset.code == stage.asset)
        #expect(try await technician.scanner.picture(stage.picture("tag")).first?.asset == scanned.asset)
        let order = try #require(scanned.asset?.openOrders.first)
        #expect(order.number == raised.number)

        try await technician.orders.accept(order.id)
        try await technician.orders.start(order.id)
        try await technician.evidence.photoAdd(order.id, .before, path: stage.picture("before"))
        let reserved = try await technician.evidence.beginCapture(order.id, .after)
        try Data(contentsOf: URL(filePath: stage.picture("after"))).write(to: URL(filePath: reserved.path))
        try await technician.evidence.finishCapture(reserved.evidence)
        try await technician.orders.complete(order.id, words: "Seal replaced")
        for await changed in changes {
            #expect(changed == [.orders])
            break
        }

        // Everything is there to be seen, and nothing has left.
        let offline = try await technician.orders.show(order.id)
        #expect(offline.row.state == "in_review")
        #expect(offline.row.pending)
        let queue = try await technician.syncCentre.queue()
        #expect(
            queue.map(\.action)
                == ["order.accept", "order.start", "evidence.attach", "evidence.attach", "order.complete"])
        #expect(Set(queue.map(\.state)) == [.local])
        let unanswered = try await technician.syncCentre.sync()
        #expect(unanswered.problem != nil)
        #expect(try await !technician.syncCentre.status().safeToHandIn)

        try stage.up()
        let cancelled = CancelToken()
        cancelled.cancel()
        let ended = try technician.syncCentre.centre.sync(budgetMs: nil, cancel: cancelled)
        #expect(ended.outcome == .cancelled)
        #expect(try await technician.syncCentre.queue().map(\.op) == queue.map(\.op))
        try await technician.syncToTheEnd()
        #expect(try await technician.syncCentre.queue().isEmpty)
        #expect(try await technician.syncCentre.status(check: true).safeToHandIn)

        // The supervisor sees it with both pictures, and closes it.
        try await supervisor.syncToTheEnd()
        let seen = try await supervisor.orders.show(raised.number)
        #expect(seen.row.state == "in_review")
        #expect(try seen.completedBy == stage.player("technician").name)
        let item = try #require(seen.items.first)
        for picture in [item.before, item.after] {
            let path = try #require(picture?.path)
            #expect(picture?.stored == true)
            #expect(try await supervisor.evidence.read(path).starts(with: [0xFF, 0xD8, 0xFF]))
        }
        try await supervisor.review.acceptItem(raised.id, item: item.key)
        try await supervisor.review.close(raised.id)
        try await supervisor.syncToTheEnd()
        try await technician.syncToTheEnd()
        #expect(try await technician.orders.show(raised.id).row.state == "closed")

        // A separate reader of the stores finds nothing amiss.
        #expect(try stage.problems(stage.phone("technician"), stage.phone("supervisor")) == [])
    }

    @Test func whatCannotBeDoneIsSaidAsAnErrorAShellCanExplain() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rounds-alone-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let phone = try await Phone.open(folder.path)
        await #expect(throws: PhoneError.NotEnrolled) { try await phone.session.signIn(code: "qiang", pin: "4711") }
        await #expect(throws: PhoneError.NotEnrolled) { try await phone.syncCentre.sync() }
        await #expect(throws: PhoneError.NeedsSignIn) { try await phone.orders.raise(OrderDraft(title: "Seal leaks")) }
        await #expect(throws: PhoneError.NotFound(what: "order “K7-0042”")) { try await phone.orders.show("K7-0042") }
        #expect(try await phone.session.who() == nil)
    }
}
