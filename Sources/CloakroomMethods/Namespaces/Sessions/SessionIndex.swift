internal import CloakroomCore
internal import CloakroomStore
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
    case .storeRefused: error.isOfForeignRecord
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
          guard error.hasNoSession || error.isOfForeignRecord else { throw error }
          if Self.isOver(entry, error, at: context.storeTimeMs) { over.append(entry.name.text) }
        }
      }
      await drop(over, context)
      if page.count < wanted { return nil }
    }
    return place
  }
}
