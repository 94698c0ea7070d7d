import RoundsKit
import Testing

@MainActor
@Suite(.timeLimit(.minutes(1)))
struct OrderModelTests {
    /// A model whose source has closed after its first read.
    private func opened(_ page: OrderPage = .sample, order: String = "K7-0042") async -> (OrderModel, HandFed) {
        let source = HandFed(page)
        let model = OrderModel(order: order, source: source)
        #expect(model.screen == .loading)
        await source.close()
        await model.run()
        return (model, source)
    }

    @Test func anOrderIsReadAndShown() async {
        let (model, _) = await opened()
        #expect(model.screen == .shown(.sample))
    }

    @Test func aChangeIsShownWithoutBeingAskedFor() async {
        let source = HandFed(.sample)
        let model = OrderModel(order: "K7-0042", source: source)
        let running = Task { await model.run() }
        await source.change { $0.state = .onHold }
        while true {
            if case .shown(let page) = model.screen, page.state == .onHold { break }
            await Task.yield()
        }
        running.cancel()
        await running.value
    }

    @Test func theButtonRecordsTheNextThingAndShowsItsEffect() async {
        let (model, source) = await opened()
        await model.doNext()
        #expect(await source.asked == [.complete])
        guard case .shown(let page) = model.screen else { return #expect(Bool(false), "\(model.screen)") }
        #expect(page.state == .done)
        #expect(page.next == nil)
        #expect(model.notice == nil)
        #expect(!model.busy)
    }

    @Test func aSecondPressWhileOneIsUnderWayDoesNothing() async {
        let (model, source) = await opened()
        await source.holdNext()
        let first = Task { await model.doNext() }
        await source.waitUntilAsked()
        #expect(model.busy)
        await model.doNext()
        await source.letGo()
        await first.value
        #expect(await source.asked == [.complete])
        #expect(!model.busy)
    }

    @Test func whatWasRefusedIsExplainedAndThePageStays() async {
        let (model, source) = await opened()
        await source.refuse()
        await model.doNext()
        #expect(model.notice == Name("缺整改后照片。", "The after photo is missing."))
        #expect(model.screen == .shown(.sample))
        #expect(!model.busy)
    }

    @Test func aMissingPhotoOpensTheCameraAtItsReservedPlace() async {
        var page = OrderPage.sample
        page.next = .takeAfter
        let (model, source) = await opened(page)
        await model.doNext()
        #expect(model.capture == Capture(evidence: "e1", slot: .after, path: "/capture/1.jpg"))
        await source.change { $0.next = .complete }
        await model.captureEnded()
        #expect(model.capture == nil)
        guard case .shown(let after) = model.screen else { return #expect(Bool(false), "\(model.screen)") }
        #expect(after.next == .complete)
        #expect(await source.finished == ["e1"])
    }

    @Test func aCameraThatWroteNothingIsExplained() async {
        var page = OrderPage.sample
        page.next = .takeAfter
        let (model, source) = await opened(page)
        await model.doNext()
        await source.refuse()
        await model.captureEnded()
        #expect(model.capture == nil)
        #expect(model.notice == Name("缺整改后照片。", "The after photo is missing."))
    }

    @Test func anOrderThatIsNotHereSaysSoAndIsTriedAgain() async {
        let (model, _) = await opened(order: "K7-9999")
        #expect(model.screen == .failed(what: Name("没有完成", "Not done"), why: Name("缺整改后照片。", "The after photo is missing.")))
        await model.tryAgain()
        #expect(model.screen != .loading)
    }

    @Test func withNothingToDoTheButtonAsksForNothing() async {
        var page = OrderPage.sample
        page.next = nil
        let (model, source) = await opened(page)
        await model.doNext()
        #expect(await source.asked.isEmpty)
    }
}
