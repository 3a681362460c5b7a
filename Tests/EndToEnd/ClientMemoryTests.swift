internal import Foundation
internal import Glibc
internal import Support
internal import Testing

/// The clients of these tests are one process to the sidecar, and the program that calls beside them is another one.
@Suite("The memory that clients have the sidecar hold", .timeLimit(.minutes(3)), .serialized)
struct ClientMemoryTests {
  private static let megabyte = "\"" + String(repeating: "x", count: 1_000_000) + "\""

  private static func sidecar(_ limit: String, wrapper: [String] = []) throws -> Daemon {
    try Daemon(["--set", "limits.clientMemory=\(limit)"], wrapper: wrapper)
  }

  /// A client that wants little, in a process of its own.
  private static func isServed(_ sidecar: Daemon) throws -> Bool {
    let run = try ProgramRun(
      ["call", "kv.set", #"{"key":"calm","value":[1,2]}"#, "--socket", sidecar.socketPath])
    return run.exit == .status(0)
  }

  private static func drops(_ client: LineClient) throws -> Double {
    try client.metrics().sum("client_memory_drops_total")
  }

  private static func memory(_ client: LineClient, _ name: String) throws -> Int {
    try #require(try client.call("system.health")["memory", name] as? Int)
  }

  private static func problems(_ client: LineClient) throws -> [String] {
    let problems = try client.call("system.health")["degraded"] as? [[String: String]]
    return (problems ?? []).filter { $0["what"] == "memory" }.compactMap { $0["reason"] }
  }

  private static func status(_ sidecar: Daemon, _ name: String) throws -> Int {
    let status = TextFile.read("/proc/\(sidecar.process.id)/status")
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
    return try #require(Int(line.filter(\.isNumber))) * 1024
  }

  /// The members of a batch's reply.
  private static func members(of line: String) throws -> [Answer] {
    let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [[String: Any]] ?? []
    return try members.map {
      Answer(String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self))
    }
  }

  @Test("is no more for requests that stay half than the limit: connections are closed, by name")
  func halfRequests() throws {
    let sidecar = try Self.sidecar("16MiB")
    let probe = try sidecar.client()
    let params = #"{"key":"k","value":"\#(String(repeating: "x", count: 3_000_000))"}"#
    let half = Array(LineClient.request("kv.set", params).utf8.dropLast(10))
    let crowd = try (0..<12).map { _ in try sidecar.client() }
    // One that is closed while it sends finds out by that.
    for client in crowd { try? client.send(half) }
    #expect(try eventually { try Self.drops(probe) >= 7 })
    #expect(try Self.drops(probe) < 12)
    #expect(try Self.memory(probe, "clientBytes") <= 16 << 20)
    #expect(try Self.memory(probe, "clientLimitBytes") == 16 << 20)
    let metrics = try probe.metrics()
    #expect(metrics.sum("client_memory_bytes", ["kind": "requests"]) > 8_000_000)
    #expect(metrics.sum("client_memory_limit_bytes") == Double(16 << 20))
    #expect(metrics.sum("limit_hits_total", ["limit": "client_memory"]) >= 7)
    #expect(try Self.problems(probe).first?.contains("pid \(getpid()) holds most") == true)
    #expect(try Self.isServed(sidecar))
    let line = try #require(
      sidecar.output.split(separator: "\n").first { $0.contains("limits.clientMemory is reached") })
    for part in ["pid=\(getpid())", "uid=\(getuid())", "service=default", "requests=3000"] {
      #expect(line.contains(part), "\(line)")
    }
    // Who can be told is told.
    let told = crowd.filter {
      (try? $0.readToEnd(within: .milliseconds(100)))?.contains("OVERLOADED") == true
    }
    #expect(!told.isEmpty)
    #expect(try eventually { try Self.problems(probe).isEmpty })
    withExtendedLifetime(crowd) {}
  }

  @Test(
    "is no more for batches whose replies nobody reads: their members are refused, and the others' results kept"
  )
  func batches() throws {
    let sidecar = try Self.sidecar("16MiB")
    let probe = try sidecar.client()
    try probe.call("kv.set", #"{"key":"k","value":\#(Self.megabyte)}"#)
    let get = LineClient.request("kv.get", #"{"key":"k"}"#).dropLast()
    let crowd = try (0..<6).map { _ in try sidecar.client() }
    for client in crowd {
      try client.send("[" + Array(repeating: get, count: 8).joined(separator: ",") + "]\n")
    }
    #expect(try eventually { try probe.metrics().sum("calls_total", ["method": "kv.get"]) >= 48 })
    #expect(try Self.memory(probe, "clientBytes") <= 16 << 20)
    #expect(try Self.isServed(sidecar))
    var values = 0
    var refusals: [Answer] = []
    for client in crowd {
      guard let line = try? client.readLine() else { continue }
      for answer in try Self.members(of: line) {
        if answer.reason == nil { values += 1 } else { refusals.append(answer) }
      }
    }
    #expect(values >= 8)
    #expect(!refusals.isEmpty)
    for answer in refusals {
      #expect(answer.reason == "OVERLOADED" && answer.retryAfterMs == 1000)
      #expect(answer.detail("limit") as? String == "limits.clientMemory")
    }
    // What was read makes room.
    #expect(try probe.call("kv.get", #"{"key":"k"}"#)["found"] as? Bool == true)
  }

  @Test(
    "is no more for calls that wait: one more is OVERLOADED, and all of it is given back at the end"
  )
  func waits() throws {
    let sidecar = try Self.sidecar("8MiB")
    let probe = try sidecar.client()
    try probe.ensure()
    let reads = (0..<1000).map {
      LineClient.request(
        "streams.read", #"{"stream":"s","group":"g","consumer":"c","blockMs":60000}"#, id: $0)
    }.joined()
    var crowd = try (0..<10).map { _ in try sidecar.client() }
    for client in crowd { try client.send(reads) }
    let refused = { try probe.metrics().sum("limit_hits_total", ["limit": "client_memory"]) }
    #expect(try eventually { try refused() > 1000 })
    #expect(try Self.memory(probe, "clientBytes") <= 8 << 20)
    #expect(try Self.isServed(sidecar))
    let lines = crowd.flatMap { (try? $0.availableLines()) ?? [] }
    #expect(!lines.isEmpty)
    #expect(lines.allSatisfy { Answer($0).reason == "OVERLOADED" })
    crowd = []
    #expect(try eventually { try probe.metrics().sum("calls_in_flight") == 1 })
    #expect(try Self.memory(probe, "clientBytes") == 0)
  }

  @Test("is no more for subscriptions: one more is OVERLOADED")
  func subscriptions() throws {
    let sidecar = try Self.sidecar("8MiB")
    let probe = try sidecar.client()
    let crowd = try (0..<6).map { _ in try sidecar.client() }
    var refusals: [Answer] = []
    for client in crowd {
      try client.send(
        (0..<1000).map { LineClient.request("events.subscribe", #"{"channel":"c\#($0)"}"#) }
          .joined())
      refusals += try client.readLines(1000).map(Answer.init).filter { $0.reason != nil }
    }
    #expect(refusals.count > 1000 && refusals.allSatisfy { $0.reason == "OVERLOADED" })
    #expect(try Self.memory(probe, "clientBytes") <= 8 << 20)
    #expect(
      try crowd[0].call("events.unsubscribe", #"{"subscription":"s1"}"#).result as? Bool == true)
    #expect(try Self.isServed(sidecar))
  }

  @Test(
    "goes to nobody who is gone: a message is a living reader's, though thousands waited before it")
  func gone() throws {
    let sidecar = try Daemon()
    let (living, writer) = (try sidecar.client(), try sidecar.client())
    try writer.ensure()
    var crowd = try (0..<5).map { _ in try sidecar.client() }
    for (number, client) in crowd.enumerated() {
      let params = #"{"stream":"s","group":"g","consumer":"gone\#(number)","blockMs":60000}"#
      try client.send(
        (0..<1000).map { LineClient.request("streams.read", params, id: $0) }.joined())
    }
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") == 5001 })
    try living.sendRead(consumer: "living", blockMs: 60_000, id: 9)
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") == 5002 })
    crowd = []
    #expect(try eventually { try writer.metrics().sum("connections") == 2 })
    try writer.append("1")
    #expect(Answer(try living.readLine()).id == 9)
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") == 1 })
  }

  @Test("never ends the process, and is given back to the system when they are gone")
  func storm() throws {
    let sidecar = try Self.sidecar("64MiB", wrapper: ["prlimit", "--as=3000000000"])
    let probe = try sidecar.client()
    try probe.call("kv.set", #"{"key":"k","value":\#(Self.megabyte)}"#)
    let before = try Self.status(sidecar, "VmRSS")
    let get = LineClient.request("kv.get", #"{"key":"k"}"#).dropLast()
    let batch = Array(("[" + Array(repeating: get, count: 16).joined(separator: ",") + "]\n").utf8)
    let half = Array(
      LineClient.request(
        "kv.set", #"{"key":"h","value":"\#(String(repeating: "x", count: 3_900_000))"}"#
      )
      .utf8.dropLast(10))
    var crowd = try (0..<60).map { _ in try sidecar.client() }
    for (number, client) in crowd.enumerated() {
      try? client.send(number.isMultiple(of: 2) ? batch : half)
    }
    #expect(try eventually { try Self.drops(probe) > 0 })
    #expect(try Self.isServed(sidecar))
    #expect(try Self.status(sidecar, "VmHWM") - before < (64 << 20) + 100_000_000)
    crowd = []
    #expect(try eventually { try Self.status(sidecar, "VmRSS") - before < 40_000_000 })
    #expect(sidecar.process.waitForExit(within: .zero) == nil)
  }
}
