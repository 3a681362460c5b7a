public import CloakroomCore

/// What a listener of a bus was told.
public enum BusNote: Sendable, Hashable {
  /// From now on everything arrives.
  case subscribed(UInt64)
  /// A message has arrived.
  case received(String, on: String, UInt64)
  /// Messages may be missing.
  case interrupted(UInt64)
  /// There is no subscription.
  case failed(UInt64, Reason)

  /// The subscription that it is about.
  public var id: UInt64 {
    switch self {
    case .subscribed(let id), .received(_, _, let id), .interrupted(let id), .failed(let id, _): id
    }
  }
}
