internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// A bell that a procedure has hung up: what it has heard since it last listened.
final class BellState: TopicListener {
  /// So many rings are kept; past it, the procedure is told that it has missed some.
  private static let keptRings = 16

  private enum State {
    /// The bus has not confirmed it yet.
    case awaited(CheckedContinuation<WaitOutcome, Never>?)
    /// It is there.
    case hung
    /// It can't be.
    case failed(RPCError)
  }

  private var state = State.awaited(nil)
  private var rings: [Ring] = []
  /// Called when there is something to hear.
  private let rang: () -> Void

  init(rang: @escaping () -> Void) { self.rang = rang }

  /// The oldest ring that has not been heard.
  func nextRing() -> Ring? { rings.isEmpty ? nil : rings.removeFirst() }

  /// Resumes a continuation when the bell is there, or can't be.
  func await(_ continuation: CheckedContinuation<WaitOutcome, Never>) {
    switch state {
    case .awaited: state = .awaited(continuation)
    case .hung: continuation.resume(returning: .rung(.missed))
    case .failed(let error): continuation.resume(returning: .failed(error))
    }
  }

  /// Ends the wait for the bell to be there.
  func giveUp(_ error: RPCError) {
    guard case .awaited(let continuation) = state else { return }
    state = .failed(error)
    continuation?.resume(returning: .failed(error))
  }

  func subscribed() {
    guard case .awaited(let continuation) = state else { return }
    state = .hung
    continuation?.resume(returning: .rung(.missed))
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) { ring(.message(message)) }

  func interrupted(by cause: BusInterruption) { missed() }

  /// Rings without a message: there may be something to look after.
  func missed() { ring(.missed) }

  func failed(with error: RPCError) {
    // One that was there and is lost is found to be missing by looking at the store.
    if case .hung = state { ring(.missed) }
    giveUp(error)
  }

  private func ring(_ ring: Ring) {
    if rings.count < Self.keptRings {
      rings.append(ring)
    } else {
      rings = [.missed]
    }
    rang()
  }
}
