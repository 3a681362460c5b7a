import Support
import Testing

/// Sidecars of one store, for tests of caches.
struct CacheStage {
  /// Where the cache is.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case redis = "in Redis, over two sidecars"
    case memory = "in memory, over two loops"
    var testDescription: String { rawValue }
  }

  let redis: RedisServer?
  let daemons: [Daemon]

  init(_ place: Place) throws {
    switch place {
    case .redis:
      let redis = try RedisServer()
      let path = redis.socketPath
      self.redis = redis
      daemons = try (0..<2).map { _ in try RedisSidecar.start(path, patience: "30s", loops: 2) }
    case .memory:
      redis = nil
      daemons = [try Daemon(["--loops", "2"])]
    }
  }

  /// So many connections, dealt out to the sidecars.
  func clients(_ count: Int) throws -> [LineClient] {
    try (0..<count).map { try daemons[$0 % daemons.count].readyClient() }
  }
}

extension LineClient {
  /// What a cache has under a key, for one who makes nothing.
  func cached(_ key: String, _ more: String = "") throws -> String {
    let answer = try call("cache.get", #"{"key":"\#(key)","lease":false\#(more)}"#)
    let status = try #require(answer["status"] as? String, "\(answer)")
    guard let value = answer["value"] as? Int else { return status }
    return "\(status) \(value)"
  }

  /// The lease of a key that nobody else makes.
  func lease(_ key: String, _ more: String = "") throws -> String {
    let answer = try call("cache.get", #"{"key":"\#(key)"\#(more)}"#)
    return try #require(answer["lease"] as? String, "\(answer)")
  }

  /// Sets a key; tells what went wrong.
  func cache(_ key: String, _ value: Int, _ more: String = "") throws -> String {
    let answer = try call("cache.set", #"{"key":"\#(key)","value":\#(value)\#(more)}"#)
    return answer["ok"] as? Bool == true ? "ok" : answer.reason ?? answer.text
  }

  /// Invalidates what is named.
  func invalidate(_ params: String) throws {
    let answer = try call("cache.invalidate", params)
    #expect(answer["tags"] is Int, "\(answer)")
  }

  /// Sends a `cache.get` that waits, and returns when it has been asked once.
  func sendWaitingGet(_ key: String, _ more: String = "") throws {
    try send(Self.request("cache.get", #"{"key":"\#(key)","waitMs":60000\#(more)}"#))
    try send(Self.request("kv.exists", #"{"key":"-"}"#, id: 2))
    #expect(Answer(try readLine()).id == 2)
  }

  /// Waits until one of several that wait is leased the key they wait for.
  static func nextLease(among clients: [LineClient]) throws -> (place: Int, lease: String) {
    var found: (place: Int, lease: String)?
    try eventually("a lease") {
      for (place, client) in clients.enumerated() {
        for line in try client.availableLines() {
          let answer = Answer(line)
          #expect(found == nil && answer["status"] as? String == "miss", "\(answer)")
          found = (answer["lease"] as? String).map { (place, $0) }
        }
      }
      return found != nil
    }
    return try #require(found)
  }
}
