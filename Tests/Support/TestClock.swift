public import CloakroomStore
internal import Synchronization

/// A clock that stands still until a test moves it.
public final class TestClock: Sendable {
  private let milliseconds: Atomic<Int64>

  /// Makes a clock that stands at a number of milliseconds.
  public init(at milliseconds: Int64 = 1_000_000) { self.milliseconds = Atomic(milliseconds) }

  /// The time in milliseconds.
  public var now: Int64 { milliseconds.load(ordering: .sequentiallyConsistent) }

  /// Moves the clock on.
  public func advance(by milliseconds: Int64) {
    self.milliseconds.wrappingAdd(milliseconds, ordering: .sequentiallyConsistent)
  }

  /// The clock as a store takes it.
  public var storeClock: StoreClock { StoreClock { self.now } }
}
