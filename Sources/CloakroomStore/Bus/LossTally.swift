internal import CloakroomRedis
internal import Synchronization

/// How often a connection was lost, by `LossCause`; counted on one loop, read on any.
final class LossTally: Sendable {
  private let values = Mutex([UInt64](repeating: 0, count: LossCause.allCases.count))

  var counts: [UInt64] { values.withLock { $0 } }

  func count(_ cause: LossCause) { values.withLock { $0[cause.rawValue] &+= 1 } }
}
