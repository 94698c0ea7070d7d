import Foundation
import Testing

@testable import RoundsCore

/// Against the real library.
@Suite(.timeLimit(.minutes(1)))
struct CancellableTests {
    @Test func theLibrarySaysItsVersion() {
        #expect(version().wholeMatch(of: /\d+\.\d+\.\d+/) != nil, "\(version())")
    }

    @Test func aCallThatIsNotCancelledGivesItsAnswer() async throws {
        let cancelled = try await cancellable { $0.wait(limitMs: 1) }
        #expect(!cancelled)
    }

    @Test func cancellingTheTaskEndsACallThatWouldNeverEnd() async throws {
        let (began, begin) = AsyncStream<Void>.makeStream()
        let (answers, answer) = AsyncStream<Bool>.makeStream()
        let task = Task {
            try await cancellable { token in
                begin.finish()
                let cancelled = token.wait(limitMs: .max)
                answer.yield(cancelled)
                answer.finish()
                return cancelled
            }
        }
        for await _ in began {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        var seen: [Bool] = []
        for await cancelled in answers { seen.append(cancelled) }
        #expect(seen == [true], "the core saw the cancelling")
    }

    @Test func anErrorOfTheCallComesOutAsItIs() async {
        struct BrokenPump: Error {}
        await #expect(throws: BrokenPump.self) { try await cancellable { _ in throw BrokenPump() } }
    }
}
