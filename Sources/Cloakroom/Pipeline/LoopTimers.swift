internal import CloakroomCore
internal import HeapModule
internal import NIOCore

/// Something that is to be done on a loop later, unless it is cancelled before.
final class LoopTimer: Comparable {
  fileprivate let due: NIODeadline
  fileprivate var body: (() -> Void)?
  /// Always there when a timer is cancelled: its worker owns them, and every call that has a timer holds the worker.
  private unowned let timers: LoopTimers

  fileprivate init(_ due: NIODeadline, _ timers: LoopTimers, _ body: @escaping () -> Void) {
    self.due = due
    self.timers = timers
    self.body = body
  }

  /// Has it not be done; nothing where it has been.
  func cancel() {
    guard body != nil else { return }
    body = nil
    timers.cancelled()
  }

  static func < (left: LoopTimer, right: LoopTimer) -> Bool { left.due < right.due }
  static func == (left: LoopTimer, right: LoopTimer) -> Bool { left === right }
}

/// The timers of one event loop's calls.
///
/// Most are cancelled, and a hundred thousand calls may wait: to cancel one takes the same time however
/// many there are, where the loop itself would look for it among all, and each takes a hundred bytes. The loop has
/// one timer of its own for them. Bound to its loop.
final class LoopTimers {
  /// So many cancelled ones keep their places without more ado.
  private static let slack = 64

  /// So many are done in one turn of the loop, and no more when they have taken so long: what is due together may be
  /// the end of a hundred thousand calls that wait.
  static let mostInTurn = 64

  private let loop: any EventLoop
  private let later: (@escaping () -> Void) -> Void
  private var timers = Heap<LoopTimer>()
  /// How many of them are cancelled.
  private var cancelledCount = 0
  /// When the loop looks, and what has it look; nil when it doesn't.
  private var wakeUp: (due: NIODeadline, task: Scheduled<Void>)?

  /// - Parameters:
  ///   - loop: where they are made, cancelled and done.
  ///   - later: does something in another turn of the loop, when that has looked at its sockets.
  init(on loop: any EventLoop, later: @escaping (@escaping () -> Void) -> Void) {
    self.loop = loop
    self.later = later
  }

  /// How many places there are, those of cancelled timers included.
  var count: Int { timers.count }

  /// Has something done when a time has passed; it ends its burst by itself.
  func schedule(in time: TimeAmount, _ body: @escaping () -> Void) -> LoopTimer {
    let timer = LoopTimer(loop.now + time, self, body)
    timers.insert(timer)
    wake(at: timer.due)
    return timer
  }

  /// Drops all of them.
  func close() {
    wakeUp?.task.cancel()
    wakeUp = nil
    for timer in timers.unordered { timer.body = nil }
    timers = Heap()
    cancelledCount = 0
  }

  fileprivate func cancelled() {
    cancelledCount += 1
    guard cancelledCount > Self.slack, cancelledCount > timers.count / 2 else { return }
    timers = Heap(timers.unordered.filter { $0.body != nil })
    cancelledCount = 0
  }

  private func wake(at due: NIODeadline) {
    if let wakeUp {
      guard due < wakeUp.due else { return }
      wakeUp.task.cancel()
    }
    // On the loop already: only its own calls have timers, whatever a peer sends, and NIO checks that each time.
    wakeUp = (due, loop.assumeIsolated().scheduleTask(deadline: due) { self.run() })
  }

  private func run() {
    wakeUp?.task.cancel()
    wakeUp = nil
    let now = loop.now
    let budget = TurnBudget()
    var done = 0
    while let first = timers.min, first.body == nil || first.due <= now {
      timers.removeMin()
      guard let body = first.body else {
        cancelledCount -= 1
        continue
      }
      first.body = nil
      body()
      done += 1
      if done == Self.mostInTurn || budget.isOver() { return later { self.run() } }
    }
    if let first = timers.min { wake(at: first.due) }
  }
}
