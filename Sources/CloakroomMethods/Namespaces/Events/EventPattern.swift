internal import CloakroomCore
internal import NIOCore

/// The glob that a pattern of channels is to Redis.
///
/// Of what the caller writes only `*` has a meaning, and of what stands before it, the names of
/// service and scope, nothing has: a pattern can't reach beyond the channels that its caller could
/// name.
enum EventPattern {
  /// How many wildcards a pattern may have: Redis tries ways to match, and each adds to them.
  static let wildcards = 16

  /// Makes a glob.
  ///
  /// - Parameters:
  ///   - name: a whole name in the store, its last part the pattern.
  ///   - count: how many bytes the pattern has.
  /// - Throws: INVALID_PARAMS for too many wildcards.
  static func glob(of name: ByteBuffer, patternCount count: Int) throws(RPCError) -> ByteBuffer {
    var glob = ByteBuffer()
    let bytes = name.readableBytesView
    var found = 0
    var wasWildcard = false
    for (index, byte) in bytes.enumerated() {
      let isWildcard = byte == UInt8(ascii: "*") && index >= bytes.count - count
      // Several in a row are one.
      if isWildcard && wasWildcard { continue }
      wasWildcard = isWildcard
      if isWildcard { found += 1 } else if byte.hasMeaning { glob.writeStaticString("\\") }
      glob.writeInteger(byte)
    }
    guard found <= wildcards else {
      throw RPCError(.invalidParams, "a pattern has at most \(wildcards) wildcards")
    }
    return glob
  }
}

extension UInt8 {
  /// Whether Redis takes the byte for something else than itself anywhere in a glob
  /// (`stringmatchlen`).
  fileprivate var hasMeaning: Bool {
    switch self {
    case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "^"), UInt8(ascii: "-"), UInt8(ascii: "\\"):
      true
    default: false
    }
  }
}
