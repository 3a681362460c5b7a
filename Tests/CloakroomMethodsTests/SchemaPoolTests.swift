import CloakroomCore
import CloakroomSchema
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("Compiled schemas of channels", .timeLimit(.minutes(1)))
struct SchemaPoolTests {
  private static func compiled(_ text: String = "true") throws -> SharedSchema {
    SharedSchema(try JSONSchema(Array(text.utf8).span.bytes))
  }

  private static func definition(_ text: String) -> ByteBuffer {
    let text = ByteBuffer(string: text)
    return ChannelSchema.definition(text, digest: ETag.of(text))
  }

  private static func channel(_ number: Int) -> StoreKey {
    StoreKey(bytes: ByteBuffer(string: "channel \(number)"))
  }

  @Test("are one for all loops as long as one of them has it")
  func shared() throws {
    let pool = SchemaPool()
    var first: SharedSchema? = try Self.compiled()
    let known = try pool.share(#require(first), "d")
    #expect(known === first)
    #expect(pool.schema("d") === first)
    #expect(pool.schema("e") == nil)
    weak let gone = first
    _ = consume known
    first = nil
    #expect(gone == nil && pool.schema("d") == nil)
  }

  @Test("are one for loops that compile the same text at the same time")
  func atOnce() async throws {
    let pool = SchemaPool()
    let schemas = try await withThrowingTaskGroup(of: [SharedSchema].self) { group in
      for _ in 0..<8 {
        group.addTask {
          try (0..<50).map { number in
            if let known = pool.schema("\(number)") { return known }
            return pool.share(try Self.compiled(), "\(number)")
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for one in schemas {
      for (number, schema) in one.enumerated() { #expect(schema === schemas[0][number]) }
    }
  }

  @Test("that nobody has any more are forgotten: the pool grows with those that are in use")
  func forgotten() throws {
    let pool = SchemaPool()
    var kept: [SharedSchema] = []
    for number in 0..<10_000 {
      let schema = pool.share(try Self.compiled(), "\(number)")
      if number % 500 == 0 { kept.append(schema) }
    }
    #expect(pool.count <= 64)
    for (place, schema) in kept.enumerated() {
      #expect(pool.schema("\(place * 500)") === schema)
    }
  }

  @Test("are at hand up to a number, and let go one by one past it")
  func number() throws {
    let cache = SchemaCache()
    let definition = Self.definition("true")
    for number in 0..<SchemaCache.countLimit + 50 {
      _ = try cache.compile(definition, for: Self.channel(number))
      #expect(cache.schema(of: Self.channel(number)) != nil)
    }
    #expect(cache.standing.count == SchemaCache.countLimit)
  }

  @Test("are at hand up to a number of bytes, what they take compiled")
  func bytes() throws {
    let cache = SchemaCache()
    for number in 0..<64 {
      let text = #"{"title":"\#(number)","pattern":"(?:[ab]c){9000}"}"#
      _ = try cache.compile(Self.definition(text), for: Self.channel(number))
    }
    let size = try #require(cache.schema(of: Self.channel(63))).size
    #expect(size > 256 << 10)
    #expect(cache.standing.size <= SchemaCache.sizeLimit)
    #expect(cache.standing.count == min(64, SchemaCache.sizeLimit / size))
    for number in 0..<64 { cache.forget(Self.channel(number)) }
    #expect(cache.standing == (0, 0))
  }

  @Test("of a channel take the place of the one before, and of its bytes")
  func replaced() throws {
    let cache = SchemaCache()
    _ = try cache.compile(Self.definition(#"{"enum":["a","b","c"]}"#), for: Self.channel(1))
    let before = cache.standing.size
    for _ in 0..<3 {
      _ = try cache.compile(Self.definition("true"), for: Self.channel(1))
      _ = try cache.compile(Self.definition(#"{"enum":["a","b","c"]}"#), for: Self.channel(1))
    }
    #expect(cache.standing == (1, before))
  }
}
