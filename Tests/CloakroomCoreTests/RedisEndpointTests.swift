import CloakroomCore
import Testing

@Suite("A Redis endpoint", .timeLimit(.minutes(1)))
struct RedisEndpointTests {
  @Test(
    "is read from a URL",
    arguments: [
      ("redis://localhost", .init(address: .tcp(host: "localhost", port: 6379))),
      ("redis://", .init(address: .tcp(host: "localhost", port: 6379))),
      ("redis:///3", .init(address: .tcp(host: "localhost", port: 6379), database: 3)),
      ("REDIS://db.internal/", .init(address: .tcp(host: "db.internal", port: 6379))),
      (
        "valkey://10.0.0.7:6380/15",
        .init(address: .tcp(host: "10.0.0.7", port: 6380), database: 15)
      ),
      ("redis://h:1?db=2", .init(address: .tcp(host: "h", port: 1), database: 2)),
      ("redis://[::1]", .init(address: .tcp(host: "::1", port: 6379))),
      ("redis://[fe80::1%eth0]:7000", .init(address: .tcp(host: "fe80::1%eth0", port: 7000))),
      (
        "redis://app:s3cret@h:65535/0",
        .init(address: .tcp(host: "h", port: 65_535), username: "app", password: Secret("s3cret"))
      ),
      (
        "redis://:p%40ss%3A%2F%3F%23%25@h",
        .init(address: .tcp(host: "h", port: 6379), password: Secret("p@ss:/?#%"))
      ),
      (
        "redis://:p@ss:word@h",
        .init(address: .tcp(host: "h", port: 6379), password: Secret("p@ss:word"))
      ),
      ("redis://%C3%A4pp@h", .init(address: .tcp(host: "h", port: 6379), username: "äpp")),
      ("unix:///run/redis.sock", .init(address: .unix(path: "/run/redis.sock"))),
      ("unix:///run/a%20b.sock?db=2", .init(address: .unix(path: "/run/a b.sock"), database: 2)),
      ("redis+unix:///r.sock?db=0", .init(address: .unix(path: "/r.sock"))),
      (
        "unix://user:pass@/run/redis.sock?db=2",
        .init(
          address: .unix(path: "/run/redis.sock"), username: "user", password: Secret("pass"),
          database: 2)
      ),
    ] as [(String, RedisEndpoint)])
  func good(url: String, endpoint: RedisEndpoint) throws {
    #expect(try RedisEndpoint(url: url) == endpoint)
  }

  @Test(
    "is refused with what is wrong",
    arguments: [
      ("", .noScheme), ("localhost:6379", .noScheme), ("redis:localhost", .noScheme),
      ("/run/redis.sock", .noScheme), ("http://localhost", .unknownScheme),
      ("://localhost", .unknownScheme), ("rediss://localhost", .tlsUnsupported),
      ("REDISS://localhost", .tlsUnsupported), ("valkeys://h", .tlsUnsupported),
      ("redis://h:0", .badPort), ("redis://h:65536", .badPort), ("redis://h:", .badPort),
      ("redis://h:+1", .badPort), ("redis://h:99999999999999999999", .badPort),
      ("redis://:pa/ss@h", .badPort), ("redis://h:1:2", .badPort),
      ("redis://h/x", .badDatabase), ("redis://h/-1", .badDatabase),
      ("redis://h/2147483648", .badDatabase), ("redis://h/1/2", .badDatabase),
      ("redis://h/1?db=1", .badDatabase), ("unix:///s?db=", .badDatabase),
      ("redis://h?timeout=1", .unknownParameter), ("unix:///s?", .unknownParameter),
      ("redis://h#x", .unknownParameter), ("redis://:pa#ss@h", .unknownParameter),
      ("redis://a b", .badHost), ("redis://[::1", .badHost), ("redis://[]", .badHost),
      ("redis://[h]", .badHost), ("redis://[::1]6379", .badHost), ("redis://hö", .badHost),
      ("redis://:%4@h", .badPercentEncoding), ("redis://:%zz@h", .badPercentEncoding),
      ("redis://:%FF@h", .badPercentEncoding), ("unix:///a%", .badPercentEncoding),
      ("unix://", .badPath), ("unix:///", .badPath), ("unix://run/redis.sock", .badPath),
      ("unix:///a%00b", .badPath), ("unix:///" + String(repeating: "x", count: 107), .badPath),
    ] as [(String, RedisEndpoint.URLFault)])
  func bad(url: String, fault: RedisEndpoint.URLFault) {
    #expect(throws: fault) { try RedisEndpoint(url: url) }
  }

  @Test("never shows its user or password, however it is printed")
  func secrecy() throws {
    for url in ["redis://alice:hunter2@h:1/2", "unix://alice:hunter2@/run/r.sock"] {
      let endpoint = try RedisEndpoint(url: url)
      var dumped = ""
      dump(endpoint, to: &dumped)
      var configuration = Configuration(socket: .init(path: "/s"))
      configuration.store = .redis(endpoint)
      let printed = [
        "\(endpoint)", String(reflecting: endpoint), dumped, "\(endpoint.password as Any)",
        String(describing: configuration), String(reflecting: configuration),
      ]
      for text in printed { #expect(!text.contains("hunter2")) }
      #expect(!"\(endpoint)".contains("alice"))
    }
  }

  @Test("describes itself as a URL that can be read again")
  func description() throws {
    for url in ["redis://h:1/2", "redis://[::1]:6379/0", "unix:///run/r.sock?db=4"] {
      #expect(try RedisEndpoint(url: url).description == url)
    }
  }
}
