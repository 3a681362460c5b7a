internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// Where a list from an index goes on, as callers see it: base64url (RFC 4648, section 5) of the last entry's
/// score, a blank and its name.
///
/// A forged one names another place in the index and nothing else. What somebody else has put into an index is no
/// name of this sidecar's, and may end a page all the same: of a longer one the cursor has the beginning, behind
/// which nothing of this sidecar's is passed over.
struct IndexCursor {
  /// How many bytes of a name it has at most: more than any name of this sidecar's.
  private static let longestName = 150

  let entry: IndexedName

  /// A cursor behind an entry.
  init(_ entry: IndexedName) {
    let name = entry.name.text
    let beginning = name.utf8.count > Self.longestName ? Self.beginning(of: name) : name
    self.entry = IndexedName(beginning, score: entry.score)
  }

  private static func beginning(of name: String) -> String {
    var beginning = String.UnicodeScalarView()
    var room = longestName
    for scalar in name.unicodeScalars {
      room -= UTF8.width(scalar)
      guard room >= 0 else { break }
      beginning.append(scalar)
    }
    return String(beginning)
  }

  /// Reads a cursor.
  ///
  /// - Throws: INVALID_PARAMS for any text but one that a list may have answered with.
  init(_ text: String) throws(RPCError) {
    let invalid = RPCError(.invalidParams, "cursor is not one that this list has answered with")
    var text = text
    let decoded = text.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) }
    guard let bytes = decoded, let place = String(validating: bytes, as: UTF8.self) else {
      throw invalid
    }
    let parts = place.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let score = Int64(parts[0]), parts[1].utf8.count <= Self.longestName
    else { throw invalid }
    entry = IndexedName(String(parts[1]), score: score)
    guard entry.score == score, self.text == text else { throw invalid }
  }

  /// The cursor as text.
  var text: String { Base64URL.text(Array("\(entry.score) \(entry.name.text)".utf8)) }
}

extension Arguments {
  /// Where a list goes on; nil from the beginning.
  ///
  /// - Throws: INVALID_PARAMS for what is no cursor.
  mutating func indexCursor(_ slot: Int) throws(RPCError) -> IndexedName? {
    guard let kind = kind(slot), kind != .null else { return nil }
    return try IndexCursor(try string(slot, "cursor", longest: 256)).entry
  }

  /// How many a list has at most.
  mutating func listCount(_ slot: Int) throws(RPCError) -> Int {
    let count = has(slot) ? try integer(slot, "count") : 100
    guard (1...1000).contains(count) else {
      throw RPCError(.invalidParams, "count is between 1 and 1000")
    }
    return Int(count)
  }
}

extension Parameter {
  static let listCursor = Parameter(
    "cursor", #"{"type":["string","null"]}"#,
    "The cursor of the answer before. Default: from the beginning.")
  static let listCount = Parameter(
    "count", #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#,
    "How many to list at most. Default: 100.")
}

extension ByteBuffer {
  /// Ends a list: the cursor, null behind the last, and the object.
  mutating func writeCursor(_ place: IndexedName?) {
    writeOptional(place.map { IndexCursor($0).text }, after: "],\"cursor\":")
    writeStaticString("}")
  }
}
