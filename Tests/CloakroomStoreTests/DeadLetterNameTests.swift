import CloakroomStore
import NIOCore
import Testing

@Suite("The name of a stream's dead letters", .timeLimit(.minutes(1)))
struct DeadLetterNameTests {
  /// What a cluster hashes of a key (Redis Cluster specification, "Hash tags").
  private static func hashed(_ key: String) -> Substring {
    guard let open = key.firstIndex(of: "{") else { return key[...] }
    let inside = key[key.index(after: open)...]
    guard let close = inside.firstIndex(of: "}"), close != inside.startIndex else {
      return key[...]
    }
    return inside[..<close]
  }

  @Test(
    "lies on the stream's own shard of a cluster",
    arguments: [
      "p:s:streams:a", "p:s:streams:a{b", "p:s:streams:{a}b", "p:s:streams:a{b}{c}", "p:{",
    ])
  func shard(name: String) {
    let dead = String(buffer: StoreKey(bytes: ByteBuffer(string: name)).deadLetters.bytes)
    #expect(Self.hashed(dead) == Self.hashed(name))
    #expect(dead.hasSuffix(":dead-letters"))
  }

  @Test("is told from all others")
  func distinct() {
    let names = ["a", "{a}", "a}", "{a", "a:dead-letters", "{a}:dead-letters", "{}", "{{a}}"]
    let dead = names.map { StoreKey(bytes: ByteBuffer(string: "p:\($0)")).deadLetters }
    #expect(Set(dead).count == names.count)
  }
}
