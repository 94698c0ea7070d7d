import Dispatch

/// Turns a blocking call of the core into an async one that really cancels.
///
/// The call runs on a thread of its own queue, never on the cooperative pool. When the task is cancelled the token is
/// cancelled at once, and this function returns when the call has ended, so that nothing of it still runs afterwards.
public func cancellable<Answer: Sendable>(
    _ call: @escaping @Sendable (CancelToken) throws -> Answer
) async throws -> Answer {
    try Task.checkCancellation()
    let token = CancelToken()
    let answer = try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            blockingCalls.async { continuation.resume(with: Result { try call(token) }) }
        }
    } onCancel: {
        token.cancel()
    }
    try Task.checkCancellation()
    return answer
}

private let blockingCalls = DispatchQueue(label: "rounds.core.calls", attributes: .concurrent)

/// The core blocks: it is called from a thread that may.
func io<Answer: Sendable>(_ call: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
        blockingCalls.async { continuation.resume(with: Result { try call() }) }
    }
}
