internal import CloakroomRedis
internal import Synchronization

/// How a bus's connection fares; kept on one loop, read on any.
final class BusCondition: Sendable {
  private struct Facts {
    var losses = [UInt64](repeating: 0, count: LossCause.allCases.count)
    var downReason: String?
  }

  private let facts = Mutex(Facts())

  /// How often a connection was lost, or did not come about, by `LossCause`.
  var losses: [UInt64] { facts.withLock { $0.losses } }

  /// Why nobody hears anything although somebody listens; nil while that is not so.
  var downReason: String? {
    get { facts.withLock { $0.downReason } }
    set { facts.withLock { $0.downReason = newValue } }
  }

  func countLoss(_ cause: LossCause) { facts.withLock { $0.losses[cause.rawValue] &+= 1 } }
}
