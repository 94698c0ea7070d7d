import Foundation
import RoundsCore
import RoundsStage
import Testing

@testable import RoundsKit

/// Something stands otherwise than the test needs it to go on.
private struct Otherwise: Error { let stands: String }

/// The order page's model over the real core, with a real server that is away while the work is done.
@MainActor
@Suite(.timeLimit(.minutes(3)), .serialized)
struct CoreOrderTests {
    private func enrolled(_ role: String, on stage: Stage) async throws -> Phone {
        let phone = try await Phone.open(stage.phone(role))
        try await phone.session.enrol(stage.invitation(), name: role)
        let player = try stage.player(role)
        try await phone.session.signIn(code: player.code, pin: player.pin)
        try await syncToTheEnd(phone)
        return phone
    }

    private func syncToTheEnd(_ phone: Phone) async throws {
        while true {
            let report = try await phone.syncCentre.sync()
            guard case .wait(let ms) = report.outcome, report.problem == nil else {
                return #expect(report.outcome == .done, "\(report)")
            }
            _ = try await cancellable { $0.wait(limitMs: ms) }
        }
    }

    private func shown(_ model: OrderModel) throws -> RoundsKit.OrderPage {
        guard case .shown(let page) = model.screen else { throw Otherwise(stands: "\(model.screen)") }
        return page
    }

    @Test func anOrderIsDoneOnItsPageWhileTheServerIsAwayAndTheSupervisorSeesItDone() async throws {
        let stage = try Stage()
        defer { stage.strike() }
        let supervisor = try await enrolled("supervisor", on: stage)
        let technician = try await enrolled("technician", on: stage)
        let raised = try await supervisor.orders.raise(
            OrderDraft(title: "Seal leaks", asset: stage.asset, assignees: [stage.player("technician").code]))
        try await syncToTheEnd(supervisor)
        try await syncToTheEnd(technician)
        try stage.down()

        let model = OrderModel(order: raised.id, source: CoreOrderSource(technician))
        let running = Task { await model.run() }
        while model.screen == .loading { await Task.yield() }
        for (next, state) in [(NextThing.accept, OrderState.assigned), (.start, .accepted)] {
            #expect(try shown(model).next == next)
            #expect(try shown(model).state == state)
            await model.doNext()
        }
        for (next, picture) in [(NextThing.takeBefore, "before"), (.takeAfter, "after")] {
            #expect(try shown(model).next == next)
            await model.doNext()
            let capture = try #require(model.capture)
            try Data(contentsOf: URL(filePath: stage.picture(picture))).write(to: URL(filePath: capture.path))
            await model.captureEnded()
            #expect(model.notice == nil)
        }
        let pair = try #require(try shown(model).evidence.first)
        for side in [pair.before, pair.after] {
            guard case .here(let path, _, _, stored: false) = side else { throw Otherwise(stands: "\(side)") }
            #expect(FileManager.default.fileExists(atPath: path))
        }
        #expect(try shown(model).next == .complete)
        await model.doNext()
        #expect(try shown(model).state == .inReview)
        #expect(try shown(model).next == nil)
        let waits = try shown(model).sync
        guard case .waiting(count: 5, _) = waits else { throw Otherwise(stands: "\(waits)") }

        // What the server says is shown without being asked for.
        try stage.up()
        try await syncToTheEnd(technician)
        while try shown(model).sync != .allReceived || shown(model).timeline.contains(where: { $0.received == nil }) {
            await Task.yield()
        }
        running.cancel()
        await running.value

        try await syncToTheEnd(supervisor)
        let seen = OrderModel(order: raised.number, source: CoreOrderSource(supervisor))
        await seen.tryAgain()
        let page = try shown(seen)
        #expect(page.state == .inReview)
        #expect(page.timeline.map(\.what).contains(.completed))
        for side in [page.evidence[0].before, page.evidence[0].after] {
            guard case .here(_, let by, _, stored: true) = side else { throw Otherwise(stands: "\(side)") }
            #expect(try by.zh == stage.player("technician").name)
        }
        #expect(try stage.problems(stage.phone("technician"), stage.phone("supervisor")) == [])
    }

    @Test func anOrderThatIsNotOnThisPhoneIsExplained() async throws {
        let stage = try Stage()
        defer { stage.strike() }
        let phone = try await enrolled("supervisor", on: stage)
        let missing = OrderModel(order: "K7-0042", source: CoreOrderSource(phone))
        await missing.tryAgain()
        guard case .failed(_, let why) = missing.screen else { throw Otherwise(stands: "\(missing.screen)") }
        #expect(why.en.contains("“K7-0042” is not on this phone"))
    }
}
