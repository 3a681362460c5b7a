import Glibc
import Support
import Testing

@Suite("The metrics", .timeLimit(.minutes(2)))
struct ObservationMetricsTests {
  /// Calls with the reasons that they end with.
  private static let calls: [(method: String, params: String, reason: String, count: Int)] = [
    ("kv.set", #"{"key":"a","value":1}"#, "ok", 7),
    ("kv.get", #"{"key":"a"}"#, "ok", 5),
    ("kv.set", #"{"key":"a","value":1,"onlyIf":"absent"}"#, "CONFLICT", 3),
    ("kv.set", #"{"key":"b","value":1,"ifMatch":"x"}"#, "NOT_FOUND", 2),
    ("kv.get", #"{"key":1}"#, "INVALID_PARAMS", 4),
    ("counter.increment", #"{"key":"n"}"#, "ok", 6),
  ]

  @Test("are answered to a client that asks a thousand times at once, and reads")
  func asked() throws {
    let daemon = try Daemon()
    let client = try ClientProcess(
      """
      import threading
      link = connect(sys.argv[1])
      def ask(method, count):
          call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\\n"
          threading.Thread(target=lambda: link[0].sendall(call * count), daemon=True).start()
          return sum("result" in json.loads(link[1].readline()) for _ in range(count))
      # Many short replies, so that as many calls may be under way.
      for _ in range(2000):
          send(link, "kv.exists", key="a")
          receive(link)
      say(ask("system.metrics", 1500))
      """, [daemon.socketPath])
    #expect(client.lines(1, within: .seconds(60)) == ["1500"])
  }

  @Test("in the file are what was called, what it took and what became of the log's lines")
  func file() throws {
    let folder = try Folder()
    let path = folder.path + "/cloakroom.prom"
    let log = ObservationLog(in: folder)
    let daemon = try Daemon(
      ["--metrics-file", path, "--access-log", log.path, "--set", "metrics.interval=1s"])
    do {
      let client = try daemon.client()
      for call in Self.calls {
        let answers = try client.pipeline(
          Array(repeating: (call.method, call.params), count: call.count))
        #expect(answers.values.allSatisfy { ($0.reason ?? "ok") == call.reason })
      }
      _ = try client.pipeline([("no.such", "{}"), ("no.such", "{}")])
    }
    // The next file has everything, the log's last lines too.
    var metrics = MetricSamples("")
    let isComplete = eventually {
      metrics = MetricSamples(TextFile.read(path))
      return metrics.sum("connections") == 0
        && metrics.sum("access_log_lines_total") == metrics.sum("calls_total")
        && metrics.sum("calls_total", ["reason": "METHOD_NOT_FOUND"]) == 2
    }
    #expect(isComplete)
    for call in Self.calls {
      let labels = ["service": "default", "method": call.method, "reason": call.reason]
      #expect(metrics.sum("calls_total", labels) == Double(call.count), "\(labels)")
    }
    #expect(metrics.sum("calls_total", ["reason": "METHOD_NOT_FOUND"]) == 2)
    for (method, count) in [("kv.set", 12.0), ("kv.get", 9), ("counter.increment", 6)] {
      #expect(metrics.sum("call_duration_seconds_count", ["method": method]) == count)
      #expect(
        metrics.sum("call_duration_seconds_bucket", ["method": method, "le": "+Inf"]) == count)
    }
    #expect(metrics.sum("calls_in_flight") == 0)
    #expect(metrics.sum("connections") == 0)
    let opened = metrics.sum("connections_opened_total")
    #expect(opened >= 2)
    #expect(metrics.sum("connections_closed_total") == opened)
    // Every call is a line, the refused ones and those that waited for the start too.
    #expect(metrics.sum("calls_total") == Double(log.lines.count))
    #expect(
      metrics.sum("access_log_lines_total", ["fate": "written"]) == Double(log.lines.count))
    #expect(metrics.sum("access_log_lines_total") == Double(log.lines.count))
    let bytes = log.entries.reduce(0) { $0 + ($1["in"] as? Int ?? 0) }
    #expect(metrics.sum("received_bytes_total") == Double(bytes))
    let sent = log.entries.reduce(0) { $0 + ($1["out"] as? Int ?? 0) }
    #expect(metrics.sum("sent_bytes_total") == Double(sent))
    #expect(metrics.sum("process_resident_memory_bytes") > 1e6)
    var status = stat()
    stat(path, &status)
    #expect(status.st_mode & 0o777 == 0o644)
    // What is gone is not exported any more.
    #expect(daemon.stop() == .status(0))
    #expect(!TextFile.exists(path))
  }

  @Test("of two sidecars can be in one folder, by a label of each")
  func labels() throws {
    let daemon = try Daemon(["--set", "metrics.labels=instance=orders,zone=a b"])
    let client = try daemon.client()
    _ = try client.call("kv.get", #"{"key":"a"}"#)
    let lines = try client.metrics().text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count > 20)
    #expect(lines.allSatisfy { $0.contains(#"{instance="orders",zone="a b""#) }, "\(lines)")
    for wrong in ["method=a", "le=1", "__a=b", "1a=b", "a", "a=", "a=1,a=2", "limit=x"] {
      let run = try ProgramRun(["serve", "--check", "--set", "metrics.labels=\(wrong)"])
      #expect(run.exit == .status(64), "\(wrong)")
    }
  }

  @Test(
    "have nothing in them that Prometheus' own checker dislikes",
    .enabled(if: Tool.isInstalled("promtool"), "promtool is not installed"))
  func promtool() throws {
    let folder = try Folder()
    let path = folder.path + "/cloakroom.prom"
    let daemon = try Daemon(
      ["--metrics-file", path],
      configuration: #"{"services": {"a.b-c_D": {"users": ["*"], "rate": 1000}}}"#)
    let client = try daemon.client()
    for call in Self.calls { _ = try client.call(call.method, call.params) }
    try TextFile.write(try client.metrics().text, to: path)
    #expect(MetricSamples(TextFile.read(path)).sum("calls_total", ["service": "a.b-c_D"]) >= 6)
    let verdict = try Tool.run(["promtool", "check", "metrics"], input: path)
    #expect(verdict.output == "")
    #expect(verdict.exit == .status(0))
  }

  @Test("say the same in the file and in an answer, which counts no unknown name")
  func answer() throws {
    let folder = try Folder()
    let path = folder.path + "/cloakroom.prom"
    let daemon = try Daemon(["--metrics-file", path, "--set", "metrics.interval=1s"])
    let client = try daemon.client()
    for number in 0..<50 { _ = try client.call("made.up\(number)") }
    #expect(
      try client.metrics().sum("calls_total", ["method": "unknown", "reason": "METHOD_NOT_FOUND"])
        == 50)
    let text = try client.metrics().text
    #expect(!text.contains("made.up"))
    let isWritten = eventually {
      MetricSamples(TextFile.read(path)).sum("calls_total", ["reason": "METHOD_NOT_FOUND"]) == 50
    }
    #expect(isWritten)
  }

  @Test("that can't be written are counted, told once, and written as soon as they can be")
  func unwritable() throws {
    let folder = try Folder()
    let inner = folder.path + "/textfile"
    let path = inner + "/cloakroom.prom"
    let daemon = try Daemon(["--metrics-file", path, "--set", "metrics.interval=1s"])
    let client = try daemon.client()
    let isCounted = try eventually { try client.metrics().sum("metrics_file_failures_total") >= 2 }
    #expect(isCounted)
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    let health = try client.call("system.health")
    let problems = try #require(health["degraded"] as? [[String: String]])
    #expect(problems.contains { $0["what"] == "metricsFile" })
    #expect(daemon.output.components(of: "can't be written") == 1)
    mkdir(inner, 0o755)
    defer {
      unlink(path)
      rmdir(inner)
    }
    let isWritten = eventually { TextFile.exists(path) }
    #expect(isWritten)
    let isTold = eventually { daemon.output.contains("is written again") }
    #expect(isTold)
    // What is over does not degrade it any more.
    #expect(try client.call("system.health")["status"] as? String == "ok")
    #expect(daemon.stop() == .status(0))
  }
}
