internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// The loop's side of a procedure's waiter: whether its queue listens, and the wake-ups that were not taken yet.
final class WaiterState: QueueMember {
  /// How many wake-ups are kept; past it, the procedure is told that it has missed some.
  private static let keptWakeUps = 16

  private enum State {
    /// The bus has not confirmed the subscription yet.
    case subscribing(CheckedContinuation<WaitOutcome, Never>?)
    case subscribed
    case failed(RPCError)
  }

  private var state = State.subscribing(nil)
  private var wakeUps: [WakeUp] = []
  private let onWakeUp: () -> Void

  /// - Parameter onWakeUp: called when there is a wake-up to take.
  init(onWakeUp: @escaping () -> Void) { self.onWakeUp = onWakeUp }

  /// Takes the oldest wake-up.
  func nextWakeUp() -> WakeUp? { wakeUps.isEmpty ? nil : wakeUps.removeFirst() }

  /// Resumes a continuation when the bus has confirmed or refused the subscription.
  func awaitSubscription(_ continuation: CheckedContinuation<WaitOutcome, Never>) {
    switch state {
    case .subscribing: state = .subscribing(continuation)
    case .subscribed: continuation.resume(returning: .woken(.missed))
    case .failed(let error): continuation.resume(returning: .failed(error))
    }
  }

  /// Ends the wait for the subscription.
  func giveUp(_ error: RPCError) {
    guard case .subscribing(let continuation) = state else { return }
    state = .failed(error)
    continuation?.resume(returning: .failed(error))
  }

  func subscribed() {
    guard case .subscribing(let continuation) = state else { return }
    state = .subscribed
    continuation?.resume(returning: .woken(.missed))
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) { wake(.message(message)) }

  /// Wakes the procedure without a message: it has to look for itself.
  func missed() { wake(.missed) }

  func failed(with error: RPCError) {
    // A subscription that is lost later is noticed by asking the store.
    if case .subscribed = state { wake(.missed) }
    giveUp(error)
  }

  private func wake(_ wakeUp: WakeUp) {
    if wakeUps.count < Self.keptWakeUps {
      wakeUps.append(wakeUp)
    } else {
      wakeUps = [.missed]
    }
    onWakeUp()
  }
}
