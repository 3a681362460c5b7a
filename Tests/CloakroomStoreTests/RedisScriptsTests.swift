import CloakroomRedis
import Support
import Testing

@testable import CloakroomStore

@Suite("The scripts of the store", .timeLimit(.minutes(1)))
struct RedisScriptsTests {
  @Test("have the digests that Redis itself gives them")
  func digests() throws {
    let server = try RedisServer()
    #expect(!RedisScripts.all.isEmpty)
    #expect(Set(RedisScripts.all).count == RedisScripts.all.count)
    for script in RedisScripts.all {
      #expect(script.digest.utf8.count == 40)
      #expect(try server.command(["SCRIPT", "LOAD", script.source]) == script.digest)
    }
  }

  /// Calls a script's variant that keeps its answer, as `redis-cli` shows each type apart.
  private static func idempotent(
    _ server: RedisServer, _ source: String, step: Int, note: String = ""
  ) throws -> String {
    let script = RedisScript(source: source, digest: "")
    return try server.command([
      "--no-raw", "EVAL", RedisScripts.idempotent(script).source, "2", "key", "record", "argument",
      "fingerprint", "\(step)", "100000", note,
    ])
  }

  @Test("answer from a record with what they answered first, type by type")
  func fidelity() throws {
    let server = try RedisServer()
    let replies: [(source: String, shown: String)] = [
      ("return 'text'", "\"text\""), ("return ''", "\"\""), ("return '1'", "\"1\""),
      ("return '\\0\\255\\r\\n'", #""\x00\xff\r\n""#), ("return 1", "(integer) 1"),
      ("return 0", "(integer) 0"), ("return -1", "(integer) -1"),
      ("return 9007199254740991", "(integer) 9007199254740991"),
      ("return -2147483649", "(integer) -2147483649"), ("return 1.9", "(integer) 1"),
      ("return nil", "(nil)"), ("return", "(nil)"), ("return false", "(nil)"),
      ("return true", "(integer) 1"), ("return redis.status_reply('OK')", "OK"),
      ("return redis.call('SET', KEYS[1], ARGV[1])", "OK"),
      ("return redis.call('GET', 'none')", "(nil)"), ("return {}", "(empty array)"),
      ("return {'1', 1, false, {}}", "1) \"1\"\n2) (integer) 1\n3) (nil)\n4) (empty array)"),
      ("return {{'a', {'b'}}, 2}", "1) 1) \"a\"\n   2) 1) \"b\"\n2) (integer) 2"),
      ("return #KEYS .. ' ' .. #ARGV .. ' ' .. KEYS[1] .. ' ' .. ARGV[1]", "\"1 1 key argument\""),
    ]
    for (step, reply) in replies.enumerated() {
      for _ in 0..<2 {
        #expect(
          try Self.idempotent(server, reply.source, step: step) == reply.shown, "\(reply.source)")
      }
    }
    // None of them has run a second time.
    for step in replies.indices {
      #expect(try Self.idempotent(server, "return 'again'", step: step) == replies[step].shown)
    }
  }

  @Test("answer from a record with the note that was kept first")
  func notes() throws {
    let server = try RedisServer()
    let replies: [(source: String, shown: String)] = [
      ("return 1", "1) \"note\"\n2) (integer) 1"),
      ("return {1, {}, 'a'}", "1) \"note\"\n2) 1) (integer) 1\n   2) (empty array)\n   3) \"a\""),
      ("return #ARGV", "1) \"note\"\n2) (integer) 1"),
      ("return redis.status_reply('OK')", "1) \"note\"\n2) OK"),
      ("return redis.call('GET', 'none')", "1) \"note\"\n2) (nil)"),
    ]
    for (step, reply) in replies.enumerated() {
      for note in ["note", "another", ""] {
        let shown = try Self.idempotent(server, reply.source, step: step, note: note)
        #expect(shown == reply.shown, "\(reply.source)")
      }
      let recalled = try server.command([
        "--no-raw", "EVAL", RedisScripts.recall.source, "1", "record", "fingerprint", "\(step)",
      ])
      #expect(recalled == reply.shown, "\(reply.source)")
    }
    // What is not kept has no note: it is as it would be without a record.
    let unfinished = try Self.idempotent(server, "return 'waits', true", step: 9, note: "note")
    #expect(unfinished == "\"waits\"")
  }

  @Test("keep no error, and nothing that is to be done again")
  func unkept() throws {
    let server = try RedisServer()
    for (step, source) in [
      "return redis.error_reply('ERR own')", "return redis.call('INCRBY', KEYS[1], 'x')",
      "return redis.pcall('INCRBY', KEYS[1], 'x')", "return {2, 'waits'}, true",
      "error('raised')",
    ].enumerated() {
      _ = try? Self.idempotent(server, source, step: step)
      #expect(try server.command(["EXISTS", "record"]) == "0", "\(source)")
      #expect(try Self.idempotent(server, "return 'again', nil", step: step) == "\"again\"")
      _ = try server.command(["DEL", "record"])
    }
  }

  @Test("have one key each, but for a few that move or count something, and never take a value apart")
  func restraint() throws {
    let moving = [
      ReclaimMessages.redis, TakeDueNames.redis, SettleDueNames.redis, CountFacts.redis,
    ].compactMap(\.script?.source)
    for script in RedisScripts.all {
      #expect(!script.source.contains("cjson"))
      #expect(
        !script.source.contains("KEYS[2]")
          || moving.contains { script.source.contains($0) }, "\(script)")
    }
  }
}
