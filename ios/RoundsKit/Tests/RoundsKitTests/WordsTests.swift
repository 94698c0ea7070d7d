import Foundation
import RoundsKit
import Testing

struct WordsTests {
    @Test(arguments: Language.allCases)
    func everyStateThingAndDeedHasItsOwnWord(_ language: Language) {
        let states = OrderState.allCases.map { $0.look.word.of(language) }
        #expect(Set(states).count == states.count)
        let things = NextThing.allCases.map { $0.word.of(language) }
        #expect(Set(things).count == things.count)
        let deeds = Deed.allCases.map { $0.said(by: Name("王强", "Wang Qiang"), language) }
        #expect(Set(deeds).count == deeds.count)
    }

    @Test func aNameWithoutOneLanguageSpeaksTheOther() {
        #expect(Name("水泵", "").of(.en) == "水泵")
        #expect(Name("", "Pump").of(.zh) == "Pump")
    }

    private static let spans: [(Int64, String)] = [
        (30_000, "under 1 min"), (720_000, "12 min"), (3_600_000, "1 h"), (4_260_000, "1 h 11 min"),
        (172_800_000, "2 d"), (183_600_000, "2 d 3 h"), (-5, "under 1 min"),
    ]

    @Test(arguments: spans)
    func aSpanNamesItsTwoLargestUnits(_ millis: Int64, _ said: String) {
        #expect(Times.span(millis, .en) == said)
    }

    @Test func theSyncChipSaysWhatWaitsAndIsNeverRedForIt() {
        let waiting = SyncState.waiting(count: 7, oldest: 0)
        #expect(waiting.said(now: 12 * 60_000, .en) == "7 waiting · oldest 12 min")
        #expect(waiting.said(now: 12 * 60_000, .zh) == "7 条待上传 · 最早 12 分钟")
        #expect(waiting.tone == .pending)
        #expect(SyncState.allReceived.said(now: 0, .zh) == "已全部接收")
    }

    @Test func aMissingPictureSaysWhatAndWhereItIs() {
        #expect(Photo.here(path: "/a.jpg", by: Name("", ""), at: 0, stored: false).missing == nil)
        #expect(Photo.notTaken.missing?.what.en == "Not taken yet")
        #expect(Photo.onPhone(device: "K9", by: Name("李雷", "Li Lei"), at: 0).missing?.why.en.contains("phone K9") == true)
    }

    @Test func theColoursAreThoseOfTheTokenFile() throws {
        let file = URL(filePath: #filePath).appending(path: "../../../../../design/tokens.json").standardized
        let tokens = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let colours = try #require(tokens?["color"] as? [String: [String: String]])
        for (theme, palette) in [("light", Palette.light), ("dark", Palette.dark)] {
            let here = [
                "paper": palette.paper, "card": palette.card, "line": palette.line, "ink": palette.ink,
                "muted": palette.muted, "accent": palette.accent, "on-accent": palette.onAccent, "ok": palette.ok,
                "late": palette.late, "hold": palette.hold, "pending": palette.pending, "review": palette.review,
                "unknown": palette.unknown,
            ].mapValues { "#" + String($0 + 0x1000000, radix: 16, uppercase: true).dropFirst() }
            #expect(here == colours.mapValues { $0[theme] ?? "" }, "\(theme)")
        }
    }
}
