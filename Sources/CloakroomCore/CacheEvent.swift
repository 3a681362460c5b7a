/// What happens to caches, for the metrics; closed, so that a label never has more values than these.
public enum CacheEvent: Int, CaseIterable, Sendable {
  /// A fresh value was given.
  case hit
  /// A value was given that is past its time, within grace.
  case stale
  /// It was told that there is nothing to be cached.
  case negative
  /// There was nothing to give.
  case miss
  /// A value was written.
  case stored
  /// A caller was given a lease: it is to make the value.
  case leased
  /// A lease was given back unfilled.
  case released
  /// A value was refused, as its lease is void.
  case lost
  /// A key was invalidated.
  case invalidatedKey
  /// A tag was invalidated.
  case invalidatedTag

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .hit: "hit"
    case .stale: "stale"
    case .negative: "negative"
    case .miss: "miss"
    case .stored: "stored"
    case .leased: "leased"
    case .released: "released"
    case .lost: "lease_lost"
    case .invalidatedKey: "invalidated_key"
    case .invalidatedTag: "invalidated_tag"
    }
  }
}
