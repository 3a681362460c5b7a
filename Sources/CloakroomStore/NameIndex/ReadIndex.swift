package import CloakroomCore
package import CloakroomRedis
internal import NIOCore

/// Reads a page of an index: the highest scores first, and of equal scores the last by the names' bytes.
///
/// A page goes on behind the last entry of the page before, by its score and its name, whether or not that
/// is still in the index: nothing that stays where it is is left out or given twice.
package struct ReadIndex: StoreStep {
  package let index: StoreKey
  /// What the page before has ended with; nil begins.
  package let before: IndexedName?
  /// How many entries at most; one at least.
  package let count: Int

  package init(_ index: StoreKey, before: IndexedName? = nil, count: Int) {
    self.index = index
    self.before = before
    self.count = count
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> [IndexedName] {
    store.indexes.page(of: index, before: before, count: count)
  }

  package var keys: [StoreKey] { [index] }

  package var arguments: [RedisArgument] {
    guard let before else { return [.number(count)] }
    return [.number(count), .number(before.score), .text(before.name.text)]
  }

  /// ARGV: how many, and of the entry before: score, name. → {name, score…}
  ///
  /// Where that entry stood among those of its score is searched for by halves, with bytes compared as
  /// bytes: Lua's own order of texts is the server's locale's.
  package static let redis = RedisForm.script(
    .read,
    """
    local function below(a, b)
      for place = 1, math.min(#a, #b) do
        local x, y = a:byte(place), b:byte(place)
        if x ~= y then return x < y end
      end
      return #a < #b
    end
    local key, count, score, name = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3]
    local start = 0
    if score then
      start = redis.call('ZCOUNT', key, '(' .. score, '+inf')
      local stop = start + redis.call('ZCOUNT', key, score, score)
      while start < stop do
        local middle = math.floor((start + stop) / 2)
        local there = redis.call('ZRANGE', key, middle, middle, 'REV')[1]
        if below(there, name) then stop = middle else start = middle + 1 end
      end
    end
    return redis.call('ZRANGE', key, start, start + count - 1, 'REV', 'WITHSCORES')
    """)

  package static func read(_ reply: borrowing RESPReply) -> [IndexedName]? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), count % 2 == 0 else { return nil }
    var names: [IndexedName] = []
    names.reserveCapacity(count / 2)
    for _ in 0..<count / 2 {
      guard let name = reader.slice(), let score = reader.text().flatMap(Double.init) else {
        return nil
      }
      // Nothing of the sidecar's stands behind it.
      guard score >= -Self.mostScore else { break }
      let whole = score.rounded(.down)
      names.append(
        IndexedName(
          whole == score ? Self.text(of: name) : "\u{10FFFF}",
          score: Int64(min(whole, Self.mostScore))))
    }
    return names
  }

  /// The greatest score that an entry may have.
  private static let mostScore = Double(1 << 53)

  /// A name as text. What is none is another's: it is told as a text that stands before it, and behind everything of
  /// the sidecar's that does, so that a page goes on behind it and passes nothing over. So does the last of all texts
  /// in the place of a name whose score is no whole number, which is rounded down.
  private static func text(of name: ByteBuffer) -> String {
    if let text = String(validating: name.readableBytesView, as: UTF8.self) { return text }
    var beginning = String.UnicodeScalarView()
    var bytes = name.readableBytesView.makeIterator()
    var decoder = UTF8()
    while case .scalarValue(let scalar) = decoder.decode(&bytes) { beginning.append(scalar) }
    return String(beginning) + "\u{7F}"
  }

  package static func byteCount(of reply: [IndexedName]) -> Int {
    reply.reduce(0) { $0 + 48 + $1.name.text.utf8.count }
  }
}
