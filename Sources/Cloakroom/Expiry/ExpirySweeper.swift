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
      worker.value.observer.deadlinesSwept(looked, lateMs: lateMs)
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

  private func perform(_ command: StoreCommand) async -> StoreReply {
    await withCheckedContinuation { continuation in
      worker.value.perform(command) { continuation.resume(returning: $0) }
    }
  }
}
