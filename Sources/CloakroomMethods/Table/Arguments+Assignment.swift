internal import CloakroomCore
internal import CloakroomWire

/// Which member of the request is which of the method's parameters.
extension Arguments {
  mutating func assign(_ method: Method) throws(RPCError) {
    guard !scanner.hasTooManyMembers else {
      throw RPCError(.invalidParams, "more parameters than any method takes")
    }
    if scanner.paramsKind == .array {
      try assignByPosition(method)
    } else {
      try assignByName(method)
    }
    let missing = method.required & ~given
    guard missing == 0 else {
      let parameter = method.parameters[missing.trailingZeroBitCount]
      throw RPCError(.invalidParams, "\(parameter.name) is missing")
    }
  }

  private mutating func assignByPosition(_ method: Method) throws(RPCError) {
    guard scanner.members.count <= method.parameters.count else {
      throw RPCError(
        .invalidParams, "the method takes at most \(method.parameters.count) parameters")
    }
    for index in scanner.members.indices { give(index, to: index) }
  }

  private mutating func assignByName(_ method: Method) throws(RPCError) {
    for index in scanner.members.indices {
      let member = scanner.members[index]
      guard let slot = slot(of: member, first: index, in: method) else {
        throw RPCError(
          .invalidParams,
          "unknown parameter \(nameForPeople(member)); \(method.name) takes "
            + method.allParameters.map { "\($0.name)" }.joined(separator: ", "))
      }
      guard !has(slot) else {
        throw RPCError(.invalidParams, "\(method.allParameters[slot].name) is given twice")
      }
      give(index, to: slot)
    }
  }

  private mutating func give(_ member: Int, to slot: Int) {
    slots[slot] = Int8(truncatingIfNeeded: member)
    given |= 1 &<< UInt32(truncatingIfNeeded: slot)
  }

  /// The parameter that a member is.
  ///
  /// - Parameter first: where to look first; most callers keep to the documented order.
  private mutating func slot(of member: JSONMember, first: Int, in method: Method) -> Int? {
    let names = method.parameterNames
    if first < names.count, isNamed(member, names[first]) { return first }
    for slot in names.indices where isNamed(member, names[slot]) {
      return slot
    }
    return nil
  }

  /// A parameter's name as an error may show it: nothing long, nothing that isn't a name.
  private mutating func nameForPeople(_ member: JSONMember) -> String {
    let bytes = slice(member.name).readableBytesView
    guard bytes.count <= 32, bytes.allSatisfy({ $0.isNameCharacter }) else { return "" }
    return "\"\(String(decoding: bytes, as: UTF8.self))\""
  }
}

extension UInt8 {
  fileprivate var isNameCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
