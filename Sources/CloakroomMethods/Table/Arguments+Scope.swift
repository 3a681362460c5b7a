internal import CloakroomCore
internal import CloakroomWire

/// The parameter `scope`, which every method takes.
extension Arguments {
  /// Reads the steps of a scope, outermost first.
  ///
  /// - Throws: INVALID_PARAMS for what is no array of objects of a key and an id, SCOPE_INVALID for
  ///   too many of them or keys that may not be.
  mutating func readScope(_ slot: Int) throws(RPCError) -> [ScopeStep] {
    let steps = try member(slot, "scope")
    guard steps.kind == .array else { throw RPCError(.invalidParams, "scope is an array") }
    guard let parts = parts(of: steps, atMost: KeySpace.scopeDepth) else {
      throw RPCError(.scopeInvalid, "a scope has at most \(KeySpace.scopeDepth) steps")
    }
    var scope: [ScopeStep] = []
    for part in parts { scope.append(try readStep(part)) }
    try KeySpace.check(scope)
    return scope
  }

  private mutating func readStep(_ step: JSONMember) throws(RPCError) -> ScopeStep {
    var key: String?
    var id: String?
    if step.kind == .object, let parts = parts(of: step, atMost: 2) {
      // Both of one name leave the other empty, which is refused below.
      for part in parts {
        if part.kind == .string, isNamed(part, "key") {
          key = decoded(part.content, part.hasEscapes)
        } else if isNamed(part, "id") {
          id = part.kind == .number ? wholeNumber(part) : textID(part)
        }
      }
    }
    guard let key, let id else {
      throw RPCError(
        .invalidParams,
        "scope holds objects of a key, a string, and an id, a string or a whole number without a fraction or an exponent"
      )
    }
    return ScopeStep(key: key, id: id)
  }

  private mutating func textID(_ part: JSONMember) -> String? {
    part.kind == .string ? decoded(part.content, part.hasEscapes) : nil
  }

  /// A whole number as it was written: JSON has one spelling for each, but for minus zero.
  private mutating func wholeNumber(_ part: JSONMember) -> String? {
    guard let text = decoded(part.content, false) else { return nil }
    guard text != "-0",
      text.utf8.allSatisfy({ $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") })
    else { return nil }
    return text
  }
}
