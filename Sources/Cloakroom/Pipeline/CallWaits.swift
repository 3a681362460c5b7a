internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// What one call of several steps waits for beside the store: its wait, and the waiters that wake it.
///
/// Bound to its call's loop.
final class CallWaits {
  /// A wait that is going on.
  private struct Wait {
    let continuation: CheckedContinuation<WaitOutcome, Never>
    let waiter: UInt64?
    let timer: LoopTimer
  }

  private let connection: ClientConnection
  private let worker: Worker
  private var current: Wait?
  private var waiters: [UInt64: WaiterState] = [:]

  /// No wait yet.
  ///
  /// - Parameter connection: whose call it is. Its share does not count the call while it waits.
  init(of connection: ClientConnection, on worker: Worker) {
    self.connection = connection
    self.worker = worker
  }

  /// Whether there is a wait.
  var isParked: Bool { current != nil }

  /// Whether there is a wait, or something that would wake one.
  var isAny: Bool { current != nil || !waiters.isEmpty }

  /// Resumes a continuation when the waiter is woken, or the time is over.
  func wait(
    atMost time: Duration, waiter: UInt64?, _ continuation: CheckedContinuation<WaitOutcome, Never>
  ) {
    if let wakeUp = waiter.flatMap({ waiters[$0]?.nextWakeUp() }) {
      return continuation.resume(returning: .woken(wakeUp))
    }
    guard current == nil else {
      return continuation.resume(returning: .failed(RPCError(.internal)))
    }
    let timer = worker.timers.schedule(in: TimeAmount(time)) {
      guard self.connection.isOpen else { return }
      self.wake(.timeOver)
    }
    current = Wait(continuation: continuation, waiter: waiter, timer: timer)
    connection.share.parked()
    worker.burst.runQueue.roomMade(in: connection.share)
  }

  /// Has the call go on, as soon as there is room: one message may wake thousands, who all ask the store then.
  private func wake(_ wakeUp: WakeUp) {
    let share = connection.share
    guard !share.hasRoom else { return end(.woken(wakeUp)) }
    guard let wait = takeWait() else { return }
    share.woken.append {
      share.resumed()
      wait.continuation.resume(returning: .woken(wakeUp))
    }
  }

  private func end(_ outcome: WaitOutcome) {
    guard let wait = takeWait() else { return }
    connection.share.resumed()
    wait.continuation.resume(returning: outcome)
  }

  private func takeWait() -> Wait? {
    let wait = current.take()
    wait?.timer.cancel()
    return wait
  }

  /// Ends all that there is, waiters whose subscription is not confirmed among it.
  func giveUp(_ error: RPCError) {
    end(.failed(error))
    for waiter in waiters.values { waiter.giveUp(error) }
  }

  /// Has a waiter join a queue, which is subscribed to a topic.
  func add(on topic: Topic, in queue: WaiterQueue) -> UInt64 {
    var id: UInt64?
    let waiter = WaiterState { [weak self] in
      // A call whose client is gone takes nothing more: its end is only waiting for its turn.
      guard let self, connection.isOpen, let wait = current, wait.waiter == id else { return }
      if let wakeUp = waiters[wait.waiter ?? 0]?.nextWakeUp() { wake(wakeUp) }
    }
    let given = worker.bus.enqueue(waiter, on: topic, in: queue)
    id = given
    waiters[given] = waiter
    return given
  }

  /// Resumes a continuation when a waiter's subscription is confirmed, or refused.
  ///
  /// - Parameter cancellation: why that is not waited for any more.
  func awaitSubscription(
    of id: UInt64, _ continuation: CheckedContinuation<WaitOutcome, Never>,
    unless cancellation: RPCError?
  ) {
    guard let waiter = waiters[id] else {
      return continuation.resume(returning: .failed(RPCError(.internal)))
    }
    waiter.awaitSubscription(continuation)
    if let cancellation { waiter.giveUp(cancellation) }
  }

  /// Closes a waiter.
  func remove(_ id: UInt64) {
    waiters[id] = nil
    worker.bus.stopListening(id)
  }
}
