public import CloakroomCore
public import CloakroomStore
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

  /// Whether no other is before it: always so where the queue is not told anything any more.
  /// One that comes to be the first is woken.
  public var isFirst: Bool { context.isFirst(id) }

  /// Gives up its place in the queue.
  public func close() { context.removeWaiter(id) }
}

/// Where a waiter has its place among the calls of its loop that wait for the same thing.
public struct WaiterQueue: Sendable, Hashable {
  /// Whom a message wakes.
  public enum Reach: Sendable, Hashable {
    /// Only the first, who is also woken when it becomes that: where it is enough that one of them looks.
    case first
    /// All, in their order. The first is woken as well when it becomes that: it is for the first alone to look
    /// where nothing was told.
    case all
    /// The one who waits under the message as its name. The order tells nothing: nobody is woken for having become
    /// the first.
    case named(ByteBuffer)
  }

  /// The queue's name.
  public let name: StoreKey
  /// Whom a message wakes.
  public let reach: Reach

  /// Names a queue; all who wait in it do so with the same kind of reach.
  public init(_ name: StoreKey, waking reach: Reach) {
    self.name = name
    self.reach = reach
  }
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
  public var isOutage: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown: true
    default: false
    }
  }
}
