public import CloakroomCore
public import CloakroomWire
public import NIOCore

/// Parameters that are one value: a string, a number, a flag, any JSON.
extension Arguments {
  /// The bytes of a parameter that is any JSON, in one line.
  public mutating func value(_ slot: Int, _ name: StaticString) throws(RPCError) -> ByteBuffer {
    value(try member(slot, name))
  }

  /// The bytes of a part of the request that is any JSON, in one line.
  @inline(__always)
  public mutating func value(_ member: JSONMember) -> ByteBuffer {
    member.hasLineBreaks ? onOneLine(member.value) : slice(member.value)
  }

  /// A parameter that is any JSON and is looked into: what readers could take one way or another is not taken.
  ///
  /// - Throws: INVALID_PARAMS, with the place.
  mutating func clearValue(
    _ slot: Int, _ name: StaticString
  ) throws(RPCError) -> ByteBuffer {
    try allowance.checkSize(
      try member(slot, name).value.count, atMost: ComputePool.lookedIntoBytes)
    let data = try value(slot, name)
    do throws(AmbiguousJSON) {
      try AmbiguousJSON.check(data.readableBytesSpan)
    } catch {
      throw RPCError(
        error.fault == .tooManyValues ? .tooLarge : .invalidParams, "\(name) \(error.fault.text)",
        details: [.text("pointer", error.pointer)])
    }
    return data
  }

  private mutating func onOneLine(_ range: ByteRange) -> ByteBuffer {
    var value = ByteBuffer()
    value.writeOnOneLine(range, of: held.bytes.readableBytesSpan)
    return value
  }

  /// A parameter that is a string.
  public mutating func string(
    _ slot: Int, _ name: StaticString, longest: Int
  ) throws(RPCError) -> String {
    try string(try member(slot, name), name, longest: longest)
  }

  /// A part of the request that is a string.
  public mutating func string(
    _ member: JSONMember, _ name: StaticString, longest: Int
  ) throws(RPCError) -> String {
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    // An escape takes up to six bytes for one.
    let atLeast = member.hasEscapes ? member.content.count / 6 : member.content.count
    guard atLeast <= longest, let string = decoded(member.content, member.hasEscapes) else {
      throw RPCError(.invalidParams, "\(name) is UTF-8 of at most \(longest) bytes")
    }
    guard string.utf8.count <= longest else {
      throw RPCError(.invalidParams, "\(name) is UTF-8 of at most \(longest) bytes")
    }
    return string
  }

  /// What a string of the request stands for; nil when half of a surrogate pair stands alone in it.
  mutating func decoded(_ content: ByteRange, _ hasEscapes: Bool) -> String? {
    guard hasEscapes else { return String(buffer: slice(content)) }
    return JSONString.text(of: content, hasEscapes: true, in: held.bytes.readableBytesSpan)
  }

  /// A parameter that is a whole number of 64 bits.
  public mutating func integer(_ slot: Int, _ name: StaticString) throws(RPCError) -> Int64 {
    let member = try member(slot, name)
    guard member.kind == .number, let number = wholeNumber(member) else {
      throw RPCError(.invalidParams, "\(name) is a whole number of 64 bits")
    }
    return number
  }

  /// A number of the request, nil when it has a fraction, an exponent or more than 64 bits.
  mutating func wholeNumber(_ member: JSONMember) -> Int64? {
    JSONNumber.wholeNumber(held.bytes.readableBytesSpan, member.value)
  }

  /// A parameter that is true or false; `otherwise` when it was not given.
  @inline(__always)
  public mutating func flag(
    _ slot: Int, _ name: StaticString, otherwise: Bool = false
  ) throws(RPCError) -> Bool {
    has(slot) ? try flag(try member(slot, name), name) : otherwise
  }

  private mutating func flag(_ member: JSONMember, _ name: StaticString) throws(RPCError) -> Bool {
    switch member.kind {
    case .true: return true
    case .false: return false
    default: throw RPCError(.invalidParams, "\(name) is true or false")
    }
  }

  /// A part of the request, where a scanner has found it.
  mutating func slice(_ range: ByteRange) -> ByteBuffer { held.bytes.slice(range) ?? ByteBuffer() }
}
