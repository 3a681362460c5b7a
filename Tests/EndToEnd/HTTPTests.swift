internal import Support
internal import Testing

@Suite("HTTP on the socket", .timeLimit(.minutes(2)), .sharedSidecar())
struct HTTPTests {
  /// A response as it came.
  private struct Response {
    let status: Int
    let headers: [String: String]
    let body: String

    /// Reads the next one of a connection.
    init(_ client: LineClient) throws {
      let parts = try client.readLine().split(separator: " ")
      status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
      var headers: [String: String] = [:]
      while true {
        let line = try client.readLine()
        guard let colon = line.firstIndex(of: ":") else { break }
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        headers[line[..<colon].lowercased()] = value.filter { $0 != "\r" && $0 != "\r\n" }
      }
      self.headers = headers
      let length = headers["content-length"].flatMap { Int($0) } ?? 0
      body = try client.readBytes(length)
    }

    func header(_ name: String) -> String? { headers[name] }
  }

  private static func client() throws -> LineClient {
    try LineClient(path: try #require(SharedSidecar.current).socketPath, isSidecar: false)
  }

  private static func post(_ body: String, _ headers: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
  }

  private static func long(_ count: Int) -> String { String(repeating: "b", count: count) }

  private static let ping = #"{"jsonrpc":"2.0","id":7,"method":"system.ping"}"#
  private static let note = #"{"jsonrpc":"2.0","method":"system.ping"}"#

  @Test("takes a first request of any length, however it arrives", arguments: [100, 5000, 300_000])
  func first(_ bytes: Int) throws {
    let value = String(repeating: "x", count: bytes)
    let call =
      #"{"jsonrpc":"2.0","id":7,"method":"cache.key","params":{"value":"\#(value)"}}"#
    let client = try Self.client()
    try client.send(Self.post(call) + Self.post(Self.ping))
    #expect(try Response(client).status == 200)
    #expect(try Response(client).body == #"{"jsonrpc":"2.0","id":7,"result":"pong"}"#)
  }

  @Test("takes a request, a batch, and notifications, one after the other on one connection")
  func calls() throws {
    let client = try Self.client()
    for _ in 0..<3 {
      try client.send(Self.post(Self.ping))
      let one = try Response(client)
      #expect(one.status == 200)
      #expect(one.header("content-type") == "application/json")
      #expect(one.body == #"{"jsonrpc":"2.0","id":7,"result":"pong"}"#)
      try client.send(Self.post("[\(Self.ping),\(Self.note),\(Self.ping)]"))
      #expect(try Response(client).body.components(of: "pong") == 2)
      for text in [Self.note, "[\(Self.note)]"] {
        try client.send(Self.post(text))
        let none = try Response(client)
        #expect(none.status == 204 && none.body == "" && none.header("content-length") == nil)
      }
    }
  }

  @Test("answers with long replies and short ones, single and in batches")
  func longReplies() throws {
    let client = try Self.client()
    let value = "\"" + String(repeating: "x", count: 300_000) + "\""
    let set =
      #"{"jsonrpc":"2.0","id":1,"method":"kv.set","params":{"key":"http/long","value":\#(value)}}"#
    let get = #"{"jsonrpc":"2.0","id":2,"method":"kv.get","params":{"key":"http/long"}}"#
    let texts = [set, Self.ping, "[\(get),\(get),\(get)]", get, Self.ping, "[\(get)]"]
    try client.send(texts.map { Self.post($0) }.joined())
    let pong = #"{"jsonrpc":"2.0","id":7,"result":"pong"}"#
    let one = #"{"jsonrpc":"2.0","id":2,"result":{"found":true,"value":\#(value)}}"#
    let expected = [pong, "[\(one),\(one),\(one)]", one, pong, "[\(one)]"]
    #expect(try Response(client).status == 200)
    for body in expected { #expect(try Response(client).body == body) }
  }

  @Test("answers pipelined requests in their order, whatever each of them waits for")
  func pipelined() throws {
    let client = try Self.client()
    let key = "http/\(UInt64.random(in: 0...UInt64.max))"
    let hold =
      #"{"jsonrpc":"2.0","id":1,"method":"claim.once","params":{"key":"\#(key)","owner":"a","ttl":"300ms"}}"#
    let wait =
      #"{"jsonrpc":"2.0","id":2,"method":"claim.once","params":{"key":"\#(key)","owner":"b","waitMs":20000}}"#
    try client.send(Self.post(hold) + Self.post(wait) + Self.post(Self.ping))
    let ids = try (0..<3).map { _ in Answer(try Response(client).body).id }
    #expect(ids == [1, 2, 7])
  }

  @Test("does not care where a request is cut")
  func cuts() throws {
    let client = try Self.client()
    for byte in Self.post(Self.ping).utf8 {
      try client.send([byte])
      #expect(eventually { client.isTaken })
    }
    #expect(try Response(client).status == 200)
  }

  @Test("has health, metrics and the description of the methods")
  func probes() throws {
    let client = try Self.client()
    try client.send("GET /health HTTP/1.1\r\n\r\n")
    let health = try Response(client)
    #expect(health.status == 200 && health.body.hasPrefix(#"{"status":"ok""#), "\(health)")
    try client.send("GET /metrics?x=1 HTTP/1.1\r\n\r\n")
    let metrics = try Response(client)
    #expect(metrics.header("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
    #expect(metrics.body.hasPrefix("# HELP cloakroom_"), "\(metrics.body.prefix(100))")
    #expect(
      MetricSamples(metrics.body).sum("calls_total", ["method": "system.health", "reason": "ok"])
        >= 1)
    try client.send("GET /openrpc.json HTTP/1.1\r\n\r\n")
    #expect(try Response(client).body.hasPrefix(#"{"openrpc":"1.3.2""#))
  }

  @Test(
    "says what it does not take",
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", 405, "POST"),
      ("POST /health HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405, "GET"),
      ("DELETE /x HTTP/1.1\r\n\r\n", 404, nil), ("POST / HTTP/1.1\r\n\r\n", 411, nil),
      ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, nil),
      ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413, nil),
      ("GET nonsense\r\n\r\n", 400, nil),
      ("GET /\(long(17_000)) HTTP/1.1\r\n\r\n", 431, nil),
      ("GET / HTTP/1.1\r\na: \(long(17_000))\r\n\r\n", 431, nil),
      ("GET / HTTP/1.1\r\n" + String(repeating: "a: \(long(500))\r\n", count: 40), 431, nil),
      ("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 300), 431, nil),
    ] as [(String, Int, String?)])
  func refusals(request: String, status: Int, allowed: String?) throws {
    let client = try Self.client()
    try client.send(request)
    let response = try Response(client)
    #expect(response.status == status, "\(response)")
    #expect(response.header("allow") == allowed)
    if [400, 411, 413, 431].contains(status) { #expect(client.isClosed()) }
  }

  @Test(
    "closes when it is asked to, and tells so",
    arguments: ["HTTP/1.1\r\nConnection: close", "HTTP/1.0"])
  func closing(version: String) throws {
    let client = try Self.client()
    try client.send("GET /health \(version)\r\n\r\n")
    let response = try Response(client)
    #expect(response.status == 200 && response.header("connection") == "close")
    #expect(client.isClosed())
  }

  @Test("lets a client go on that waits for leave to send")
  func expectation() throws {
    let client = try Self.client()
    let request = Self.post(Self.ping, "Expect: 100-continue\r\n")
    let end = try #require(request.firstRange(of: "\r\n\r\n")).upperBound
    try client.send(String(request[..<end]))
    #expect(try Response(client).status == 100)
    try client.send(String(request[end...]))
    #expect(try Response(client).status == 200)
  }

  /// What a client may have sent when it leaves: calls of which the first waits for long.
  private static let leftBehind = {
    let wait =
      #"{"jsonrpc":"2.0","id":2,"method":"claim.once","params":{"key":"left","owner":"b","waitMs":60000}}"#
    return [
      "a call": post(wait), "a call and others behind it": post(wait) + post(ping) + post(wait),
      "a batch": post("[\(ping),\(wait),\(wait)]"),
      "half of a body": "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
      "half of the headers": "POST / HTTP/1.1\r\nContent-Length: 9\r\n",
    ]
  }()

  @Test("keeps nothing of a client that leaves", arguments: leftBehind.keys.sorted())
  func leaving(_ sent: String) throws {
    let text = try #require(Self.leftBehind[sent])
    let observer = try SharedSidecar.client()
    try observer.call("claim.once", #"{"key":"left","owner":"a"}"#)
    for _ in 0..<3 {
      let client = try Self.client()
      try client.send(text)
      #expect(eventually { client.isTaken })
    }
    #expect(try eventually { try observer.metrics().sum("connections") == 1 })
    #expect(try observer.metrics().sum("client_memory_bytes") == 0)
  }

  @Test("has no events, and answers what is no JSON as any connection")
  func others() throws {
    let client = try Self.client()
    try client.send(
      Self.post(
        #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"channel":"c"}}"#))
    #expect(Answer(try Response(client).body).reason == "INVALID_REQUEST")
    for text in ["", "x", "{"] {
      try client.send(Self.post(text))
      let response = try Response(client)
      #expect(response.status == 200 && response.body.contains("PARSE_ERROR"), "\(response)")
    }
  }

  @Test(
    "is told from TLS and HTTP/2, which get a line and are closed",
    arguments: ["\u{16}\u{3}\u{1}\u{2}\u{0}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
  func foreign(bytes: String) throws {
    let client = try Self.client()
    try client.send(bytes)
    let line = try client.readToEnd()
    #expect(line.contains("TLS or HTTP/2"), "\(line)")
  }

  @Test(
    "is not taken for it what only begins like it", arguments: ["GETS\n", "P\n", "Hello\n", "POS"])
  func lines(text: String) throws {
    let client = try Self.client()
    try client.send(text)
    client.finishSending()
    #expect(try client.readToEnd().contains("PARSE_ERROR"))
  }

  @Test("ends what is under way when the sidecar stops")
  func drain() throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath, patience: "30s")
    _ = try sidecar.readyClient()
    let idle = try LineClient(path: sidecar.socketPath, isSidecar: false)
    try idle.send(Self.post(Self.ping))
    #expect(try Response(idle).status == 200)
    let busy = try LineClient(path: sidecar.socketPath, isSidecar: false)
    redis.pause()
    try busy.send(
      Self.post(#"{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"a"}}"#))
    #expect(eventually { busy.isTaken })
    sidecar.process.signal(15)
    #expect(idle.isClosed())
    redis.resume()
    let response = try Response(busy)
    #expect(response.status == 200 && response.header("connection") == "close", "\(response)")
    #expect(busy.isClosed())
    #expect(sidecar.process.waitForExit(within: .seconds(10)) == .status(0))
  }
}
