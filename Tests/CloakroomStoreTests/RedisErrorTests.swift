import CloakroomCore
import CloakroomRedis
import NIOCore
import Testing

@testable import CloakroomStore

@Suite("An error of Redis", .timeLimit(.minutes(1)))
struct RedisErrorTests {
  static let decoders: [(RedisReplyDecoder, step: Int)] =
    [
      .stored, .storedConditionally, .boolean, .value, .entry, .values, .counted, .number, .done,
    ].map { ($0, 0) } + StoreSteps.all.indices.map { (.step, $0) }

  /// What a reply means to the caller of a command.
  static func error(_ line: String, _ decoder: (RedisReplyDecoder, step: Int)) throws -> RPCError {
    let reader = try #require(RESPReader())
    var error: RPCError?
    reader.take(ByteBuffer(string: "-\(line)\r\n"))
    while try reader.next() {
      if case .failure(let failure) = decoder.0.read(reader.reply, step: decoder.step) {
        error = failure
      }
    }
    return try #require(error)
  }

  @Test(
    "is a refusal that its code is named in, whatever the command was",
    arguments: [
      ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
      ("NOREPLICAS Not enough good replicas to write.", "NOREPLICAS"),
      ("NOPERM this user has no permissions to run the 'get' command", "NOPERM"),
      ("MISCONF Redis is configured to save RDB snapshots", "MISCONF"),
      ("WRONGTYPE Operation against a key holding the wrong kind of value", "WRONGTYPE"),
      ("NOAUTH Authentication required.", "NOAUTH"), ("NOSCRIPT No matching script.", "NOSCRIPT"),
      ("MOVED 3999 127.0.0.1:6381", "MOVED"), ("ASK 3999 127.0.0.1:6381", "ASK"),
      ("ERR value is not an integer or out of range", "ERR"), ("ERR", "ERR"), ("", "ERR"),
      // No code at all, or nothing that can be one.
      ("value s3cret is wrong", "ERR"), ("s3cret", "ERR"), ("Loading", "ERR"), (" OOM", "ERR"),
      ("OOM: s3cret", "ERR"), ("S3CRÊT", "ERR"), ("LOADING\ts3cret", "ERR"),
    ])
  func refusal(line: String, code: String) throws {
    for decoder in Self.decoders {
      let error = try Self.error(line, decoder)
      #expect(error.reason == .storeRefused)
      #expect(error.message == "Redis refused the command (\(code))")
      #expect(error.details.first == .text("code", code))
      #expect(error.details.dropFirst().allSatisfy { $0 == .text("message", line) })
      #expect(!error.reason.isRetryable)
    }
  }

  @Test("that keys lie on different shards says that they can't change together")
  func crossSlot() throws {
    for decoder in Self.decoders {
      let error = try Self.error("CROSSSLOT Keys in request don't hash to the same slot", decoder)
      #expect(error == RPCError(Reason.crossSlot))
    }
  }

  @Test("that a group is missing says that there is nothing of that name")
  func noGroup() throws {
    for decoder in Self.decoders {
      let error = try Self.error("NOGROUP No such key 's3cret' or consumer group 'g'", decoder)
      #expect(error == RPCError(.notFound, "there is no such stream or group"))
    }
  }

  @Test(
    "that passes by itself says that nothing was done, and when to try again",
    arguments: [
      "LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script",
      "TRYAGAIN Multiple keys request during rehashing of slot",
      "CLUSTERDOWN The cluster is down", "MASTERDOWN Link with MASTER is down",
    ])
  func passing(line: String) throws {
    let code = String(line.prefix { $0 != " " })
    for decoder in Self.decoders {
      let error = try Self.error(line, decoder)
      #expect(error.reason == .unavailable)
      #expect(error.message == "Redis is not ready (\(code)); nothing was done")
      #expect(error.details.first == .text("code", code))
      #expect(error.retryAfterMs == 100)
    }
  }

  @Test("that it takes no writes says that nothing was done, and to try again")
  func readOnly() throws {
    for decoder in Self.decoders {
      let error = try Self.error("READONLY You can't write against a read only replica.", decoder)
      #expect(error.reason == .unavailable)
      #expect(error.details.first == .text("code", "READONLY"))
      #expect(error.retryAfterMs == 500)
      #expect(error.message == RPCError(RedisFailure.readOnly).message)
    }
  }

  @Test("of a record that is another call's is the caller's own fault")
  func mismatch() throws {
    for decoder in Self.decoders {
      let error = try Self.error("IDEMPOTENCYMISMATCH the record is of another call", decoder)
      #expect(error == RPCError(.idempotencyMismatch))
    }
  }

  @Test(
    "passes Redis' own sentence on, up to where it may quote",
    arguments: [
      (
        "OOM command not allowed when used memory > 'maxmemory'. script: e0e1f9fa, on @user_script:1.",
        "OOM command not allowed when used memory > 'maxmemory'."
      ),
      (
        "NOPERM User app has no permissions to run the 'set' command",
        "NOPERM User app has no permissions to run the 'set' command"
      ),
      (
        "ERR unknown command 'GETDEL', with args beginning with: 's3cret' ",
        "ERR unknown command 'GETDEL'"
      ),
      ("ERR s3cret is wrong", nil), ("OOM s3cret", nil), ("NOGROUP No such key 's3cret'", nil),
    ] as [(String, String?)])
  func sentence(line: String, sentence: String?) throws {
    let error = try Self.error(line, (.value, step: 0))
    let message = error.details.first { $0.name == "message" }
    #expect(message == sentence.map { .text("message", $0) })
  }

  @Test("never passes on what it quotes, nor how long it is")
  func quoted() throws {
    let secret = "s3cret-value"
    let lines = [
      "ERR unknown command 'X', with args beginning with: '\(secret)'", "ERR \(secret)",
      "OOM \(secret)", "LOADING \(secret)", secret, secret.uppercased() + "!",
      "ERR " + String(repeating: secret, count: 100_000),
      String(repeating: "A", count: 1_000_000), String(repeating: "A", count: 33) + " " + secret,
    ]
    for line in lines {
      let error = try Self.error(line, (.value, step: 0))
      #expect(!"\(error)".lowercased().contains(secret))
      #expect("\(error)".utf8.count < 400)
    }
  }

  @Test("that is no reply at all says whether anything was done")
  func failures() {
    let unavailable = RPCError(RedisFailure.unavailable("Redis is asleep"))
    #expect(unavailable == RPCError(.unavailable, "Redis is asleep", retryAfterMs: 500))
    let unknown = RPCError(RedisFailure.outcomeUnknown)
    #expect(unknown == RPCError(Reason.outcomeUnknown))
    #expect(!unknown.reason.isRetryable)
    let full = RPCError(RedisFailure.full)
    #expect(full.reason == .overloaded)
    #expect(full.retryAfterMs == 100)
  }
}
