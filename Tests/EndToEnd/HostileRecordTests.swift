import Support
import Testing

@Suite("What others have made of what is kept in Redis", .timeLimit(.minutes(5)))
struct HostileRecordTests {
  /// Something that is kept, and what is done with it.
  struct Kept: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The name of the key that is changed, as Redis' KEYS takes it.
    let key: String
    /// The calls that keep it. `$name` stands for a member of an answer before.
    let made: [(method: String, params: String)]
    /// The calls that meet it.
    let used: [(method: String, params: String)]

    init(
      _ what: String, _ key: String, made: [(String, String)], used: [(String, String)]
    ) {
      testDescription = what
      self.key = key
      self.made = made.map { (method: $0.0, params: $0.1) }
      self.used = used.map { (method: $0.0, params: $0.1) }
    }
  }

  private static let operation = #"{"token":"$token","operationType":"t"}"#
  private static let session = #"{"sessionId":"$sessionId"}"#

  /// The parameters of a call on something, and more of them.
  private static func with(_ params: String, _ more: String) -> String {
    params.dropLast() + "," + more + "}"
  }

  private static let createOperation = (
    "pending.create", #"{"operationType":"t","data":{"x":1},"backend":"store"}"#
  )
  private static let checkout = ("pending.checkout", with(operation, #""leaseTtl":"1h""#))
  private static let useOperation = [
    ("pending.verify", operation), ("pending.exists", operation), ("pending.dead", "{}"),
    ("pending.dead", #"{"withData":true}"#),
    ("pending.update", with(operation, #""patch":{"y":2}"#)),
    ("pending.update", with(operation, #""data":2,"ttl":"reset","onlyIf":{"type":"object"}"#)),
    ("pending.checkout", operation),
    ("pending.release", with(operation, #""receipt":"$receipt","error":1"#)),
    ("pending.commit", with(operation, #""receipt":"$receipt""#)),
    ("pending.consume", operation), ("pending.delete", operation),
  ]
  private static let defineFlow = (
    "flow.define",
    #"{"name":"f","steps":[{"id":"a","schema":{"required":["x"]}},{"id":"b"}]}"#
  )
  private static let createSession = (
    "session.create", #"{"flow":"f","principal":"ann","data":{"x":1}}"#
  )
  private static let completeStep = ("session.completeStep", with(session, #""step":"a""#))
  private static let useSession = [
    ("session.list", #"{"principal":"ann"}"#), ("session.list", #"{"principal":"ann","count":1}"#),
    ("session.dead", "{}"), ("session.get", session),
    ("session.update", with(session, #""patch":{"y":1}"#)), ("session.touch", session),
    completeStep, ("session.goTo", with(session, #""step":"b""#)), ("session.checkout", session),
    ("session.release", with(session, #""receipt":"$receipt""#)),
    ("session.commit", with(session, #""receipt":"$receipt""#)), ("session.rotate", session),
    ("session.create", #"{"flow":"f","principal":"ann"}"#), ("flow.get", #"{"name":"f"}"#),
    ("flow.list", "{}"), ("flow.stats", #"{"name":"f"}"#),
    ("session.deleteAll", #"{"principal":"ann"}"#), ("flow.remove", #"{"name":"f"}"#),
  ]
  private static let sessionMade = [defineFlow, createSession, completeStep]
  private static let tagged = [
    ("cache.get", #"{"key":"v","tags":["t"],"leaseTtl":"1h"}"#),
    ("cache.set", #"{"key":"v","value":1,"tags":["t"],"grace":"1m","lease":"$lease"}"#),
    ("cache.get", #"{"key":"w","leaseTtl":"1h"}"#),
  ]
  private static let useCache = [
    ("cache.get", #"{"key":"v","tags":["t"]}"#), ("cache.get", #"{"key":"w","waitMs":5}"#),
    ("cache.set", #"{"key":"w","value":2,"lease":"$lease","tags":["t"]}"#),
    ("cache.release", #"{"key":"w","lease":"$lease"}"#),
    ("cache.invalidate", #"{"tags":["t"],"soft":true}"#),
    ("cache.set", #"{"key":"v","value":2,"tags":["t","u"]}"#),
    ("cache.get", #"{"key":"v","lease":false}"#),
    ("cache.invalidate", #"{"tags":["t","u"],"keys":["v","w"]}"#),
  ]
  private static let begin = ("idempotency.begin", #"{"key":"i","lockTtl":"1h"}"#)
  private static let limit = #"{"key":"r","limit":7,"window":"1h"}"#

  private static let all = [
    Kept(
      "a value", "*:kv:k", made: [("kv.set", #"{"key":"k","value":{"a":1}}"#)],
      used: [
        ("kv.get", #"{"key":"k","withMeta":true}"#), ("kv.exists", #"{"key":"k"}"#),
        ("batch.get", #"{"keys":["k","l"]}"#), ("kv.touch", #"{"key":"k"}"#),
        ("kv.set", #"{"key":"k","value":1,"onlyIf":"present","ttl":"keep"}"#),
        ("kv.set", #"{"key":"k","value":1,"ifMatch":"e"}"#), ("kv.take", #"{"key":"k"}"#),
        ("batch.remove", #"{"keys":["k"]}"#),
      ]),
    Kept(
      "a counter", "*:counter:n", made: [("counter.increment", #"{"key":"n","by":5}"#)],
      used: [
        ("counter.get", #"{"key":"n"}"#), ("counter.increment", #"{"key":"n"}"#),
        ("counter.decrement", #"{"key":"n","min":0,"ttl":"keep"}"#),
        ("counter.increment", #"{"key":"n","idempotencyKey":"i"}"#),
        ("counter.reset", #"{"key":"n"}"#),
      ]),
    Kept(
      "a claim", "*:claim:c", made: [("claim.once", #"{"key":"c","owner":"a","ttl":"1h"}"#)],
      used: [
        ("claim.inspect", #"{"key":"c"}"#), ("claim.once", #"{"key":"c","owner":"b"}"#),
        ("claim.once", #"{"key":"c","owner":"b","waitMs":5}"#),
        ("claim.once", #"{"key":"c","owner":"a"}"#), ("claim.renew", #"{"key":"c","owner":"a"}"#),
        ("claim.release", #"{"key":"c","owner":"a"}"#),
        ("claim.once", #"{"key":"c","owner":"b","idempotencyKey":"i"}"#),
      ]),
    Kept(
      "a channel's schema", "*:events:h",
      made: [("events.define", #"{"channel":"h","schema":{"type":"object"}}"#)],
      used: [
        ("events.publish", #"{"channel":"h","data":{}}"#),
        ("events.define", #"{"channel":"h","schema":true}"#),
        ("events.publish", #"{"channel":"h","data":{}}"#),
      ]),
    Kept(
      "a stream", "*:streams:s",
      made: [
        ("streams.append", #"{"stream":"s","message":1}"#),
        ("streams.ensure", #"{"stream":"s","group":"g"}"#),
        ("streams.read", #"{"stream":"s","group":"g","consumer":"c"}"#),
      ],
      used: [
        ("streams.length", #"{"stream":"s"}"#), ("streams.append", #"{"stream":"s","message":1}"#),
        ("streams.read", #"{"stream":"s","group":"g","consumer":"c"}"#),
        ("streams.pending", #"{"stream":"s","group":"g"}"#),
        ("streams.reclaim", #"{"stream":"s","group":"g","consumer":"d","minIdleMs":0}"#),
        ("streams.ack", #"{"stream":"s","group":"g","ids":["1-1"]}"#),
      ]),
    Kept("an operation", "*:pending:*", made: [createOperation], used: useOperation),
    Kept(
      "an operation that is checked out", "*:pending:*", made: [createOperation, checkout],
      used: useOperation),
    Kept("a session", "*:session:????????????????*", made: sessionMade, used: useSession),
    Kept("a flow", "*:session:flow:f", made: sessionMade, used: useSession),
    Kept("the index of flows", "*:session:flows", made: sessionMade, used: useSession),
    Kept(
      "the index of a principal's sessions", "*:session:of:*", made: sessionMade,
      used: useSession),
    Kept(
      "an hour's numbers of a flow", "*:session:stats:{f}:[0-9]*", made: sessionMade,
      used: useSession),
    Kept(
      "how many sessions a flow has", "*:session:stats:{f}:live", made: sessionMade,
      used: useSession),
    Kept(
      "what was counted of a session", "*:session:stats:{f}:seen:*", made: sessionMade,
      used: useSession),
    Kept("a cached value", "*:cache:v", made: tagged, used: useCache),
    Kept("a lease", "*:cache:w", made: tagged, used: useCache),
    Kept("a tag", "*$tags*:cache:t", made: tagged, used: useCache),
    Kept("the counter of invalidations", "*$tags*:cache:", made: tagged, used: useCache),
    Kept(
      "a guard", "*:idempotency:key:i", made: [begin],
      used: [
        begin, ("idempotency.begin", #"{"key":"i","waitMs":5}"#),
        ("idempotency.renew", #"{"key":"i","receipt":"$receipt"}"#),
        ("idempotency.complete", #"{"key":"i","receipt":"$receipt","result":1}"#), begin,
        ("idempotency.fail", #"{"key":"i","receipt":"$receipt"}"#),
      ]),
    Kept(
      "a kept answer", "*:idempotency:call:i",
      made: [("counter.increment", #"{"key":"n","idempotencyKey":"i"}"#)],
      used: [("counter.increment", #"{"key":"n","idempotencyKey":"i"}"#)]),
    Kept(
      "a kept answer that is sealed", "*:idempotency:call:i",
      made: [("jwt.sign", #"{"idempotencyKey":"i"}"#)],
      used: [("jwt.sign", #"{"idempotencyKey":"i"}"#)]),
    Kept(
      "a rate limit", "*:ratelimit:key:r", made: [("ratelimit.check", limit)],
      used: [
        ("ratelimit.peek", limit), ("ratelimit.check", limit),
        ("ratelimit.check", with(limit, #""burst":3"#)),
        ("ratelimit.check", #"{"key":"r","limit":2,"window":"1m"}"#),
        ("ratelimit.check", #"{"all":[\#(limit),{"key":"q","limit":2,"window":"1m"}]}"#),
        ("ratelimit.reset", #"{"key":"r"}"#),
      ]),
    Kept(
      "a revocation", "*:jwt:*",
      made: [("jwt.sign", "{}"), ("jwt.revoke", #"{"token":"$token"}"#)],
      used: [("jwt.verify", #"{"token":"$token"}"#), ("jwt.revoke", #"{"token":"$token"}"#)]),
  ]

  /// Changes a key. ARGV: how, at which place, what it gets there. → 1, or 0 where there is no such place.
  private static let change = """
    local key, how, place, value = redis.call('KEYS', ARGV[1])[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
    if not key then return 'no key' end
    local kind = redis.call('TYPE', key).ok
    if how == 'type' then
      redis.call('DEL', key)
      local commands = {
        {'RPUSH', key, 'x'}, {'HSET', key, 'a', 'b'}, {'SADD', key, 'x'}, {'ZADD', key, '1', '\\255'},
        {'XADD', key, '1-1', 'a', '\\255'}, {'SET', key, ''}, {'SET', key, 'x'},
        {'SET', key, '\\255\\0\\n\\n'}, {'SET', key, '{"v":1}'}, {'SET', key, '{}\\n{}'},
        {'SET', key, string.rep('[', 3000)}, {'SET', key, string.rep('9', 200000)},
        {'SET', key, '{"v":"zzzzzzzzzzz","kind":"x"}\\n1'}, {'SET', key, '{"v":"AAAAAAAAAAAA"}\\n1'},
      }
      if not commands[place] then return 0 end
      redis.call(unpack(commands[place]))
      return 1
    end
    if kind == 'string' then
      local text, count = redis.call('GET', key), 0
      local changed = text:gsub('%d+', function(digits)
        count = count + 1
        if count == place then return value end
      end)
      if count < place then return 0 end
      redis.call('SET', key, changed, 'KEEPTTL')
      return 1
    end
    if kind == 'hash' then
      local field = redis.call('HKEYS', key)[place]
      if not field then return 0 end
      redis.call('HSET', key, field, value, '\\255' .. value, value)
      return 1
    end
    if kind == 'zset' then
      local name = redis.call('ZRANGE', key, place - 1, place - 1)[1]
      if not name then return 0 end
      local score = tonumber(value) and value ~= 'nan' and value or '1.5'
      local added = redis.pcall('ZADD', key, score, name, score, '\\255', score, string.rep('x', 3000))
      return type(added) == 'number' and 1 or 0
    end
    return 0
    """

  /// What is put in the place of a number.
  private static let values = [
    "9223372036854775807", "99999999999999999999999", "-1", "1e400", "nan", "",
  ]

  @Test(
    "is answered for what it is: no call fails for a reason of the sidecar's own", arguments: all)
  func records(_ kept: Kept) throws {
    let redis = try RedisServer()
    let keys = try TokenKeys(copiesOf: ["A256GCM", "HS256"])
    let daemon = try RedisSidecar.start(
      redis.socketPath,
      [
        "--keys", keys.path, "--set", "session.rateLimit=1000000", "--set",
        "store.commandTimeout=5s",
      ])
    let client = try daemon.readyClient()
    let changes =
      (1...14).map { ("type", $0, "") }
      + (1...7).flatMap { place in Self.values.map { ("number", place, $0) } }
    for (how, place, value) in changes {
      _ = try redis.command(["FLUSHALL"])
      var known: [String: String] = [:]
      for (method, params) in kept.made {
        let answer = try call(client, method, params, &known)
        #expect(answer.reason == nil, "\(method): \(answer)")
      }
      let changed = try redis.command(
        ["EVAL", Self.change, "0", kept.key, how, "\(place)", value])
      #expect(["0", "1"].contains(changed), "\(changed)")
      guard changed == "1" else { continue }
      for (method, params) in kept.used {
        let answer = try call(client, method, params, &known)
        #expect(Self.isFair(answer, of: method), "\(how) \(place) \(value): \(method) \(answer)")
      }
    }
    #expect(try redis.command(["PING"]).contains("PONG"))
  }

  @Test("in an index hides nothing, and no page ends a list before its end")
  func indexes() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    var refs: Set<String> = []
    for name in ["f", "g"] {
      let definition = #"{"name":"\#(name)","steps":[{"id":"a"}]}"#
      #expect(try client.call("flow.define", definition)["version"] as? Int == 1)
      let session = try client.call("session.create", #"{"principal":"ann"}"#)
      refs.insert(try #require(session["ref"] as? String, "\(session)"))
    }
    let add = """
      for _, key in ipairs(redis.call('KEYS', '*:session:*')) do
        if redis.call('TYPE', key).ok == 'zset' then
          for _, score in ipairs({'inf', '-inf', '1.5', '1e300', '9007199254740993', '99'}) do
            redis.call('ZADD', key, score, 'odd ' .. score, score, '\\255' .. score, score, '\\128')
            redis.call('ZADD', key, score, score .. string.rep('x', 3000))
          end
        end
      end
      """
    _ = try redis.command(["EVAL", add, "0"])
    // A flow's record of somebody else's making is in the list of flows no more, and the other one is.
    _ = try redis.command(["SET", "cloakroom:default:session:flow:g", "somebody else's"])
    func all(_ method: String, _ params: String, _ list: String, _ name: String) throws -> [String]
    {
      var (found, cursor, pages) = ([String](), "null", 0)
      repeat {
        let page = try client.call(method, "{\(params)\"count\":1,\"cursor\":\(cursor)}")
        let entries = try #require(page[list] as? [[String: Any]], "\(page)")
        found += entries.compactMap { $0[name] as? String }
        cursor = (page["cursor"] as? String).map { "\"\($0)\"" } ?? "null"
        pages += 1
      } while cursor != "null" && pages < 100
      #expect(pages < 100, "\(method) has no end")
      return found
    }
    #expect(try all("flow.list", "", "flows", "name") == ["f"])
    let listed = try all("session.list", #""principal":"ann","#, "sessions", "ref")
    #expect(listed.count == 2 && Set(listed) == refs, "\(listed)")
    #expect(try client.call("session.deleteAll", #"{"principal":"ann"}"#)["deleted"] as? Int == 2)
  }

  /// Makes a call, and remembers what its answer has that others need.
  private func call(
    _ client: LineClient, _ method: String, _ params: String, _ known: inout [String: String]
  ) throws -> Answer {
    var params = params
    for (name, text) in known { params = params.replacing("$\(name)", with: text) }
    let answer = try client.call(method, params)
    for name in ["token", "receipt", "sessionId", "lease"] {
      if let text = answer[name] as? String { known[name] = text }
    }
    return answer
  }

  /// Whether an answer is one that the caller can do something with.
  private static func isFair(_ answer: Answer, of method: String) -> Bool {
    switch answer.reason {
    case "INTERNAL", "UNAVAILABLE", "OVERLOADED", "DEADLINE_EXCEEDED", "PARSE_ERROR": false
    // Of several steps some were done.
    case "OUTCOME_UNKNOWN": ["cache.invalidate", "session.deleteAll"].contains(method)
    // Redis' word for any fault of a script says nothing.
    case "STORE_REFUSED":
      answer.detail("code") as? String != "ERR" || answer.detail("message") != nil
    default: true
    }
  }
}
