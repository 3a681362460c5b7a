internal import CloakroomCore
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

  /// What belongs to the loop.
  private struct Turn {
    /// Called when jobs have run.
    var ran: () -> Void
    /// What has tasks go on that have had the time of the last turn.
    var interrupted: [() -> Void] = []
    /// What is left of the last turn.
    var left = Deque<UnownedJob>()
    /// When jobs run, and how long.
    let turns: LoopTurns
    /// Whether a job runs.
    var isRunning = false
  }

  private let loop: any EventLoop
  private let queue = Mutex(Queue())
  private let turn: NIOLoopBoundBox<Turn>

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
    turn = NIOLoopBoundBox(Turn(ran: ran, turns: LoopTurns(later: later)), eventLoop: loop)
  }

  /// Whether a job is running that has had the time of its turn; asked on the loop.
  public var isTurnOver: Bool {
    turn.value.isRunning && turn.value.turns.isOver()
  }

  /// Has a task, whose job has had the time of its turn, go on in the next one: before those that came after it.
  /// Called on the loop, by that job.
  ///
  /// - Parameter resume: resumes the task.
  public func goOnNext(_ resume: @escaping () -> Void) { turn.value.interrupted.append(resume) }

  /// Drops the callbacks, and what they refer to; called on the loop. What is left to run then runs in one turn.
  public func close() {
    turn.value.ran = {}
    turn.value.turns.close()
    resumeInterrupted()
    run()
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
    turn.value.turns.begin()
    turn.value.isRunning = true
    while !isTurnOver, let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    let hasMore = isTurnOver
    turn.value.isRunning = false
    turn.value.turns.end(hasMore: hasMore) {
      self.resumeInterrupted()
      self.run()
    }
    turn.value.ran()
  }

  private func resumeInterrupted() {
    guard !turn.value.interrupted.isEmpty else { return }
    var interrupted: [() -> Void] = []
    swap(&interrupted, &turn.value.interrupted)
    let others = takeJobs()
    for resume in interrupted { resume() }
    turn.value.left.prepend(contentsOf: takeJobs())
    turn.value.left.append(contentsOf: others)
  }

  /// Takes the jobs that have come, for a run that goes on.
  private func takeJobs() -> [UnownedJob] {
    queue.withLock { queue in
      defer { queue.jobs = [] }
      return queue.jobs
    }
  }

  private func next() -> UnownedJob? {
    if turn.value.left.isEmpty {
      turn.value.left = queue.withLock { queue in
        // What comes while these run is theirs; they look again.
        queue.isScheduled = !queue.jobs.isEmpty
        defer { queue.jobs = [] }
        return Deque(queue.jobs)
      }
    }
    return turn.value.left.popFirst()
  }
}
