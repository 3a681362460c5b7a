internal import Synchronization

/// How many bytes the shards of one store take up together, and how many they may.
final class MemoryBudget: Sendable {
  /// There is no room for what was to be written.
  struct Exhausted: Error {}

  private let limit: Int
  private let taken = Atomic<Int>(0)

  /// A budget of a number of bytes.
  init(limit: Int) { self.limit = limit }

  /// The bytes that are taken.
  var used: Int { taken.load(ordering: .relaxed) }

  /// Takes bytes, or gives them back when `change` is negative, which always succeeds.
  ///
  /// Compared and exchanged rather than added and corrected: a large write that doesn't fit must not
  /// make a small one fail that does.
  func adjust(by change: Int) throws(Exhausted) {
    var current = taken.load(ordering: .relaxed)
    while true {
      let (next, overflow) = current.addingReportingOverflow(change)
      guard !overflow, change <= 0 || next <= limit else { throw Exhausted() }
      let (exchanged, original) = taken.weakCompareExchange(
        expected: current, desired: next, ordering: .relaxed)
      if exchanged { return }
      current = original
    }
  }

  /// Takes bytes even where there is no room: for what has been done already and must be remembered.
  func insist(_ bytes: Int) { taken.add(bytes, ordering: .relaxed) }

  /// Gives bytes back.
  func release(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
}
