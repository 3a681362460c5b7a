public import CloakroomCore
public import NIOCore

/// Wakes a procedure when something it waits for may have changed. It has to be closed.
public struct Waiter: Sendable {
  let id: UInt64
  let context: CallContext

  /// Waits for the next wake-up; one since the last wait counts.
  ///
  /// - Parameter time: how long to wait at most.
  /// - Throws: why the call was cancelled.
  public func wait(atMost time: Duration) async throws(RPCError) -> WakeUp {
    try await context.wait(atMost: time, waiter: id)
  }

  /// Ends the waiter's subscription, or gives up its place in the queue.
  public func close() { context.removeWaiter(id) }
}

/// Why a wait has ended.
public enum WakeUp: Sendable, Hashable {
  /// Something was published under the waiter's name.
  case message(ByteBuffer)
  /// Messages may have been missed: the bus was away for a while, or there were too many at once.
  case missed
  /// The time is over.
  case timeOver
}

extension RPCError {
  /// Whether the store may answer again before long, for those who wait.
  var isOutage: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown: true
    default: false
    }
  }
}
