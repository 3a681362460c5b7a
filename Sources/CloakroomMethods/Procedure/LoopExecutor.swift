public import NIOCore
internal import Synchronization

/// Runs the tasks of one event loop on its thread.
///
/// An event loop of NIO is an executor for actors, but not for tasks (SE-0417). Without one, whatever
/// a task does after a wait would go through the global pool and come back. Jobs are kept here and run
/// together, in one turn of the loop.
public final class LoopExecutor: TaskExecutor {
  private struct Queue {
    var jobs: [UnownedJob] = []
    var isScheduled = false
  }

  private let loop: any EventLoop
  private let queue = Mutex(Queue())
  /// Called on the loop when the jobs that there were have run; nil once it is not needed any more.
  private let ran: NIOLoopBoundBox<(() -> Void)?>

  /// An executor that has nothing to run yet.
  ///
  /// - Parameters:
  ///   - loop: whose thread to run on; the executor is made on it.
  ///   - ran: called on the loop after every run of jobs.
  public init(on loop: any EventLoop, ran: @escaping () -> Void) {
    self.loop = loop
    self.ran = NIOLoopBoundBox(ran, eventLoop: loop)
  }

  /// Drops the callback, and what it refers to; called on the loop.
  public func close() { ran.value = nil }

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
    while true {
      let jobs = queue.withLock { queue in
        // What comes while these run is theirs; they look again.
        queue.isScheduled = !queue.jobs.isEmpty
        defer { queue.jobs = [] }
        return queue.jobs
      }
      guard !jobs.isEmpty else { break }
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
    ran.value?()
  }
}
