internal import CloakroomCore

/// Where a scan goes on, as callers see it: base64url (RFC 4648, section 5) of a version, the shard of
/// the store and the position in it.
///
/// A forged one names another position and nothing else: whose keys are shown, each scan decides anew.
struct ScanCursor: Equatable {
  /// The form of what is written here. Another form gets another number, and this one is refused then.
  private static let version: UInt128 = 1
  /// 8 bits of version, 16 of shard and 64 of position are 14⅔ characters; two bits are left over.
  private static let length = 15
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// The store's own position, never 0: that is the beginning.
  let position: UInt64

  /// A cursor for a position.
  init(position: UInt64) { self.position = position }

  /// Reads a cursor.
  ///
  /// - Throws: INVALID_PARAMS for any text but one that a scan may have answered with.
  init(_ text: String) throws(RPCError) {
    let invalid = RPCError(.invalidParams, "cursor is not one that dev.scan has answered with")
    guard text.utf8.count == Self.length else { throw invalid }
    var bits: UInt128 = 0
    for character in text.utf8 {
      guard let six = Self.alphabet.firstIndex(of: character) else { throw invalid }
      bits = bits << 6 | UInt128(six)
    }
    // One spelling for each: the bits left over are 0. There is one shard, number 0.
    guard bits & 3 == 0, bits >> 66 == Self.version << 16 else { throw invalid }
    position = UInt64(truncatingIfNeeded: bits >> 2)
    guard position != 0 else { throw invalid }
  }

  /// The cursor as text.
  var text: String {
    let bits = (Self.version << 80 | UInt128(position)) << 2
    let characters = (0..<Self.length).map { place in
      Self.alphabet[Int(truncatingIfNeeded: bits >> UInt128(6 * (Self.length - 1 - place))) & 63]
    }
    return String(decoding: characters, as: UTF8.self)
  }
}

extension Arguments {
  /// Where a scan goes on: what the parameter `cursor` says, 0 when there is none or it is null.
  ///
  /// - Throws: INVALID_PARAMS for what is no cursor.
  mutating func position(_ slot: Int) throws(RPCError) -> UInt64 {
    guard let kind = kind(slot), kind != .null else { return 0 }
    return try ScanCursor(try string(slot, "cursor", longest: 64)).position
  }
}
