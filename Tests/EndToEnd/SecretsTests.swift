import Support
import Testing

@Suite("Nothing that was entrusted", .timeLimit(.minutes(2)))
struct SecretsTests {
  /// What is planted; every one of them has this in it.
  private static let mark = "s3cr3t"

  /// Lines that carry marks in every place that a caller can write to, good and bad.
  private static let lines: [String] = [
    request("kv.set", #"{"key":"key-s3cr3t","value":"value-s3cr3t","withMeta":true}"#),
    request("kv.set", #"{"key":"a","value":{"password":"s3cr3t"},"ttl":"s3cr3t"}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","ttl":0}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","onlyIf":"s3cr3t"}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","ifMatch":"s3cr3t"}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","onlyIf":"present","ifMatch":"s3cr3t"}"#),
    request("kv.set", #"{"key":"key-s3cr3t","value":"s3cr3t","onlyIf":"absent"}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","deadlineMs":"s3cr3t"}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","scope":"s3cr3t"}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","scope":[{"key":"org","id":"id-s3cr3t"}]}"#),
    request("kv.set", #"{"key":"a","value":"s3cr3t","scope":[{"key":"","id":"id-s3cr3t"}]}"#),
    request("kv.set", #"{"key":["s3cr3t"],"value":1}"#),
    request("kv.set", #"{"key":"s3cr3t\ud800","value":1}"#),
    request("kv.set", #"{"value":"s3cr3t"}"#),
    request("kv.set", #"["a","s3cr3t","1h","s3cr3t","s3cr3t",true,"s3cr3t","s3cr3t"]"#),
    request("kv.get", #"{"key":"\#(String(repeating: "s3cr3t", count: 400))"}"#),
    request("kv.get", #"{"key":"not-json"}"#),
    request("kv.get", #"{"key":"not-json","withMeta":true}"#),
    request("kv.get", #"{"key":"list"}"#),
    request("kv.take", #"{"key":"key-s3cr3t","withMeta":"s3cr3t"}"#),
    request("batch.set", #"{"entries":[{"key":"b-s3cr3t","value":"s3cr3t","ttl":"s3cr3t"}]}"#),
    request("batch.set", #"{"entries":["s3cr3t"]}"#),
    request("batch.set", #"{"entries":[{"key":"a","value":"s3cr3t","s3cr3t":1}]}"#),
    request("batch.get", #"{"keys":["not-json","list",{"s3cr3t":1}]}"#),
    request("counter.increment", #"{"key":"c-s3cr3t","by":"s3cr3t"}"#),
    request("counter.increment", #"{"key":"text"}"#),
    request("counter.get", #"{"key":"text"}"#),
    request(
      "jwt.sign", #"{"claims":{"password":"s3cr3t"},"subject":"s3cr3t","expiresIn":"s3cr3t"}"#),
    request("jwt.sign", #"{"claims":"s3cr3t"}"#),
    request("jwt.sign", #"{"claims":{"a":"s3cr3t","exp":"s3cr3t"}}"#),
    // A name that is there twice is told, its values are not.
    request("jwt.sign", #"{"claims":{"a":"s3cr3t","a":"s3cr3t"}}"#),
    request("jwt.sign", #"{"claims":{"a":"s3cr3t"},"keyId":"s3cr3t"}"#),
    request("jwt.sign", #"{"claims":{"aud":["s3cr3t",1]},"purpose":"s3cr3t !"}"#),
    request("jwt.verify", #"{"token":"s3cr3t"}"#),
    request("jwt.verify", #"{"token":"s3cr3t.s3cr3t.s3cr3t"}"#),
    request("jwt.verify", #"{"token":"s3cr3t.s3cr3t.s3cr3t.s3cr3t.s3cr3t"}"#),
    // {"alg":"HS256","kid":"s3cr3t"}, and {"alg":"s3cr3t"}
    request("jwt.verify", #"{"token":"eyJhbGciOiJIUzI1NiIsImtpZCI6InMzY3IzdCJ9.e30.s3cr3t"}"#),
    request("jwt.verify", #"{"token":"eyJhbGciOiJzM2NyM3QifQ.e30.s3cr3t","audience":"s3cr3t"}"#),
    request("jwt.revoke", #"{"token":"s3cr3t.s3cr3t.s3cr3t"}"#),
    request("jwt.revoke", #"{"jti":"s3cr3t","expiresAt":"s3cr3t"}"#),
    request("jwt.revoke", #"{"jti":["s3cr3t"],"expiresAt":"2030-01-01T00:00:00Z"}"#),
    request("system.hello", #"{"service":"s3cr3t","client":"client"}"#),
    request("method.s3cr3t", #"{"key":"s3cr3t"}"#),
    request("kv.s3cr3t", #""s3cr3t""#),
    #"{"jsonrpc":"2.0","id":1,"method":"kv.set","params":{"key":"a","value":"s3cr3t"#,
    #"{"jsonrpc":"2.0","id":1,"method":"kv.set","params":{"key":"a","value":s3cr3t}}"#,
    #"{"jsonrpc":"s3cr3t","id":1,"method":"kv.set","params":{"key":"a","value":"s3cr3t"}}"#,
    #"{"jsonrpc":"2.0","method":"kv.set","params":{"key":"a","value":"s3cr3t","ttl":"s3cr3t"}}"#,
    #"["s3cr3t",{"s3cr3t":"s3cr3t"}]"#,
    #"s3cr3t"#,
    "\u{1}s3cr3t",
  ]

  private static func request(_ method: String, _ params: String) -> String {
    String(LineClient.request(method, params).dropLast())
  }

  @Test("is in a log, an error or a metric, however wrong the call was")
  func calls() throws {
    let redis = try RedisServer(arguments: ["--requirepass", "redis-s3cr3t"])
    let folder = try Folder()
    let log = ObservationLog(in: folder)
    let metrics = folder.path + "/metrics.prom"
    let daemon = try RedisSidecar.start(
      "unix://:redis-s3cr3t@\(redis.socketPath)", patience: "500ms",
      [
        "--access-log", log.path, "--metrics-file", metrics, "--log-level", "trace",
        "--set", "metrics.interval=1s",
      ])
    let client = try daemon.readyClient()
    // What Redis has can be wrong as well.
    for command in [
      ["SET", "cloakroom:default:kv:not-json", "{s3cr3t"],
      ["RPUSH", "cloakroom:default:kv:list", "s3cr3t"],
      ["SET", "cloakroom:default:counter:text", "s3cr3t"],
    ] { _ = try redis.command(command) }

    var shown = try errors(of: client)
    // And while Redis refuses, stands still, and is gone.
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "1"])
    shown += try errors(of: client)
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "0"])
    redis.pause()
    shown += try errors(of: client)
    redis.resume()
    redis.kill()
    shown += try errors(of: client)
    shown.append(try client.call("system.health").text)
    shown.append(try client.metrics().text)
    let written = TextFile.read(metrics)
    #expect(!written.isEmpty)
    #expect(daemon.stop() == .status(0))

    #expect(shown.count > 100)
    for text in shown { #expect(!text.contains(Self.mark)) }
    for line in daemon.output.split(separator: "\n") { #expect(!line.contains(Self.mark)) }
    #expect(log.lines.count > 100)
    for line in log.lines { #expect(!line.contains(Self.mark)) }
    #expect(!written.contains(Self.mark))
  }

  /// Sends all lines and answers with the errors that come back, those within results included.
  private func errors(of client: LineClient) throws -> [String] {
    try client.send(
      Self.lines.joined(separator: "\n") + "\n" + LineClient.request("system.ping", id: 4242))
    var errors: [String] = []
    var answered = 0
    // One line is a notification's, which has no answer.
    while answered < Self.lines.count {
      let line = try client.readLine()
      answered += 1
      if line.contains(#""error""#) { errors.append(line) }
    }
    return errors
  }

  @Test(
    "is told when Redis refuses the password",
    arguments: [
      "unix://:wrong-s3cr3t@%", "unix://user-s3cr3t:wrong-s3cr3t@%", "unix://%",
    ])
  func wrongPassword(url: String) throws {
    let redis = try RedisServer(arguments: ["--requirepass", "redis-s3cr3t"])
    let daemon = try RedisSidecar.start(
      url.replacing("%", with: redis.socketPath), ["--log-level", "trace"])
    let client = try daemon.client()
    let isTold = try eventually {
      let health = try client.call("system.health")
      #expect(!health.text.contains(Self.mark))
      return health.text.contains("refused")
    }
    #expect(isTold)
    let answer = try client.call("kv.get", #"{"key":"a"}"#)
    #expect(answer.reason == "UNAVAILABLE")
    #expect(!answer.text.contains(Self.mark))
    #expect(daemon.output.contains("refused"))
    #expect(!daemon.output.contains(Self.mark))
  }

  @Test(
    "is in what is said of a wrong configuration",
    arguments: [
      ["--redis", "redis://user:s3cr3t@host:port/0"],
      ["--redis", "redis://user:s3cr3t@host:6379/zero"],
      ["--redis", "redis://user:s3cr3t%zz@host:6379"],
      ["--redis", "rediss://user:s3cr3t@host:6379"],
      ["--redis", "s3cr3t"],
      ["--set", "store.url=http://user:s3cr3t@host"],
      ["--set", "store.url=redis://:s3cr3t@ho st"],
      ["--redis", "redis://:s3cr3t@localhost", "--store-password-file", "/nonexistent"],
      ["--redis", "redis://:s3cr3t@localhost", "--set", "limits.depth=0"],
    ])
  func configuration(options: [String]) throws {
    let daemon = try Daemon(options, answers: false)
    #expect(daemon.process.waitForExit(within: .seconds(20)) == .status(64))
    #expect(!daemon.output.isEmpty)
    #expect(!daemon.output.contains(Self.mark), "\(daemon.output)")
  }

  @Test(
    "is in what is said of a wrong environment or file",
    arguments: [
      (["REDIS_URL": "redis://:s3cr3t@host:99999"], nil),
      (["CLOAKROOM_REDIS": "redis://:s3cr3t@[::1"], nil),
      (["REDIS_HOST": "ho st", "REDIS_PASSWORD": "s3cr3t"], nil),
      ([:], #"{"store": {"url": "redis://:s3cr3t@host:port"}}"#),
      ([:], #"{"store": {"url": ["s3cr3t"]}}"#),
      ([:], #"{"store": {"url": "redis://:s3cr3t@host", "passwordFile": "/nonexistent"}}"#),
      ([:], #"{"store": {"url": "redis://:s3cr3t@host""#),
      ([:], #"{"store": {"url": "redis://:s3cr3t@host" "#),
    ] as [([String: String], String?)])
  func wrongConfiguration(environment: [String: String], file: String?) throws {
    let daemon = try Daemon(configuration: file, environment: environment, answers: false)
    #expect(daemon.process.waitForExit(within: .seconds(20)) == .status(64))
    #expect(!daemon.output.isEmpty)
    #expect(!daemon.output.contains(Self.mark), "\(daemon.output)")
  }
}
