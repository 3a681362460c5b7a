internal import CloakroomCore
internal import CloakroomTokens

/// Where a scan goes on, as callers see it: base64url (RFC 4648, section 5) of a version, the shard of
/// the store and the position in it.
///
/// A forged one names another position and nothing else: whose keys are shown, each scan decides anew.
struct ScanCursor: Equatable {
  /// The form of what is written here. Another form gets another number, and this one is refused then.
  private static let version: UInt8 = 1
  /// A byte of version, two of shard, eight of position, the highest first.
  private static let byteCount = 11

  /// The store's own position, never 0: that is the beginning.
  let position: UInt64

  /// A cursor for a position.
  init(position: UInt64) { self.position = position }

  /// Reads a cursor.
  ///
  /// - Throws: INVALID_PARAMS for any text but one that a scan may have answered with.
  init(_ text: String) throws(RPCError) {
    let invalid = RPCError(.invalidParams, "cursor is not one that dev.scan has answered with")
    var text = text
    let decoded = text.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) }
    guard let bytes = decoded, bytes.count == Self.byteCount else { throw invalid }
    // There is one shard, number 0.
    guard bytes[0] == Self.version, bytes[1] == 0, bytes[2] == 0 else { throw invalid }
    position = bytes[3...].reduce(0) { $0 << 8 | UInt64($1) }
    guard position != 0 else { throw invalid }
  }

  /// The cursor as text.
  var text: String {
    let place = (0..<8).map { UInt8(truncatingIfNeeded: position >> UInt64(8 * (7 - $0))) }
    return Base64URL.text([Self.version, 0, 0] + place)
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
