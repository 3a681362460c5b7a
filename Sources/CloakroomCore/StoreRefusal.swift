/// Why a store refuses a command, by the word that Redis says first.
public enum StoreRefusal: Int, CaseIterable, Sendable {
  /// There is no room left.
  case full
  /// It is a replica.
  case readOnly
  /// Its user has no right to it.
  case noPermission
  /// It can't save what it has.
  case cannotSave
  /// Too few replicas follow it.
  case tooFewReplicas
  /// It wants a password.
  case noAuthentication
  /// The key is of another type.
  case wrongType
  /// The key is another shard's.
  case moved
  /// Any other error.
  case other

  /// The refusal of a word.
  public init(code: String) { self = Self.allCases.first { $0.name == code } ?? .other }

  /// The word, which metrics are labelled with.
  public var name: String {
    switch self {
    case .full: "OOM"
    case .readOnly: "READONLY"
    case .noPermission: "NOPERM"
    case .cannotSave: "MISCONF"
    case .tooFewReplicas: "NOREPLICAS"
    case .noAuthentication: "NOAUTH"
    case .wrongType: "WRONGTYPE"
    case .moved: "MOVED"
    case .other: "other"
    }
  }

  /// Whether it says something of the store, and not of the one command that was refused.
  public var isLasting: Bool {
    switch self {
    case .full, .readOnly, .noPermission, .cannotSave, .tooFewReplicas, .noAuthentication, .moved:
      true
    case .wrongType, .other: false
    }
  }

  /// Whether any write would be refused for it.
  public var isOfAllWrites: Bool {
    switch self {
    case .full, .readOnly, .cannotSave, .tooFewReplicas: true
    case .noPermission, .noAuthentication, .wrongType, .moved, .other: false
    }
  }

  /// What it means, and what to do.
  public func meaning(inMemory: Bool) -> String {
    switch self {
    case .full:
      inMemory
        ? "the store in memory is full and refuses writes: raise limits.memoryBytes, or let data live shorter"
        : "Redis is full and refuses writes: raise its maxmemory, or let data live shorter"
    case .readOnly:
      "Redis takes no writes (READONLY): it is a replica; its address must lead to the primary"
    case .noPermission:
      "Redis' user may not do what was called for: give it the rights that the documentation lists"
    case .cannotSave:
      "Redis can't save and refuses writes: see its log, and free its disk"
    case .tooFewReplicas:
      "Redis has too few replicas and refuses writes: bring them back, or lower min-replicas-to-write"
    case .noAuthentication:
      "Redis wants a password: set store.passwordFile"
    case .moved:
      "Redis says that keys are on another shard (cluster mode): give the address of a Redis that has all keys"
    case .wrongType, .other:
      "Redis refuses commands"
    }
  }
}
