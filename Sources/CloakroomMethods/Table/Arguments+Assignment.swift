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

  @inline(__always)
  private mutating func assignByName(_ method: Method) throws(RPCError) {
    for index in scanner.members.indices {
      guard let slot = slot(ofMember: index, in: method) else {
        throw unknown(scanner.members[index], to: method)
      }
      guard given & 1 &<< UInt32(truncatingIfNeeded: slot) == 0 else {
        throw RPCError(.invalidParams, "\(method.allParameters[slot].name) is given twice")
      }
      give(index, to: slot)
    }
  }

  private mutating func unknown(_ member: JSONMember, to method: Method) -> RPCError {
    RPCError(
      .invalidParams,
      "unknown parameter \(nameForPeople(member)); \(method.name) takes "
        + method.allParameters.map { "\($0.name)" }.joined(separator: ", "))
  }

  private mutating func give(_ member: Int, to slot: Int) {
    slots[slot] = Int8(truncatingIfNeeded: member)
    given |= 1 &<< UInt32(truncatingIfNeeded: slot)
  }

  /// The parameter that a member is. Most callers keep to the documented order: it is looked for first
  /// where the member stands.
  @inline(__always)
  private mutating func slot(ofMember index: Int, in method: Method) -> Int? {
    if scanner.members[index].nameHasEscapes {
      return slot(decoding: scanner.members[index], in: method)
    }
    let name = ShortName(scanner.members[index].name, in: held.bytes.readableBytesSpan)
    if index < method.shortNames.count, method.shortNames[index] == name { return index }
    return method.shortNames.firstIndex(of: name)
  }

  /// The same for a name that is written with escapes.
  private mutating func slot(decoding member: JSONMember, in method: Method) -> Int? {
    method.allParameters.firstIndex { isNamed(member, $0.name) }
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
