internal import Foundation
internal import Synchronization

/// Stands between the sidecar and Redis, hands bytes on, and cuts the connection where it is told.
public final class CuttingProxy: Sendable {
  /// Which bytes are counted until the cut.
  public enum Direction: Sendable, CustomStringConvertible {
    /// Those on their way to Redis.
    case requests
    /// Those on their way back.
    case replies

    /// The direction's name, as it stands in the names of tests.
    public var description: String {
      switch self {
      case .requests: "requests"
      case .replies: "replies"
      }
    }
  }

  /// The socket that it listens on.
  public let path: String

  private let folder: String
  private let plan: CutPlan

  /// Listens on a socket of its own, and connects to another for each connection that it takes.
  public init(to upstream: String) throws {
    folder = try TemporaryFolder.make()
    path = folder + "/proxy.sock"
    plan = CutPlan()
    let loop = try ProxyLoop(at: path, to: upstream, plan: plan)
    Thread.detachNewThread { loop.run() }
  }

  deinit {
    plan.stop()
    TemporaryFolder.remove(folder)
  }

  /// Cuts the first connection that sends more than so many bytes from now on; those are handed on.
  /// Once.
  public func cut(_ direction: Direction, after bytes: Int) { plan.arm(direction, after: bytes) }

  /// How many connections were cut.
  public var cuts: Int { plan.cuts }
}

/// What a proxy is told, by whatever thread.
final class CutPlan: Sendable {
  private struct State {
    var armed: CuttingProxy.Direction?
    var remaining = 0
    var cuts = 0
    var isStopped = false
  }

  private let state = Mutex(State())

  var cuts: Int { state.withLock { $0.cuts } }
  var isStopped: Bool { state.withLock { $0.isStopped } }

  func stop() { state.withLock { $0.isStopped = true } }

  func arm(_ direction: CuttingProxy.Direction, after bytes: Int) {
    state.withLock {
      $0.armed = direction
      $0.remaining = bytes
    }
  }

  /// How many of some bytes are to be handed on, and whether the connection is cut after them.
  func allowance(_ direction: CuttingProxy.Direction, of count: Int) -> (count: Int, cuts: Bool) {
    state.withLock { state in
      guard state.armed == direction else { return (count, false) }
      guard count > state.remaining else {
        state.remaining -= count
        return (count, false)
      }
      state.armed = nil
      state.cuts += 1
      return (state.remaining, true)
    }
  }
}
