import CloakroomCore
import NIOCore
import NIOPosix
import Support
import Testing

@testable import CloakroomStore

@Suite("The patterns that are listened to", .timeLimit(.minutes(1)))
struct PatternIndexTests {
  static let mailbox = BusMailbox(
    loop: MultiThreadedEventLoopGroup.singleton.next(), limits: BusLimits())

  /// A word of few letters, so that much begins alike.
  static func word(_ most: Int) -> String {
    (0..<Int.random(in: 0...most)).map { _ in
      ["a", "b", "ab", "*", "\\", "é"].randomElement() ?? ""
    }
    .joined()
  }

  /// A glob out of words, wildcards between them.
  static func glob() -> ByteBuffer {
    let parts = (0..<Int.random(in: 1...4)).map { _ in
      word(3).map { "*\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }
    return ByteBuffer(string: parts.joined(separator: "*"))
  }

  /// The tokens of those that a name is for.
  static func tokens(_ audience: BusAudience) -> Set<UInt64> {
    var found: Set<UInt64> = []
    audience.forEach { _, tokens in found.formUnion(tokens) }
    return found
  }

  @Test("are found as if each was held against the name, whatever comes and goes")
  func same() throws {
    var index = PatternIndex()
    var wanted: [UInt64: ByteBuffer] = [:]
    for round in 0..<4000 {
      if wanted.count > 120 || Int.random(in: 0..<3) == 0,
        let (token, glob) = wanted.randomElement()
      {
        wanted[token] = nil
        let isLast = !wanted.values.contains(glob)
        #expect((index.remove(token, of: Self.mailbox, from: glob) != nil) == isLast)
      } else {
        let glob = Self.glob()
        wanted[UInt64(round)] = glob
        index.add(BusMember(mailbox: Self.mailbox, token: UInt64(round)), to: glob)
      }
      let name = ByteBuffer(string: Self.word(8))
      let plain = wanted.filter { Glob(redis: $0.value).matches(name) }.keys
      let found = Self.tokens(index.candidates(for: name).matching(name))
      #expect(found == Set(plain), "\(String(buffer: name))")
      let prefix = Array(name.readableBytesView)
      let begins = wanted.values.contains { Glob(redis: $0).prefix.starts(with: prefix) }
      #expect(index.hasPatterns(beginningWith: prefix) == begins)
      #expect(index.count == Set(wanted.values).count)
      #expect(index.nodeCount <= 2 * index.count + 1)
    }
    for (token, glob) in wanted { _ = index.remove(token, of: Self.mailbox, from: glob) }
    #expect(index.count == 0 && index.nodeCount == 1)
  }

  @Test("are not touched by a name that begins otherwise", arguments: [10, 100, 1000, 10_000])
  func touched(count: Int) {
    var index = PatternIndex()
    for number in 0..<count {
      let glob = ByteBuffer(string: "service:events:tenant\(number):*.paid*")
      index.add(BusMember(mailbox: Self.mailbox, token: UInt64(number)), to: glob)
    }
    let name = ByteBuffer(string: "service:events:tenant7:order.paid")
    #expect(index.candidates(for: name).count == 1)
    #expect(Self.tokens(index.candidates(for: name).matching(name)) == [7])
    #expect(index.candidates(for: ByteBuffer(string: "service:kv:tenant7:x")).count == 0)
  }
}
