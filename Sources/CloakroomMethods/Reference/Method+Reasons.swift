internal import CloakroomCore

extension Method {
  /// The reasons for which a request can be refused before any method is known.
  static let reasonsBefore: [Reason] = [.parseError, .invalidRequest, .methodNotFound]

  /// The reasons that a call of any method can fail with: bad parameters, admission, limits.
  static let reasonsOfAll: [Reason] = [
    .invalidParams, .internal, .tooLarge, .rateLimited, .forbidden, .overloaded,
    .deadlineExceeded, .scopeRequired, .scopeInvalid,
  ]

  /// The reasons that a call can fail with once it has got to the store.
  static let reasonsOfStore: [Reason] = [
    .unavailable, .outcomeUnknown, .storeRefused, .idempotencyMismatch, .cancelled,
  ]

  /// Whether the method asks the store.
  var asksStore: Bool {
    switch work {
    case .primitive, .many, .procedure, .repeated, .subscription: true
    case .system: false
    }
  }

  /// The reasons that are the method's own, and not those of all, in the order of their codes.
  var ownReasons: [Reason] {
    let shared = Self.reasonsOfAll + (asksStore ? Self.reasonsOfStore : [])
    return Reason.allCases.filter { reasons.contains($0) && !shared.contains($0) }
  }

  /// Every reason that a call of the method can fail with.
  var allReasons: [Reason] {
    ownReasons + Self.reasonsOfAll + (asksStore ? Self.reasonsOfStore : [])
  }
}

extension MethodTable {
  /// Every reason that a request can fail with, as long as these are the methods.
  var reasons: [Reason] {
    let all = Set(Method.reasonsBefore + methods.flatMap(\.allReasons))
    return Reason.allCases.filter(all.contains)
  }
}
