import Support
import Testing

@Suite("The way to Redis", .timeLimit(.minutes(2)))
struct RedisStartTests {
  private func storeProblem(_ client: LineClient) throws -> String? {
    let problems = try client.call("system.health")["degraded"] as? [[String: String]]
    return problems?.first { $0["what"] == "store" }?["reason"]
  }

  @Test("is found when Redis comes later than the sidecar")
  func late() throws {
    let redis = try RedisServer()
    redis.kill()
    let daemon = try RedisSidecar.start(redis.socketPath, loops: 2)
    let client = try daemon.client()
    let isTold = try eventually {
      try storeProblem(client)?.contains("can't connect to Redis at unix://\(redis.socketPath)")
        == true
    }
    #expect(isTold)
    #expect(try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE")
    #expect(try client.call("system.ping").result as? String == "pong")
    try redis.restart()
    #expect(try client.waitForStore())
    let isWell = try eventually { try storeProblem(client) == nil }
    #expect(isWell)
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
  }

  @Test(
    "is refused for a reason that is told, and taken as soon as it no longer is",
    arguments: [
      (
        ["--requirepass", "right"], "unix://:wrong@%", "WRONGPASS",
        ["CONFIG", "SET", "requirepass", "wrong"]
      ),
      (["--requirepass", "right"], "unix://%", "NOAUTH", ["ACL", "SETUSER", "default", "nopass"]),
      (
        [], "unix://nobody:at-all@%", "WRONGPASS",
        ["ACL", "SETUSER", "nobody", "on", ">at-all", "~*", "+@all"]
      ),
      ([], "unix://%?db=99", "out of range", nil),
    ] as [([String], String, String, [String]?)])
  func refused(arguments: [String], url: String, why: String, remedy: [String]?) throws {
    let redis = try RedisServer(arguments: arguments)
    let daemon = try RedisSidecar.start(url.replacing("%", with: redis.socketPath))
    let client = try daemon.client()
    let isTold = try eventually { try storeProblem(client)?.contains(why) == true }
    #expect(isTold)
    let answer = try client.call("kv.get", #"{"key":"a"}"#)
    #expect(answer.reason == "UNAVAILABLE")
    #expect(answer.message?.contains(why) == true)
    #expect(daemon.output.contains(why))
    let metrics = try client.metrics()
    #expect(metrics.sum("store_reconnects_total", ["reason": "handshake_failed"]) > 0)
    #expect(metrics.sum("store_up") == 0)
    guard let remedy else { return }
    _ = try redis.command(remedy)
    #expect(try client.waitForStore())
  }

  @Test(
    "is told in a URL: user, password, database and socket or port",
    arguments: [
      "unix://billing:pa%40ss%2Fword@%?db=3", "redis+unix://billing:pa%40ss%2Fword@%?db=3",
      "redis://billing:pa%40ss%2Fword@127.0.0.1:#/3",
      "valkey://billing:pa%40ss%2Fword@127.0.0.1:#?db=3",
      "redis://billing:pa%40ss%2Fword@localhost:#/3",
    ])
  func url(url: String) throws {
    let redis = try RedisServer(tcp: true)
    let port = try #require(redis.port)
    _ = try redis.command(["ACL", "SETUSER", "billing", "on", ">pa@ss/word", "~*", "&*", "+@all"])
    let daemon = try RedisSidecar.start(
      url.replacing("@%", with: "@" + redis.socketPath).replacing("#", with: "\(port)"),
      ["--set", "store.clientName=billing-sidecar"])
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"a","value":"there"}"#)["ok"] as? Bool == true)
    #expect(try redis.command(["-n", "3", "GET", "cloakroom:default:kv:a"]) == #""there""#)
    #expect(try redis.command(["-n", "0", "EXISTS", "cloakroom:default:kv:a"]) == "0")
    let list = try redis.command(["CLIENT", "LIST"]).split(separator: "\n")
    let line = try #require(list.first { $0.contains("name=billing-sidecar ") })
    #expect(line.contains(" user=billing "))
    #expect(line.contains(" db=3 "))
    #expect(!daemon.output.contains("pa@ss"))
    #expect(!daemon.output.contains("pa%40ss"))
  }

  @Test("takes the password from a file, and the name from the settings' default")
  func passwordFile() throws {
    let redis = try RedisServer(arguments: ["--requirepass", "open sesame"])
    let folder = try Folder()
    try TextFile.write("open sesame\n", to: folder.path + "/password")
    let daemon = try RedisSidecar.start(
      redis.socketPath, loops: 2, ["--store-password-file", folder.path + "/password"])
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    // One connection for each event loop, and each says whose it is.
    let isComplete = try eventually {
      try redis.command(["CLIENT", "LIST"]).split(separator: "\n")
        .count { $0.contains("name=cloakroom ") } == 2
    }
    #expect(isComplete)
  }

  @Test("is found by the environment's usual names", arguments: [true, false])
  func environment(byURL: Bool) throws {
    let redis = try RedisServer(arguments: ["--requirepass", "pass word"], tcp: true)
    let port = try #require(redis.port)
    let environment =
      byURL
      ? ["REDIS_URL": "redis://:pass%20word@127.0.0.1:\(port)"]
      : ["REDIS_HOST": "127.0.0.1", "REDIS_PORT": "\(port)", "REDIS_PASSWORD": "pass word"]
    let daemon = try Daemon(["--prefix", "shop:a"], environment: environment)
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    #expect(try redis.command(["GET", "shop:a:default:kv:a"]) == "1")
  }
}
