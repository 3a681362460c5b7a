/// One atomic step on the index of deadlines of a kind.
public enum DeadlineStep: Sendable {
  /// Hands out the names of records whose time has come, earliest first and `limit` at most. They are
  /// held back from others for `holdMs` milliseconds: whoever dies with them in hand leaves them to
  /// the next one. → `.due`
  case take(limit: Int, holdMs: Int64)
  /// Says when names that were handed out are to be looked at again, if ever. One that somebody has
  /// given another deadline meanwhile is left as it is. → `.done`
  case settle([SettledDeadline], hold: Int64)
}

/// What has come of a name that was due.
public struct SettledDeadline: Sendable, Equatable {
  /// The name.
  public let name: StoreKey
  /// When to look at it again, in milliseconds since 1970 by the store's clock; nil is never.
  public let nextAtMs: Int64?

  /// Describes what has come of a name.
  public init(_ name: StoreKey, nextAtMs: Int64?) {
    self.name = name
    self.nextAtMs = nextAtMs
  }
}

/// Names of records whose time has come.
public struct DueNames: Sendable, Equatable {
  /// The names.
  public var names: [StoreKey]
  /// What they are held by; to be handed back with `DeadlineStep.settle`.
  public var hold: Int64
  /// For how long the earliest has been due, in milliseconds.
  public var lateMs: Int64
  /// Whether there may be more of them.
  public var isMore: Bool

  /// Describes what is due.
  public init(names: [StoreKey] = [], hold: Int64 = 0, lateMs: Int64 = 0, isMore: Bool = false) {
    self.names = names
    self.hold = hold
    self.lateMs = lateMs
    self.isMore = isMore
  }
}
