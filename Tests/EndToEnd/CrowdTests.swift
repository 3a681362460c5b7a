internal import Glibc
internal import Support
internal import Testing

@Suite("A crowd", .timeLimit(.minutes(2)), .serialized)
struct CrowdTests {
  /// How long a call of another client takes at most, while the test machine is busy as well. A call that
  /// waits for the crowd waits for ever.
  private static let prompt = Duration.seconds(10)

  /// The longest of so many calls.
  private static func slowest(_ client: LineClient, calls: Int) throws -> Duration {
    try (0..<calls).map { number in
      let start = ContinuousClock.now
      let params = #"{"key":"k","value":\#(number)}"#
      let answer = try client.call("kv.set", params, id: number)
      #expect(answer["ok"] as? Bool == true)
      return ContinuousClock.now - start
    }.max() ?? .zero
  }

  /// The process's resident memory in bytes.
  private static func residentBytes(_ sidecar: Daemon) throws -> Int {
    let status = TextFile.read("/proc/\(sidecar.process.id)/status")
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.filter(\.isNumber))) * 1024
  }

  /// Lets this process open as many files as it may.
  private static func raiseFileLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  @Test("of 1,000 that hang half way keeps nobody waiting")
  func slow() throws {
    Self.raiseFileLimit()
    let sidecar = try Daemon()
    let line = Array(LineClient.request("system.ping").utf8)
    let headers = Array("Content-Length: 100000\r\n\r\n".utf8) + line
    let crowd = try (0..<1000).map { _ in try sidecar.client() }
    // Byte for byte in turn, each in the middle of something else.
    for position in 0..<8 {
      for (number, client) in crowd.enumerated() {
        let text = number.isMultiple(of: 2) ? line : headers
        try client.send([text[(position + number % 20) % text.count]])
      }
      #expect(try Self.slowest(try sidecar.client(), calls: 20) < Self.prompt)
    }
    let probe = try sidecar.client()
    #expect(try probe.metrics().sum("connections") >= 1001)
    withExtendedLifetime(crowd) {}
  }

  @Test("of calls whose replies nobody reads takes no more memory than its share")
  func neverReads() throws {
    let sidecar = try Daemon(["--loops", "1"])
    let other = try sidecar.client()
    let value = "\"\(String(repeating: "x", count: 1 << 20))\""
    try other.call("kv.set", #"{"key":"big","value":\#(value)}"#)
    let before = try Self.residentBytes(sidecar)
    let calls = Array(
      String(repeating: LineClient.request("kv.get", #"{"key":"big"}"#), count: 1000).utf8)
    let readers = try (0..<8).map { _ in try sidecar.client() }
    for reader in readers { _ = reader.offer(calls) }
    #expect(try Self.slowest(other, calls: 50) < Self.prompt)
    // Each may hold one long reply and what is gathered beside it, not a gigabyte.
    #expect(try Self.residentBytes(sidecar) - before < 128 << 20)
    // A client that does begin to read gets everything.
    let reader = try #require(readers.first)
    for _ in 0..<20 { #expect(try reader.readLine().utf8.count > 1 << 20) }
  }

  @Test("of calls by one peer leaves room for another's")
  func flood() throws {
    let sidecar = try Daemon(["--loops", "1"])
    let flood = try sidecar.client()
    let calls = Array(
      String(repeating: LineClient.request("kv.get", #"{"key":"k"}"#), count: 20_000).utf8)
    let other = try sidecar.client()
    var slowest = Duration.zero
    for _ in 0..<30 {
      _ = flood.offer(calls)
      slowest = max(slowest, try Self.slowest(other, calls: 2))
    }
    #expect(slowest < Self.prompt)
  }

  @Test("that comes and goes leaves nothing behind")
  func churn() throws {
    let sidecar = try Daemon()
    let client = try sidecar.client()
    for number in 0..<500 {
      let passing = try sidecar.client()
      try passing.send(LineClient.request("kv.get", #"{"key":"k"}"#, id: number))
    }
    #expect(try eventually { try client.metrics().sum("connections") == 1 })
    #expect(try client.metrics().sum("calls_in_flight") <= 1)
  }
}
