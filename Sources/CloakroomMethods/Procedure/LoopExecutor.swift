internal import DequeModule
public import NIOCore
internal import Synchronization

/// Runs the tasks of one event loop on its thread.
///
/// An event loop of NIO is an executor for actors, but not for tasks (SE-0417). Without one, whatever
/// a task does after a wait would go through the global pool and come back. Jobs are kept here and run
/// together, in one turn of the loop; those that there is no time for in it, in the next one.
public final class LoopExecutor: TaskExecutor {
  private struct Queue {
    var jobs: [UnownedJob] = []
    var isScheduled = false
  }

  /// What is called on the loop.
  private struct Callbacks {
    /// When jobs have run.
    let ran: () -> Void
    /// Does something in another turn of the loop.
    let later: (@escaping () -> Void) -> Void
  }

  /// How long one turn of the loop runs jobs.
  private static let turnTime = TimeAmount.milliseconds(1)

  private let loop: any EventLoop
  private let queue = Mutex(Queue())
  /// Nil once they are not needed any more.
  private let callbacks: NIOLoopBoundBox<Callbacks?>
  /// What is left of the last turn; bound to the loop.
  private let left: NIOLoopBoundBox<Deque<UnownedJob>>

  /// An executor that has nothing to run yet.
  ///
  /// - Parameters:
  ///   - loop: whose thread to run on; the executor is made on it.
  ///   - later: does something in another turn of the loop, when that has looked at its sockets.
  ///   - ran: called on the loop after every run of jobs.
  public init(
    on loop: any EventLoop, later: @escaping (@escaping () -> Void) -> Void,
    ran: @escaping () -> Void
  ) {
    self.loop = loop
    callbacks = NIOLoopBoundBox(Callbacks(ran: ran, later: later), eventLoop: loop)
    left = NIOLoopBoundBox(Deque(), eventLoop: loop)
  }

  /// Drops the callbacks, and what they refer to; called on the loop. What is left to run then runs in one turn.
  public func close() {
    callbacks.value = nil
    if !left.value.isEmpty { run() }
  }

  /// Has a job run in this turn of the loop or, from another thread, in the next one.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isFirst = queue.withLock { queue in
      queue.jobs.append(job)
      defer { queue.isScheduled = true }
      return !queue.isScheduled
    }
    if isFirst { loop.execute { self.run() } }
  }

  private func run() {
    let end = NIODeadline.now() + Self.turnTime
    while let job = next() {
      job.runSynchronously(on: asUnownedTaskExecutor())
      if let callbacks = callbacks.value, NIODeadline.now() >= end {
        callbacks.later { self.run() }
        break
      }
    }
    callbacks.value?.ran()
  }

  private func next() -> UnownedJob? {
    if left.value.isEmpty {
      left.value = queue.withLock { queue in
        // What comes while these run is theirs; they look again.
        queue.isScheduled = !queue.jobs.isEmpty
        defer { queue.jobs = [] }
        return Deque(queue.jobs)
      }
    }
    return left.value.popFirst()
  }
}
