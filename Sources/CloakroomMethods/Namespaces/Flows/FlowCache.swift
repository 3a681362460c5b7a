internal import CloakroomCore
internal import CloakroomStore
internal import Synchronization

/// The compiled flows that were used lately, and how long their sessions may live.
///
/// Each event loop has its own, which threads that decide for it look into as well. A flow is found by its record's name and its definition's digest: what one tenant defines is never taken for another's.
final class FlowCache: Sendable {
  /// How many flows are kept.
  private static let countLimit = 256
  /// How many bytes they may take together, about.
  private static let sizeLimit = 32 << 20

  private struct Place: Hashable {
    let record: StoreKey
    let digest: String
  }

  private struct Entry {
    let flow: Flow
    var lifeMs: Int64
  }

  private struct Contents {
    var entries: [Place: Entry] = [:]
    var size = 0
  }

  private let contents = Mutex(Contents())

  /// A flow's definition; nil when it isn't at hand.
  func flow(in record: StoreKey, _ digest: String) -> Flow? {
    contents.withLock { $0.entries[Place(record: record, digest: digest)]?.flow }
  }

  /// How long a session may live on it as far as its record is known to say, in milliseconds.
  func life(in record: StoreKey, _ digest: String) -> Int64? {
    contents.withLock { $0.entries[Place(record: record, digest: digest)]?.lifeMs }
  }

  /// Keeps a flow, and how long its record says that a session may live on it.
  ///
  /// - Returns: whether others had to be let go for it.
  func keep(_ flow: Flow, in record: StoreKey, lifeMs: Int64) -> Bool {
    let place = Place(record: record, digest: flow.digest)
    return contents.withLock { contents in
      contents.size += flow.size - (contents.entries[place]?.flow.size ?? 0)
      contents.entries[place] = Entry(flow: flow, lifeMs: lifeMs)
      let known = contents.entries.count
      while contents.entries.count > Self.countLimit || contents.size > Self.sizeLimit {
        // Any one: a dictionary's order is as good as chance.
        guard let other = contents.entries.keys.first(where: { $0 != place }) else { break }
        contents.size -= contents.entries.removeValue(forKey: other)?.flow.size ?? 0
      }
      return contents.entries.count < known
    }
  }
}
