import Support
import Testing

/// A Redis with a sidecar of the earlier version, and some of this one.
struct UpgradeStage {
  let redis: RedisServer
  let earlier: EarlierSidecar
  let daemons: [Daemon]
  let client: LineClient

  /// Starts it all.
  ///
  /// - Parameters:
  ///   - proxied: whether this version is behind a proxy that can cut its connections.
  ///   - options: what its sidecars have on their command lines.
  init(sidecars: Int = 1, proxied: Bool = false, _ options: [String] = []) throws {
    redis = try RedisServer()
    proxy = proxied ? try CuttingProxy(to: redis.socketPath) : nil
    let path = proxy?.path ?? redis.socketPath
    daemons = try (0..<sidecars).map { _ in try RedisSidecar.start(path, options) }
    client = try daemons[0].readyClient()
    earlier = try EarlierSidecar(redis)
  }

  /// Where connections are cut.
  let proxy: CuttingProxy?

  /// An operation's token, and its name in Redis.
  struct Place {
    let token: String
    let name: String
  }

  /// Tokens, and names under which there is nothing; nor is there anything else in Redis then.
  func places(_ count: Int = 1) throws -> [Place] {
    _ = try redis.command(["FLUSHALL"])
    let places = try (0..<count).map { _ in
      let answer = try client.call(
        "pending.create", #"{"operationType":"form","data":0,"backend":"store"}"#)
      let token = try #require(answer["token"] as? String, "\(answer)")
      let name = try redis.command(["KEYS", "cloakroom:default:pending:*"])
      _ = try redis.command(["DEL", name])
      return Place(token: token, name: name)
    }
    _ = try redis.command(["FLUSHALL"])
    return places
  }

  /// An operation of the earlier version.
  func made(_ data: String = #"{"n":1}"#, maxAttempts: Int = 0) throws -> Place {
    let place = try places()[0]
    try create(place, data, maxAttempts: maxAttempts)
    return place
  }

  /// Has the earlier version make an operation.
  func create(_ place: Place, _ data: String = #"{"n":1}"#, maxAttempts: Int = 0) throws {
    let reply = try earlier.create(place.name, data: data, maxAttempts: maxAttempts)
    #expect(reply.elements.first == .number(1), "\(reply)")
  }

  /// A receipt, and what either version has of it in the store.
  func receipt() throws -> (given: String, kept: String) {
    let made = try client.call(
      "pending.create", #"{"operationType":"form","data":0,"backend":"store"}"#)
    let token = try #require(made["token"] as? String)
    let given = try client.call("pending.checkout", Self.target(token))["receipt"] as? String
    let name = try redis.command(["KEYS", "cloakroom:default:pending:*"])
    let match = try redis.command(["GET", name]).firstMatch(of: /"receipt":"([^"]+)"/)
    _ = try redis.command(["FLUSHALL"])
    return (try #require(given), String(try #require(match).1))
  }

  /// What Redis has under a name.
  func type(_ place: Place) throws -> String { try redis.command(["TYPE", place.name]) }

  /// What is left of a name's life, in seconds.
  func life(_ place: Place) throws -> Int { Int(try redis.command(["TTL", place.name])) ?? -3 }

  /// Calls this version.
  func call(_ method: String, _ place: Place, _ more: String = "") throws -> Answer {
    try client.call("pending." + method, Self.target(place.token, more))
  }

  static func target(_ token: String, _ more: String = "") -> String {
    #"{"token":"\#(token)","operationType":"form"\#(more)}"#
  }
}
