import Glibc
import Support
import Testing

@Suite("The access log", .timeLimit(.minutes(2)))
struct ObservationAccessLogTests {
  /// A sidecar with an access log in a folder that goes at the end.
  private func start(_ options: [String] = []) throws -> (Daemon, ObservationLog) {
    let log = ObservationLog(in: try Folder())
    return (try Daemon(["--access-log", log.path] + options), log)
  }

  @Test("has one line for each call, with who, what, how it ended and how much it was")
  func fields() throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    let request =
      #"{"jsonrpc":"2.0","id":"first","method":"kv.set","params":{"key":"user:1","value":[1],"#
      + #""ttl":"90s","actor":"alice","scope":[{"key":"org","id":"acme"},{"key":"team","id":"x"}],"#
      + #""traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}"#
    try client.send(request + "\n")
    let reply = try client.readLine()
    let entry = try #require(log.entries(ids: [#""first""#])[#""first""#])
    #expect(entry["service"] as? String == "default")
    #expect(entry["actor"] as? String == "alice")
    #expect(entry["uid"] as? Int == Int(getuid()))
    #expect(entry["pid"] as? Int == Int(getpid()))
    #expect((entry["conn"] as? Int ?? 0) > 0)
    #expect(entry["method"] as? String == "kv.set")
    #expect(entry["ns"] as? String == "kv")
    #expect(entry["scope"] as? String == "org/team")
    #expect(entry["ttl_ms"] as? Int == 90_000)
    #expect(entry["outcome"] as? String == "ok")
    #expect(entry["in"] as? Int == request.utf8.count)
    #expect(entry["out"] as? Int == reply.utf8.count + 1)
    #expect(
      entry["traceparent"] as? String == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    let duration = try #require(entry["us"] as? Int)
    let waited = try #require(entry["store_us"] as? Int)
    #expect(waited <= duration)
    let hash = try #require(entry["key"] as? String)
    #expect(hash.count == 16)
    #expect(hash.allSatisfy { $0.isHexDigit })
    let time = try #require(entry["time"] as? String)
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z/) != nil, "\(time)")
  }

  @Test(
    "tells how long a call took that the store had no part in",
    arguments: ["rpc.discover", "kv.get", "no.method"])
  func duration(method: String) throws {
    let (daemon, log) = try start()
    // Without its parameters, `kv.get` is refused.
    _ = try daemon.client().call(method, id: 4711)
    let entry = try #require(log.entries(ids: ["4711"])["4711"])
    #expect(entry["us"] as? Int ?? 0 > 0)
    #expect(entry["store_us"] as? Int == 0)
  }

  @Test(
    "names how each call ended, those that were none as well",
    arguments: [
      (#"{"jsonrpc":"2.0","id":7,"method":"kv.get","params":{"key":"a"}}"#, "7", "ok", "kv.get"),
      (
        #"{"jsonrpc":"2.0","id":7,"method":"kv.set","params":{"key":"a","value":1,"onlyIf":"present"}}"#,
        "7", "CONFLICT", "kv.set"
      ),
      (
        #"{"jsonrpc":"2.0","id":7,"method":"kv.set","params":{"key":"a","value":1,"ttl":0}}"#, "7",
        "TTL_INVALID", "kv.set"
      ),
      (#"{"jsonrpc":"2.0","id":7,"method":"kv.get","params":{}}"#, "7", "INVALID_PARAMS", "kv.get"),
      (#"{"jsonrpc":"2.0","id":7,"method":"kv.nothing"}"#, "7", "METHOD_NOT_FOUND", ""),
      (#"{"id":7,"method":"kv.get"}"#, "7", "INVALID_REQUEST", ""),
      (#"{"jsonrpc":"2.0","method":"kv.get","params":{"key":"a"}}"#, "", "ok", "kv.get"),
      (#"{"jsonrpc":"2.0","id":7,"#, "null", "PARSE_ERROR", ""),
      (#"[]"#, "null", "INVALID_REQUEST", ""),
    ])
  func outcomes(request: String, id: String, outcome: String, method: String) throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    try client.send(request + "\n" + LineClient.request("system.ping", id: 99))
    #expect(log.entries(ids: ["99"]).count == 1)
    // The calls that waited for the sidecar's start are of other connections.
    let connection = log.entries(ids: ["99"])["99"]?["conn"] as? Int
    let entries = log.entries.filter { $0["conn"] as? Int == connection }
    #expect(entries.count == 2)
    let entry = try #require(entries.first)
    #expect(entry["outcome"] as? String == outcome)
    #expect(entry["method"] as? String ?? "" == method)
    #expect(entry["id"] as? String ?? "" == id)
    if id.isEmpty, outcome == "ok" { #expect(entry["out"] as? Int == 0) }
  }

  @Test("says whose call it was that was refused for its parameters")
  func refused() throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    try client.call("kv.get", #"{"key":"a","actor":"earlier"}"#, id: 101)
    try client.call("kv.set", #"{"key":"a","value":1,"ttl":0,"traceparent":"\#(trace)"}"#, id: 102)
    try client.call("kv.nothing", id: 103)
    // Ids that no call has which waits for the sidecar to be up.
    let entries = log.entries(ids: ["101", "102", "103"])
    #expect(entries["102"]?["outcome"] as? String == "TTL_INVALID")
    #expect(entries["102"]?["traceparent"] as? String == trace)
    #expect(entries["102"]?["key"] as? String == entries["101"]?["key"] as? String)
    #expect(entries["101"]?["actor"] as? String == "earlier")
    #expect(entries["102"]?["actor"] == nil)
    #expect(entries["103"]?["key"] == nil)
  }

  @Test("tells equal keys from different ones and not which they are, unless it is configured")
  func keys() throws {
    let calls = ["alpha", "beta", "alpha"].enumerated().map { place, key in
      LineClient.request("kv.get", #"{"key":"\#(key)"}"#, id: place)
    }
    for isClear in [false, true] {
      let (daemon, log) = try start(["--set", "accessLog.keysInClear=\(isClear)"])
      let client = try daemon.client()
      try client.send(calls.joined())
      let entries = log.entries(ids: ["0", "1", "2"])
      let keys = ["0", "1", "2"].map { entries[$0]?["key"] as? String }
      #expect(keys[0] == keys[2])
      #expect(keys[0] != keys[1])
      #expect((keys[0] == "alpha") == isClear)
    }
  }

  @Test("can't be forged by what a caller writes")
  func forgery() throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    let forged = #"x\"}\n{\"outcome\":\"ok\",\"id\":\"forged\",\"u\":\""#
    try client.call(
      "kv.get", #"{"key":"a","actor":"\#(forged)","traceparent":"\#(forged)"}"#, id: 5)
    let entry = try #require(log.entries(ids: ["5"])["5"])
    #expect(entry["actor"] as? String == "x\"}\n{\"outcome\":\"ok\",\"id\":\"forged\",\"u\":\"")
    #expect(log.entries.allSatisfy { !$0.isEmpty && $0["id"] as? String != "forged" })
  }

  @Test("has a line for each member of a batch")
  func batch() throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    let members = (1...5).map { LineClient.request("kv.get", #"{"key":"a"}"#, id: $0).dropLast() }
    try client.send("[" + members.joined(separator: ",") + "]\n")
    let line = try client.readLine()
    let entries = log.entries(ids: ["1", "2", "3", "4", "5"])
    #expect(entries.count == 5)
    let written = entries.values.compactMap { $0["out"] as? Int }.reduce(0, +)
    #expect(written <= line.utf8.count)
    #expect(written >= line.utf8.count - 7)
  }

  @Test("loses no line when it is rotated under load")
  func rotation() throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    var sent = 0
    for round in 1...4 {
      let batch = (sent..<sent + 500).map { LineClient.request("kv.get", #"{"key":"a"}"#, id: $0) }
      try client.send(batch.joined())
      rename(log.path, "\(log.path).\(round)")
      daemon.process.signal(SIGHUP)
      sent += 500
      _ = try client.readLines(500)
      let isReopened = eventually { TextFile.exists(log.path) }
      #expect(isReopened)
    }
    #expect(daemon.stop() == .status(0))
    var ids: [String] = []
    for name in ["access.log", "access.log.1", "access.log.2", "access.log.3", "access.log.4"] {
      let connected = ObservationLog(name, in: log.folder).entries
        .filter { $0["method"] as? String == "kv.get" }
      ids += connected.compactMap { $0["id"] as? String }
    }
    #expect(ids.count == sent)
    #expect(Set(ids).count == sent)
  }

  @Test("goes on in its old file when the new one can't be had")
  func failedRotation() throws {
    let (daemon, log) = try start()
    let client = try daemon.client()
    rename(log.path, log.path + ".1")
    mkdir(log.path, 0o755)
    defer { rmdir(log.path) }
    daemon.process.signal(SIGHUP)
    let isTold = try eventually {
      try client.metrics().sum("access_log_reopen_failures_total") == 1
    }
    #expect(isTold)
    #expect(daemon.output.contains("can't be opened again"))
    try client.call("kv.get", #"{"key":"a"}"#, id: 77)
    #expect(ObservationLog("access.log.1", in: log.folder).entries(ids: ["77"]).count == 1)
  }

  @Test("on a full disk loses lines and counts them, and calls don't notice")
  func full() throws {
    let daemon = try Daemon(["--access-log", "/dev/full"])
    let client = try daemon.client()
    for _ in 0..<5 {
      let calls = Array(repeating: ("kv.set", #"{"key":"a","value":1}"#), count: 200)
      #expect(try client.pipeline(calls).values.allSatisfy { $0["ok"] as? Bool == true })
    }
    let isCounted = try eventually {
      try client.metrics().sum("access_log_lines_total", ["fate": "write_failed"]) >= 1000
    }
    #expect(isCounted)
    #expect(try client.metrics().sum("access_log_lines_total", ["fate": "written"]) == 0)
    let health = try client.call("system.health")
    #expect(health["status"] as? String == "degraded")
    let problems = try #require(health["degraded"] as? [[String: String]])
    #expect(problems.contains { $0["what"] == "accessLog" })
    // The operator is told once, not once a line.
    #expect(daemon.output.components(of: "the access log can't be written") == 1)
  }

  @Test(
    "that can't be opened at the start is a clear end",
    arguments: [
      "/nonexistent/access.log", "/tmp",
    ])
  func unopenable(path: String) throws {
    let daemon = try Daemon(["--access-log", path], answers: false)
    let exit = try #require(daemon.process.waitForExit(within: .seconds(20)))
    #expect(exit != .status(0))
    if case .signal = exit { Issue.record("a signal ended it") }
    #expect(daemon.output.contains(path))
    #expect(!TextFile.exists(daemon.socketPath))
  }
}

extension String {
  /// How often a text occurs.
  func components(of text: String) -> Int { ranges(of: text).count }
}
