public import CloakroomCore

/// How limits stood when they were looked at, all of them at one moment.
public struct RateLook: Sendable, Hashable {
  /// Whether all were taken.
  public let isTaken: Bool
  /// When that was, in microseconds by the store's clock.
  public let atMicroseconds: Int64
  /// How far ahead the TAT of each was before, in the order in which they were asked for.
  public let ahead: [RateSpan]

  /// Describes a look.
  public init(isTaken: Bool, atMicroseconds: Int64, ahead: [RateSpan]) {
    self.isTaken = isTaken
    self.atMicroseconds = atMicroseconds
    self.ahead = ahead
  }

  /// How each of the limits that were asked for stood.
  public func standings(of demands: [RateDemand]) -> [RateStanding] {
    zip(demands, ahead).map { demand, ahead in
      RateStanding(demand.limit, ahead: ahead, cost: demand.cost)
    }
  }
}
