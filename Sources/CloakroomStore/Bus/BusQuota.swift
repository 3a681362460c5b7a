internal import Synchronization

/// How many subscriptions the loops of one bus have together, and how many they may.
final class BusQuota: Sendable {
  private let limit: Int
  private let taken = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  /// The subscriptions that there are.
  var used: Int { taken.load(ordering: .relaxed) }

  /// Takes a place; false when there is none.
  func take() -> Bool {
    guard taken.wrappingAdd(1, ordering: .relaxed).newValue > limit else { return true }
    release()
    return false
  }

  /// Gives a place back.
  func release() { taken.wrappingSubtract(1, ordering: .relaxed) }
}
