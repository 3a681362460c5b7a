internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// Sessions by something else than their ids: those of a principal, and those whose attempts are used up.
///
/// Entries are hints. One is written before its session is, and a call that finds one whose session is over
/// takes it out: an index heals by being read.
struct SessionIndex: Sendable {
  /// For how long an entry is left alone whose session isn't there: it may be about to be made.
  private static let youngMs: Int64 = 600_000
  /// How many entries one call looks at at most.
  static let mostEntries = 1000

  /// The index's name in the store.
  let name: StoreKey

  /// Writes an entry.
  ///
  /// - Parameter end: until when the session may live, in milliseconds since 1970.
  func add(
    _ ref: String, _ context: CallContext, score: Int64, untilMs end: Int64
  ) async throws(RPCError) {
    let step = IndexName(name, IndexedName(ref, score: score), keepUntilMs: end)
    _ = try await context.perform(.step(step)).get(IndexName.self)
  }

  /// A page of entries, the newest first.
  func page(
    before: IndexedName?, _ count: Int, _ context: CallContext
  ) async throws(RPCError) -> [IndexedName] {
    try await context.perform(.step(ReadIndex(name, before: before, count: count)))
      .get(ReadIndex.self)
  }

  /// Takes entries out whose sessions are over. Nobody waits for that to succeed: who comes next does it.
  func drop(_ refs: [String], _ context: CallContext) async {
    guard !refs.isEmpty else { return }
    _ = await context.perform(.step(UnindexNames(name, refs)))
  }

  /// Whether an entry is to be taken out because of what its session was asked and answered.
  static func isOver(_ entry: IndexedName, _ error: RPCError, at now: Int64) -> Bool {
    switch error.reason {
    case .expired, .consumed, .deleted: true
    case .notFound: entry.score < now &- youngMs
    // Somebody else has written something else there.
    case .storeRefused: error == .notARecord
    default: false
    }
  }

  /// Goes through the index, from an entry on, until enough was found.
  ///
  /// - Parameters:
  ///   - start: behind which entry; nil begins.
  ///   - count: how many are wanted.
  ///   - look: looks at the session of an entry; false is not one of those that are wanted.
  /// - Returns: behind which entry to go on; nil at the end.
  func walk(
    from start: IndexedName?, _ count: Int, _ context: CallContext,
    _ look: (_ ref: String) async throws(RPCError) -> Bool
  ) async throws(RPCError) -> IndexedName? {
    var (place, found, looked) = (start, 0, 0)
    while found < count, looked < Self.mostEntries {
      let wanted = min(count - found, 100)
      let page = try await page(before: place, wanted, context)
      var over: [String] = []
      for entry in page {
        if let cancellation = context.cancellation { throw cancellation }
        looked += 1
        place = entry
        do throws(RPCError) {
          if try await look(entry.name.text) { found += 1 } else { over.append(entry.name.text) }
        } catch {
          // What somebody else has written there is no session; that Redis refuses is another matter.
          guard error.hasNoSession || error == .notARecord else { throw error }
          if Self.isOver(entry, error, at: context.storeTimeMs) { over.append(entry.name.text) }
        }
      }
      await drop(over, context)
      if page.count < wanted { return nil }
    }
    return place
  }
}

/// Where a list goes on, as callers see it: base64url (RFC 4648, section 5) of a version, the last entry's score
/// and its ref.
struct SessionCursor {
  private static let version: UInt8 = 1
  private static let byteCount = 41

  let entry: IndexedName

  /// A cursor behind an entry.
  init(_ entry: IndexedName) { self.entry = entry }

  /// Reads a cursor.
  ///
  /// - Throws: INVALID_PARAMS for any text but one that a list may have answered with.
  init(_ text: String) throws(RPCError) {
    var text = text
    let bytes = text.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) } ?? []
    guard bytes.count == Self.byteCount, bytes[0] == Self.version else {
      throw RPCError(.invalidParams, "cursor is not one that this list has answered with")
    }
    let score = bytes[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let digits = Array("0123456789abcdef".utf8)
    let ref = bytes[9...].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    entry = IndexedName(
      String(decoding: ref, as: UTF8.self), score: Int64(bitPattern: score))
  }

  /// The cursor as text; nil behind an entry that is no session's.
  var text: String? {
    let digits = Array(entry.name.text.utf8)
    guard digits.count == 64 else { return nil }
    var bytes = [Self.version]
    let score = UInt64(bitPattern: entry.score)
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: score >> UInt64(8 * (7 - $0))) }
    for place in stride(from: 0, to: 64, by: 2) {
      let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16) else { return nil }
      bytes.append(byte)
    }
    return Base64URL.text(bytes)
  }
}

extension Arguments {
  /// Where a list goes on; nil from the beginning.
  ///
  /// - Throws: INVALID_PARAMS for what is no cursor.
  mutating func sessionCursor(_ slot: Int) throws(RPCError) -> IndexedName? {
    guard let kind = kind(slot), kind != .null else { return nil }
    return try SessionCursor(try string(slot, "cursor", longest: 128)).entry
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
  /// Ends a list: the cursor, and the object.
  mutating func writeCursor(_ place: IndexedName?) {
    writeOptional(place.flatMap { SessionCursor($0).text }, after: "],\"cursor\":")
    writeStaticString("}")
  }
}
