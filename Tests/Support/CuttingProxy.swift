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
  ///
  /// - Parameter outage: for how long all connections are cut with it, and none is taken.
  public func cut(_ direction: Direction, after bytes: Int, outage: Duration = .zero) {
    plan.arm(direction, after: bytes, outage)
  }

  /// Hands on so many bytes at a time, each direction's, and then pauses; nil is as many as there are.
  public func throttle(to bytes: Int?, each pause: Duration = .zero) {
    plan.throttle(to: bytes, each: pause)
  }

  /// Cuts nothing that was not cut yet, and ends an outage.
  public func mend() { plan.mend() }

  /// How many connections were cut.
  public var cuts: Int { plan.cuts }
}

/// What a proxy is told, by whatever thread.
final class CutPlan: Sendable {
  private struct State {
    var armed: CuttingProxy.Direction?
    var remaining = 0
    var outage = Duration.zero
    var downUntil: ContinuousClock.Instant?
    var cuts = 0
    var isStopped = false
    var throttle: (bytes: Int, pause: Duration)?
  }

  private let state = Mutex(State())

  var cuts: Int { state.withLock { $0.cuts } }
  var isStopped: Bool { state.withLock { $0.isStopped } }

  func stop() { state.withLock { $0.isStopped = true } }

  /// How many bytes are handed on at a time, and the pause after that.
  var throttle: (bytes: Int, pause: Duration)? { state.withLock { $0.throttle } }

  func throttle(to bytes: Int?, each pause: Duration) {
    state.withLock { $0.throttle = bytes.map { ($0, pause) } }
  }

  func arm(_ direction: CuttingProxy.Direction, after bytes: Int, _ outage: Duration) {
    state.withLock {
      $0.armed = direction
      $0.remaining = bytes
      $0.outage = outage
    }
  }

  func mend() {
    state.withLock {
      $0.armed = nil
      $0.downUntil = nil
    }
  }

  /// Whether there is an outage.
  var isDown: Bool { state.withLock { $0.downUntil.map { .now < $0 } ?? false } }

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
      if state.outage > .zero { state.downUntil = .now + state.outage }
      return (state.remaining, true)
    }
  }
}
