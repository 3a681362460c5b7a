internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// Looks for what has ended by itself and no call has found, on one event loop and over its way to the
/// store.
struct ExpirySweeper: Sendable {
  private let worker: NIOLoopBound<Worker>
  private let executor: LoopExecutor
  private let sweep: RecordSweep

  /// A sweeper that works on a worker's loop.
  init(_ sweep: RecordSweep, on worker: NIOLoopBound<Worker>) async throws {
    self.sweep = sweep
    self.worker = worker
    executor = try await worker.eventLoop.submit { worker.value.executor }.get()
  }

  /// Looks at all that is due, a round at a time so that calls get their turns in between. Ends early
  /// when the store can't be asked, or the task is cancelled.
  ///
  /// - Returns: whether all that was due has been looked at.
  func run() async -> Bool {
    await withTaskExecutorPreference(executor) {
      guard worker.value.store.downReason == nil else { return false }
      var looked = 0
      var lateMs: Int64 = 0
      var isComplete = false
      while !Task.isCancelled, let round = try? await sweep.round(perform: perform, run: run) {
        looked += round.looked
        lateMs = max(lateMs, round.lateMs)
        isComplete = !round.isMore
        guard round.isMore else { break }
        await turn()
      }
      worker.value.observer.count(.deadlinesSwept, times: UInt64(max(0, looked)))
      worker.value.observer.set(.sweepLateness, to: UInt64(max(0, lateMs)))
      return isComplete
    }
  }

  /// Lets the loop do what has arrived in the meantime. A task that yields goes on before that.
  private func turn() async {
    await withCheckedContinuation { continuation in
      worker.value.burst.afterInput { continuation.resume() }
    }
  }

  /// Takes steps of the store at once.
  @Sendable private func perform(_ commands: [StoreCommand]) async -> [StoreReply] {
    await withTaskGroup(of: (Int, StoreReply).self) { group in
      for (place, command) in commands.enumerated() {
        group.addTask { (place, await perform(command)) }
      }
      var replies: [(Int, StoreReply)] = []
      for await reply in group { replies.append(reply) }
      return replies.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// Takes one step.
  private func perform(_ command: StoreCommand) async -> StoreReply {
    await waiting(else: .failure(RPCError(.unavailable))) { worker.value.perform(command, $0) }
  }

  /// Runs a call on a record.
  @Sendable private func run(_ call: RecordCall) async -> RecordAnswer {
    await waiting(else: .unavailable) { worker.value.records.run(call, $0) }
  }

  /// Waits for something that the loop does. A sidecar that stops doesn't wait for it: the store may have
  /// fallen silent, and what a look has found is found again by the next sweep.
  private func waiting<Answer: Sendable>(
    else none: Answer, _ begin: (_ completion: @escaping (Answer) -> Void) -> Void
  ) async -> Answer {
    let wait = NIOLoopBound(Wait<Answer>(), eventLoop: worker.eventLoop)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait.value.continuation = continuation
        begin { wait.value.end($0) }
      }
    } onCancel: {
      wait.eventLoop.execute { wait.value.end(none) }
    }
  }

  /// Something that is waited for.
  private final class Wait<Answer: Sendable> {
    var continuation: CheckedContinuation<Answer, Never>?

    func end(_ answer: Answer) {
      continuation?.resume(returning: answer)
      continuation = nil
    }
  }
}
