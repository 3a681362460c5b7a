public import CloakroomCore
public import NIOCore

/// Tells a procedure that something it waits for may have changed. It has to be closed.
public struct Bell: Sendable {
  let id: UInt32
  let context: CallContext

  /// Waits until the bell rings; rings since the last wait count.
  ///
  /// - Parameter time: how long to wait at most.
  /// - Throws: why the call was cancelled.
  public func wait(atMost time: Duration) async throws(RPCError) -> Ring {
    try await context.wait(atMost: time, bell: id)
  }

  /// Takes the bell away.
  public func close() { context.takeBellDown(id) }
}

/// Why a wait for a bell has ended.
public enum Ring: Sendable, Hashable {
  /// Something was published under the bell's name.
  case message(ByteBuffer)
  /// Rings may have been missed: the bus was away for a while, or there were too many at once.
  case missed
  /// The time is over.
  case timeOver
}
