internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What a call knows of tags, and how to learn more.
struct CacheTags: Sendable {
  /// How many tags an entry has at most.
  static let most = 32

  let names: CacheNames
  /// What the counter of invalidations was at; nil while it is not known.
  private(set) var number: Int64?
  /// The tags that were read; nil is one that the store does not have.
  private var states: [ByteString: CacheTagState?] = [:]

  /// Nothing is known yet.
  init(_ names: CacheNames) { self.names = names }

  /// Those of some tags that have not been read.
  func unknown(of tags: [String]) -> [String] { tags.filter { states[ByteString($0)] == nil } }

  /// How a tag stands; nil for one that the store does not have, so that whatever carries it is void.
  subscript(tag: String) -> CacheTagState? { states[ByteString(tag)] ?? nil }

  /// Whether something that carries a number was invalidated since, hard or soft, or may have been.
  func hasVoided(_ number: Int64, of tags: [String]) -> Bool {
    tags.contains { tag in self[tag].map { max($0.hard, $0.soft) > number } ?? true }
  }

  /// What reads tags.
  func reading(_ tags: [String]) -> StoreCommand { .getMany(names.tags(tags)) }

  /// Takes in what that has read.
  mutating func learn(_ tags: [String], _ reply: StoreReply) throws(RPCError) {
    guard case .values(let values) = reply, values.count == tags.count else {
      throw reply.unexpected
    }
    for (tag, value) in zip(tags, values) {
      states.updateValue(value.flatMap { CacheTagState($0) }, forKey: ByteString(tag))
    }
  }

  /// What reads the counter, and makes tags that are not there.
  func keeping(_ tags: [String], lifeMs: Int64) -> StoreCommand {
    .step(KeepCacheTags(names.counter, tags.map { names.tag($0) }, lifeMs: lifeMs))
  }

  /// Takes in what that has read. The counter's number counts that was read first: a greater one would not be
  /// touched by what was invalidated in between.
  mutating func learnKept(_ tags: [String], _ reply: StoreReply) throws(RPCError) {
    let kept = try reply.get(KeepCacheTags.self)
    guard kept.states.count == tags.count else { throw .unexpectedReply }
    number = number ?? kept.number
    for (tag, state) in zip(tags, kept.states) {
      states.updateValue(state, forKey: ByteString(tag))
    }
  }
}
