/// One atomic step on a part of the index of deadlines: which records to look at when, as something
/// happens to them by itself.
///
/// An entry is a reminder, and the record decides. One that is missing, or late, does no harm but that what
/// has happened is seen later, by whoever meets the record. A reminder is given by the commit that makes it
/// necessary (`RecordCommit.remindAtMs`), before the record is written.
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

/// A part of the index of deadlines. Which part a name is in depends on its bytes alone, and the parts have
/// nothing to do with each other, so that each can live on another server.
public struct DeadlinePart: Sendable, Hashable {
  /// How many parts there are beside the one of an earlier version.
  static let count = 8

  /// Its number; nil for the index that sidecars up to version 0.9 have written, which has one part and is
  /// emptied.
  let number: Int?

  /// All parts.
  public static let all = (0..<count).map { DeadlinePart(number: $0) } + [DeadlinePart(number: nil)]

  private init(number: Int?) { self.number = number }

  /// The part that a name is in (FNV-1a, 64 bits).
  init(of name: StoreKey) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    name.bytes.withUnsafeReadableBytes { bytes in
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
    }
    number = Int(hash % UInt64(Self.count))
  }
}
