internal import CloakroomCore

/// What a session is bound to, as its flow said when it was made.
extension FlowBinding {
  /// What a session can be bound to.
  enum Member: String, Sendable {
    case userAgent, ipAddress
  }

  /// Rules for each.
  init(userAgent: Rule, ipAddress: Rule) {
    self.userAgent = userAgent
    self.ipAddress = ipAddress
  }

  /// Bound to nothing.
  static let none = FlowBinding(userAgent: .off, ipAddress: .off)

  // MARK: As text

  /// As a session's record has it: a letter each, `-` off, `w` warn, `r` require; nil where nothing is bound.
  var text: String? {
    self == .none ? nil : String([Self.letter(of: userAgent), Self.letter(of: ipAddress)])
  }

  /// Reads what a session's record has.
  init(text: String?) {
    let letters = Array(text ?? "")
    guard letters.count == 2 else {
      self = .none
      return
    }
    self.init(userAgent: Self.rule(of: letters[0]), ipAddress: Self.rule(of: letters[1]))
  }

  private static func letter(of rule: Rule) -> Character {
    switch rule {
    case .off: "-"
    case .warn: "w"
    case .require: "r"
    }
  }

  private static func rule(of letter: Character) -> Rule {
    switch letter {
    case "w": .warn
    case "r": .require
    default: .off
    }
  }

  // MARK: Checking

  /// Holds a call's metadata against those that the session was made with.
  ///
  /// - Returns: what is other than it was, where that is only to be told. What a call doesn't say is no
  ///   reason to warn, but one to refuse.
  /// - Throws: FORBIDDEN where it must be the same.
  func check(
    _ visitor: SessionMetadata, against own: SessionMetadata
  ) throws(RPCError) -> [Member] {
    let all: [(Member, Rule, given: String?, expected: String?)] = [
      (.userAgent, userAgent, visitor.userAgent, own.userAgent),
      (
        .ipAddress, ipAddress, visitor.ipAddress.map { NetworkAddress($0).text },
        own.ipAddress.map { NetworkAddress($0).text }
      ),
    ]
    var warnings: [Member] = []
    for (member, rule, given, expected) in all where rule != .off {
      let isSame = given.map { ByteString($0) } == expected.map { ByteString($0) }
      if rule == .require, !isSame || given == nil {
        throw .notBound(to: member, isMissing: given == nil)
      }
      if given != nil, !isSame { warnings.append(member) }
    }
    return warnings
  }

  /// Checks that a new session has what it is to be bound to.
  ///
  /// - Throws: INVALID_PARAMS.
  func check(creating own: SessionMetadata) throws(RPCError) {
    let all: [(Member, Rule, String?)] = [
      (.userAgent, userAgent, own.userAgent), (.ipAddress, ipAddress, own.ipAddress),
    ]
    for (member, rule, given) in all where rule == .require && given == nil {
      throw RPCError(
        .invalidParams,
        "the flow binds its sessions to their \(member.rawValue): metadata.\(member.rawValue) is missing",
        details: [.text("bind", member.rawValue)])
    }
  }
}

extension RPCError {
  /// A call on a session that is bound to another browser or another address.
  fileprivate static func notBound(
    to member: FlowBinding.Member, isMissing: Bool
  ) -> RPCError {
    let name = member.rawValue
    return RPCError(
      .forbidden,
      isMissing
        ? "the session is bound to its \(name): the call has to bring metadata.\(name)"
        : "the session is bound to another \(name)",
      details: [.text("bind", name)])
  }
}

/// What an application knows of the browser that a session is used from.
struct SessionMetadata: Sendable, Equatable {
  /// How long each of them is at most, in bytes.
  static let longest = 1024

  var userAgent: String?
  var ipAddress: String?
  var deviceInfo: String?

  /// Nothing.
  static let none = SessionMetadata()
}
