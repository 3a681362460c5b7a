internal import CloakroomCore

/// What a flow's sessions are bound to.
struct FlowBinding: Sendable, Equatable {
  /// What a call from elsewhere comes to.
  enum Rule: String, Sendable, CaseIterable {
    /// Nothing is checked.
    case off
    /// The call is done, and it is said in the log and in its answer.
    case warn
    /// FORBIDDEN.
    case require
  }

  var userAgent = Rule.off
  var ipAddress = Rule.off

  /// Reads the member of a definition; none binds to nothing.
  init(_ node: FlowNode? = nil) throws(RPCError) {
    guard let node else { return }
    let members = try node.members(of: ["userAgent", "ipAddress"])
    userAgent = try Self.rule(members["userAgent"])
    ipAddress = try Self.rule(members["ipAddress"])
  }

  private static func rule(_ node: FlowNode?) throws(RPCError) -> Rule {
    guard let node else { return .off }
    guard let rule = Rule(rawValue: try node.string(longest: 16)) else {
      throw node.fault("must be off, warn or require")
    }
    return rule
  }
}
