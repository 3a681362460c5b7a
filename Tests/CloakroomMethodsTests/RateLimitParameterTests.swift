import CloakroomCore
import CloakroomStore
import Testing

@testable import CloakroomMethods

@Suite("The parameters of rate limits", .timeLimit(.minutes(1)))
struct RateLimitParameterTests {
  private static func caller() throws -> Caller {
    let minute = try TimeToLive(seconds: 60)
    let login = try RateLimit(limit: 5, window: minute, burst: 2)
    return Caller { $0.ratelimit.policies = ["login": login] }
  }

  @Test(
    "become one step on all keys",
    arguments: [
      (
        "check", #"{"key":"u","limit":10,"window":"1m"}"#, "only take key:u 10/60000ms 10 6000000+0"
      ),
      ("check", #"["u",7,1,3,2]"#, "only take key:u 7/1000ms 3 285714+2"),
      (
        "check", #"{"key":"u","policy":"login","onUnavailable":"allow"}"#,
        "only take policy:login:u 5/60000ms 2 12000000+0"
      ),
      (
        "check", #"{"key":"u","limit":10,"window":"1m","idempotencyKey":"i"}"#,
        "idempotent igniter:store:api:idempotency:call:i#0 take key:u 10/60000ms 10 6000000+0"
      ),
      (
        "check", #"{"all":[{"key":"u","limit":10,"window":1}]}"#,
        "take key:u 10/1000ms 10 100000+0"
      ),
      ("check", #"{"key":"u","limit":10,"window":"1m","cost":0}"#, "peek key:u 10/60000ms 10 0+0"),
      (
        "check",
        #"{"all":[{"key":"u","limit":10,"window":1},{"key":"u","limit":99,"window":"1m"},{"policy":"login","key":"u"}],"cost":2}"#,
        "take key:u 10/1000ms 10 200000+0, key:u 99/60000ms 99 1212121+21, policy:login:u 5/60000ms 2 24000000+0"
      ),
      (
        "peek", #"{"key":"u","limit":1000000000,"window":"10d"}"#,
        "peek key:u 1000000000/864000000ms 1000000000 864+0"
      ),
      ("reset", #"{"key":"u"}"#, "forget key:u"),
      ("reset", #"{"key":"u","limit":1,"window":"1m"}"#, "forget key:u"),
      (
        "reset", #"{"all":[{"key":"u"},{"key":"u","policy":"login"}]}"#,
        "forget key:u policy:login:u"
      ),
      ("check", #"{"all":[]}"#, "answer of 103 bytes"),
    ])
  func valid(method: String, params: String, step: String) throws {
    let steps = try Self.caller().begin("ratelimit." + method, params).steps
    #expect(steps == [step])
  }

  @Test(
    "are refused when they are anything else",
    arguments: [
      #"{"limit":1,"window":1}"#, #"{"key":"u"}"#, #"{"key":"u","limit":1}"#,
      #"{"key":"u","window":1}"#, #"{"key":"","limit":1,"window":1}"#,
      #"{"key":"u","limit":0,"window":1}"#, #"{"key":"u","limit":1000000001,"window":1}"#,
      #"{"key":"u","limit":1.5,"window":1}"#, #"{"key":"u","limit":"1","window":1}"#,
      #"{"key":"u","limit":1,"window":0}"#, #"{"key":"u","limit":1,"window":"1y"}"#,
      #"{"key":"u","limit":1,"window":null}"#, #"{"key":"u","limit":1,"window":"11000d"}"#,
      #"{"key":"u","limit":1,"window":1,"burst":0}"#, #"{"key":"u","limit":1,"window":1,"cost":2}"#,
      #"{"key":"u","limit":1,"window":1,"cost":-1}"#,
      #"{"key":"u","limit":5,"window":1,"burst":2,"cost":3}"#,
      #"{"key":"u","limit":1,"window":"3650d","burst":2}"#, #"{"key":"u","policy":"none"}"#,
      #"{"key":"u","policy":"login","limit":1}"#, #"{"key":"u","policy":"login","burst":1}"#,
      #"{"key":"u","policy":"login","cost":3}"#, #"{"key":"u","policy":"a:b"}"#,
      #"{"all":{}}"#, #"{"all":[1]}"#, #"{"all":[{"key":"u"}]}"#,
      #"{"all":[{"limit":1,"window":1}]}"#, #"{"all":[{"key":"u","policy":"login","cost":1}]}"#,
      #"{"key":"u","all":[]}"#, #"{"policy":"login","all":[]}"#,
      #"{"all":[{"key":"u","limit":1,"window":1},{"key":"u","limit":2,"window":1}]}"#,
      #"{"key":"u","limit":1,"window":1,"onUnavailable":"maybe"}"#,
    ])
  func invalid(params: String) throws {
    #expect(try Self.caller().refusal("ratelimit.check", params)?.reason == .invalidParams)
  }

  @Test("are at most 16 limits, and keys of at most 1,024 bytes")
  func bounds() throws {
    func all(_ count: Int) -> String {
      let entries = (0..<count).map { #"{"key":"k\#($0)","limit":1,"window":1}"# }
      return #"{"all":[\#(entries.joined(separator: ","))]}"#
    }
    #expect(try Self.caller().refusal("ratelimit.check", all(16)) == nil)
    #expect(try Self.caller().refusal("ratelimit.check", all(17))?.reason == .tooLarge)
    for (count, reason) in [(1024, nil), (1025, Reason.tooLarge)] as [(Int, Reason?)] {
      let key = String(repeating: "k", count: count)
      let params = #"{"key":"\#(key)","limit":1,"window":1}"#
      #expect(try Self.caller().refusal("ratelimit.check", params)?.reason == reason)
    }
  }

  @Test("put the sidecar's own limits where no call reaches them")
  func own() throws {
    let settings = try Self.caller().settings()
    let keySpace = KeySpace(prefix: "p", service: "s")
    let demands = try RateLimits.sessionCreation(settings, address: "::1", of: keySpace)
    #expect(
      demands.map { Caller.text($0.key) } == [
        "p:s:ratelimit:own:session.create", "p:s:ratelimit:own:session.create:::1",
      ])
    #expect(demands.map(\.limit) == [.aMinute(100), .aMinute(5)])
    #expect(try RateLimits.sessionCreation(settings, address: nil, of: keySpace).count == 1)
  }
}
