import CloakroomCore
import Testing

@testable import Cloakroom

@Suite("The rate limits of a configuration file", .timeLimit(.minutes(1)))
struct RatePolicyTests {
  private static func read(
    _ text: String
  ) throws -> (policies: [ByteString: RateLimit], faults: [String]) {
    var reader = RatePolicyReader(file: "/f")
    let policies = reader.policies(try JSONTree(parsing: Array(text.utf8)))
    return (policies, reader.faults.map { "\($0)" })
  }

  @Test("have a name, a limit, a window, and a burst if it is another")
  func policies() throws {
    let (policies, faults) = try Self.read(
      #"{"//":"x","login":{"limit":5,"window":"1m"},"api.v1":{"limit":100,"window":1,"burst":7}}"#)
    #expect(faults == [])
    let (second, minute) = (try TimeToLive(seconds: 1), try TimeToLive(seconds: 60))
    #expect(
      policies == [
        "login": try RateLimit(limit: 5, window: minute),
        "api.v1": try RateLimit(limit: 100, window: second, burst: 7),
      ])
  }

  @Test(
    "are refused with the place and what it takes",
    arguments: [
      ("[]", "ratelimit.policies"), (#"{"":{}}"#, "ratelimit.policies"),
      (#"{"a:b":{"limit":1,"window":1}}"#, "ratelimit.policies"),
      (#"{"a":1}"#, "ratelimit.policies.a"), (#"{"a":{"limit":1}}"#, "ratelimit.policies.a"),
      (#"{"a":{"window":1}}"#, "ratelimit.policies.a"),
      (#"{"a":{"limit":1,"window":1,"rate":1}}"#, "ratelimit.policies.a.rate"),
      (#"{"a":{"limit":0,"window":1}}"#, "ratelimit.policies.a.limit"),
      (#"{"a":{"limit":"5","window":1}}"#, "ratelimit.policies.a.limit"),
      (#"{"a":{"limit":1,"window":"1y"}}"#, "ratelimit.policies.a.window"),
      (#"{"a":{"limit":1,"window":1,"burst":-1}}"#, "ratelimit.policies.a.burst"),
      (#"{"a":{"limit":1,"window":"3650d","burst":2}}"#, "ratelimit.policies.a"),
    ])
  func faults(text: String, place: String) throws {
    let faults = try Self.read(text).faults
    #expect(faults.count == 1)
    #expect(faults.first?.contains(place) == true, "\(faults)")
  }

  @Test("are read with the rest, and sessions' limits by the names that seeds use")
  func loaded() throws {
    let file = try TemporaryFile(#"{"ratelimit":{"policies":{"login":{"limit":5,"window":"1m"}}}}"#)
    let configuration = try Load.configuration(
      environment: [
        "SESSION_TTL": "7200", "SESSION_CLEANUP_INTERVAL": "60", "SESSION_RATE_LIMIT": "7",
        "SESSION_MAX_ATTEMPTS": "3", "CLOAKROOM_SOCKET": "/s",
      ], file: file.path)
    #expect(configuration.ratelimit.policies["login"]?.limit == 5)
    #expect(configuration.session.ttl == (try TimeToLive(seconds: 7200)))
    #expect(configuration.session.cleanupInterval == .seconds(60))
    #expect(configuration.session.rateLimit == 7 && configuration.session.maxAttempts == 3)
    let defaults = try Load.configuration(environment: [
      "CLOAKROOM_SOCKET": "/s", "SESSION_TTL": "90m",
    ])
    #expect(defaults.session.ttl == (try TimeToLive(seconds: 5400)))
    #expect(defaults.session.cleanupInterval == .seconds(3600))
    #expect(defaults.session.rateLimit == 100 && defaults.session.maxAttempts == 5)
  }
}
