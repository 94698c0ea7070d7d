import Foundation

/// Hands what the core says changed to everybody who reads, each at his own pace.
final class News: ChangeListener, @unchecked Sendable {
    /// What one reader has not read yet.
    private final class Reader: @unchecked Sendable {
        private let topics: Set<Topic>
        private let wake: AsyncStream<Void>.Continuation
        private let lock = NSLock()
        private var unread: Set<Topic> = []

        init(topics: Set<Topic>, wake: AsyncStream<Void>.Continuation) {
            self.topics = topics
            self.wake = wake
        }

        func note(_ changed: [Topic]) {
            let wanted = topics.isEmpty ? Set(changed) : topics.intersection(changed)
            if wanted.isEmpty { return }
            lock.withLock { unread.formUnion(wanted) }
            wake.yield()
        }

        func take() -> Set<Topic> {
            lock.withLock {
                defer { unread = [] }
                return unread
            }
        }
    }

    private struct Weak { weak var reader: Reader? }

    private let lock = NSLock()
    private var readers: [Weak] = []

    func changed(topics: [Topic]) throws {
        let present = lock.withLock {
            readers.removeAll { $0.reader == nil }
            return readers.compactMap(\.reader)
        }
        for reader in present { reader.note(topics) }
    }

    func changes(of topics: Set<Topic>) -> AsyncStream<Set<Topic>> {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let reader = Reader(topics: topics, wake: wake)
        lock.withLock { readers.append(Weak(reader: reader)) }
        // Only the stream holds the reader: when nobody reads any more it is gone.
        return AsyncStream(
            unfolding: {
                for await _ in wakes {
                    let changed = reader.take()
                    if !changed.isEmpty { return changed }
                }
                return nil
            },
            onCancel: { wake.finish() }
        )
    }
}
