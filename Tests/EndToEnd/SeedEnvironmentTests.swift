internal import Glibc
internal import Support
internal import Testing

@Suite("The environment", .timeLimit(.minutes(2)))
struct SeedEnvironmentTests {
  /// Writes a value through a sidecar and looks for it in Redis.
  private static func check(
    _ redis: RedisServer, _ environment: [String: String], options: [String] = [],
    configuration: String? = nil, name: String = "cloakroom:default:kv:user:123",
    database: Int = 0
  ) throws {
    let sidecar = try Daemon(options, configuration: configuration, environment: environment)
    let client = try sidecar.client()
    let isWritten = try eventually {
      try client.call("kv.set", #"{"key":"user:123","value":[1.50]}"#)["ok"] != nil
    }
    #expect(isWritten)
    #expect(try redis.command(["-n", "\(database)", "get", name]) == "[1.50]")
  }

  @Test("names Redis by REDIS_URL, on a socket and over TCP")
  func url() throws {
    let redis = try RedisServer(tcp: true)
    let port = try #require(redis.port)
    try Self.check(redis, ["REDIS_URL": "unix://\(redis.socketPath)?db=1"], database: 1)
    try Self.check(
      redis, ["REDIS_URL": "redis://127.0.0.1:\(port)/2", "REDIS_HOST": "not.this.one"],
      database: 2)
  }

  @Test("names Redis piecewise by REDIS_HOST, REDIS_PORT and REDIS_PASSWORD")
  func pieces() throws {
    let redis = try RedisServer(arguments: ["--requirepass", "sesame:/@ %"], tcp: true)
    let port = try #require(redis.port)
    let environment = ["REDIS_PORT": "\(port)", "REDIS_PASSWORD": "sesame:/@ %"]
    try Self.check(redis, environment.merging(["REDIS_HOST": "127.0.0.1"]) { $1 })
    try Self.check(redis, environment)
  }

  @Test("gives way to flags, and wins over the file")
  func precedence() throws {
    let redis = try RedisServer()
    let file = #"{"keys": {"prefix": "file"}, "store": {"url": "unix:///nowhere"}}"#
    var environment = ["REDIS_URL": "unix://\(redis.socketPath)"]
    try Self.check(redis, environment, configuration: file, name: "file:default:kv:user:123")
    environment["CLOAKROOM_PREFIX"] = "variable"
    try Self.check(redis, environment, configuration: file, name: "variable:default:kv:user:123")
    try Self.check(
      redis, environment, options: ["--prefix", "flag"], configuration: file,
      name: "flag:default:kv:user:123")
    environment["REDIS_URL"] = "unix:///nowhere"
    environment["CLOAKROOM_REDIS"] = "unix://\(redis.socketPath)"
    try Self.check(redis, environment, configuration: file, name: "variable:default:kv:user:123")
  }

  @Test("and the configuration can make the keys of an older system")
  func keys() throws {
    let redis = try RedisServer()
    try Self.check(
      redis, ["REDIS_URL": "unix://\(redis.socketPath)"], options: ["--prefix", "igniter:store"],
      configuration: #"{"services": {"api": {"uids": [\#(geteuid())], "methods": ["*"]}}}"#,
      name: "igniter:store:api:kv:user:123")
  }
}
