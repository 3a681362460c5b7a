internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// Looks for what has ended by itself and nobody has met, on one event loop and over its way to the
/// store.
struct ExpirySweeper: Sendable {
  private let worker: NIOLoopBound<Worker>
  private let executor: LoopExecutor
  private let sweep: DeadlineSweep

  /// A sweeper that works on a worker's loop.
  init(_ sweep: DeadlineSweep, on worker: NIOLoopBound<Worker>) async throws {
    self.sweep = sweep
    self.worker = worker
    executor = try await worker.eventLoop.submit { worker.value.executor }.get()
  }

  /// Looks at all that is due, a round at a time so that calls get their turns in between. Ends early
  /// when the store can't be asked, or the task is cancelled.
  func run() async {
    await withTaskExecutorPreference(executor) {
      guard worker.value.store.downReason == nil else { return }
      var looked = 0
      var lateMs: Int64 = 0
      while !Task.isCancelled, let round = try? await sweep.round(perform) {
        looked += round.looked
        lateMs = max(lateMs, round.lateMs)
        guard round.isMore else { break }
        await turn()
      }
      worker.value.observer.count(.deadlinesSwept, times: UInt64(max(0, looked)))
      worker.value.observer.set(.sweepLateness, to: UInt64(max(0, lateMs)))
    }
  }

  /// Lets the loop do what has come in the meantime. A task that yields goes on before that.
  private func turn() async {
    await withCheckedContinuation { continuation in
      worker.eventLoop.execute { continuation.resume() }
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

  /// Takes one step. A sidecar that stops doesn't wait for its reply: the store may have fallen silent,
  /// and what a step has found is found again by the next sweep.
  private func perform(_ command: StoreCommand) async -> StoreReply {
    let wait = NIOLoopBound(Wait(), eventLoop: worker.eventLoop)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait.value.continuation = continuation
        worker.value.perform(command) { wait.value.end($0) }
      }
    } onCancel: {
      wait.eventLoop.execute { wait.value.end(.failure(RPCError(.unavailable))) }
    }
  }

  /// A step that is waited for.
  private final class Wait {
    var continuation: CheckedContinuation<StoreReply, Never>?

    func end(_ reply: StoreReply) {
      continuation?.resume(returning: reply)
      continuation = nil
    }
  }
}
