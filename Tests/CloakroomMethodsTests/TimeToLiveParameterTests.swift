import CloakroomCore
import Testing

@Suite("A ttl parameter", .timeLimit(.minutes(1)))
struct TimeToLiveParameterTests {
  static func expiry(_ ttl: String, _ caller: Caller = Caller()) throws(RPCError) -> String {
    let step = try caller.begin("kv.expire", "{\"key\":\"a\",\"ttl\":\(ttl)}").steps[0]
    return String(step.split(separator: " ")[2])
  }

  @Test(
    "is whole seconds, or a string with a unit, or a word",
    arguments: [
      ("1", "1000ms"), ("315360000", "315360000000ms"), ("\"1ms\"", "1ms"), ("\"90s\"", "90000ms"),
      ("\"30m\"", "1800000ms"), ("\"30min\"", "1800000ms"), ("\"24h\"", "86400000ms"),
      ("\"7d\"", "604800000ms"), ("\"\\u0031h\"", "3600000ms"), ("\"1\\u006d\"", "60000ms"),
      ("\"keep\"", "keep(86400000ms)"), ("\"reset\"", "86400000ms"),
      ("\"k\\u0065ep\"", "keep(86400000ms)"),
    ])
  func valid(ttl: String, expected: String) throws {
    #expect(try Self.expiry(ttl) == expected)
  }

  @Test(
    "is TTL_INVALID when it is anything else, in a method of its own or in an entry",
    arguments: [
      "0", "-1", "-0", "1.5", "1.0", "1e3", "315360001", "9223372036854775807",
      "9223372036854775808", "99999999999999999999999", "\"\"", "\"90\"", "\"0s\"", "\"-1s\"",
      "\"1.5h\"", "\"1 h\"", "\" 1h\"", "\"1H\"", "\"1w\"", "\"3651d\"", "\"Keep\"", "\"keep \"",
      "\"forever\"", "\"null\"", "null", "true", "false", "[]", "[1]", "{}", "\"1h\\ud800\"",
      "\"\\udc00\"",
    ])
  func invalid(ttl: String) {
    for (method, params) in [
      ("kv.expire", "{\"key\":\"a\",\"ttl\":\(ttl)}"),
      ("kv.touch", "{\"key\":\"a\",\"ttl\":\(ttl)}"),
      ("kv.set", "{\"key\":\"a\",\"value\":1,\"ttl\":\(ttl)}"),
      ("counter.increment", "{\"key\":\"a\",\"ttl\":\(ttl)}"),
      ("batch.set", "{\"entries\":[{\"key\":\"a\",\"value\":1,\"ttl\":\(ttl)}]}"),
    ] {
      #expect(Caller().refusal(method, params)?.reason == .ttlInvalid, "\(method)")
    }
  }

  @Test("is for ever when it is null and the configuration allows it")
  func forever() throws {
    let allowed = Caller { $0.keys.allowForever = true }
    #expect(try Self.expiry("null", allowed) == "forever")
    #expect(Caller().refusal("kv.expire", #"{"key":"a","ttl":null}"#)?.reason == .ttlInvalid)
    let entry = #"{"entries":[{"key":"a","value":1,"ttl":null}]}"#
    #expect(
      try allowed.begin("batch.set", entry).steps == ["set igniter:store:api:kv:a 1 forever always"]
    )
  }

  @Test("is the configured default when it is left out")
  func standard() throws {
    var caller = Caller()
    caller.configuration.keys.defaultTTL = try TimeToLive(seconds: 7)
    #expect(
      try caller.begin("kv.set", #"{"key":"a","value":1}"#).steps
        == ["set igniter:store:api:kv:a 1 7000ms always"])
    #expect(
      try caller.begin("batch.set", #"{"entries":[{"key":"a","value":1}]}"#).steps
        == ["set igniter:store:api:kv:a 1 7000ms always"])
    #expect(try Self.expiry("\"reset\"", caller) == "7000ms")
    #expect(try Self.expiry("\"keep\"", caller) == "keep(7000ms)")
  }
}
