import Testing

@testable import CloakroomClient
@testable import CloakroomCommand

@Suite("cloakroom bench")
struct BenchTests {
  @Test("measures a sidecar, and leaves nothing behind")
  func measures() throws {
    let sidecar = try SidecarProcess()
    let words = [
      "--socket", sidecar.socket, "--requests", "400", "--keys", "20", "--connections", "3",
      "--pipeline", "4", "--value-size", "40", "--json",
    ]
    let outcome = try BenchKeyValues.parse(words).outcome(.test())
    #expect(outcome.status == .success, "\(outcome.complaint)")
    let results = try #require(try JSONNode(outcome.output)["results"]).elements
    #expect(results.compactMap { $0["method"]?.string } == ["kv.get", "kv.set"])
    for result in results {
      #expect(result["requests"]?.integer == 400)
      #expect(result["errors"]?.integer == 0)
      #expect(result["missing"]?.integer == 0)
      let quantiles = ["p50Us", "p90Us", "p99Us", "p999Us", "maxUs"].compactMap {
        result[$0]?.double
      }
      #expect(quantiles.count == 5)
      #expect(quantiles == quantiles.sorted())
      #expect(quantiles[0] > 0)
    }
    let page = try Call.outcome(["system.metrics", "--socket", sidecar.socket])
    let text = try #require(try JSONNode(page.output).string)
    #expect(text.contains("\ncloakroom_store_memory_entries 0\n"))
  }

  @Test("prints a table whose columns line up, and the ratio of what there is two of")
  func table() {
    var plan = BenchPlan(
      connections: 50, pipeline: 1, operations: [.get, .set], runs: 5, valueSize: 256, keys: 10_000)
    plan.seconds = 2
    func row(_ operation: LoadWork.Operation, _ target: String, _ rate: Double) -> BenchReport.Row {
      var result = LoadResult()
      result.perSecond = rate
      result.latency.p50 = 1234.56
      return BenchReport.Row(operation: operation.rawValue, target: target, runs: 5, result: result)
    }
    let rows = [
      row(.get, "sidecar", 150_000), row(.get, "redis", 120_000), row(.set, "sidecar", 9_000),
    ]
    let report = BenchReport(subject: plan.subject, rows: rows, isInterrupted: false)
    #expect(report.ratios.map(\.ratio) == [1.25])
    let lines = report.table.split(separator: "\n").map(String.init)
    #expect(lines[0].contains("medians of 5 runs of 2 s"))
    #expect(Set(lines[1...4].map(\.count)).count == 1)
    #expect(lines[2].hasPrefix("kv.get sidecar  150,000  1234.6"))
    #expect(lines[5] == "req/s, sidecar / redis: kv.get 1.250")
    #expect(!report.hasErrors)
    #expect(report.warnings == [])
  }

  @Test("doubts figures that a busy client, errors or evictions have spoilt")
  func doubts() {
    var result = LoadResult()
    result.clientCPU = 0.95
    result.errors = 2
    result.firstError = "OVERLOADED: too much"
    result.missing = 3
    let plan = BenchPlan(
      connections: 1, pipeline: 1, operations: [.get], runs: 1, valueSize: 2, keys: 1)
    let row = BenchReport.Row(operation: "kv.get", target: "sidecar", runs: 1, result: result)
    let report = BenchReport(subject: plan.subject, rows: [row], isInterrupted: true)
    #expect(report.hasErrors)
    #expect(report.warnings.count == 4)
  }

  @Test("reads quantiles that are at most 1/256 above the true ones")
  func quantiles() {
    var histogram = LatencyHistogram()
    var values: [UInt64] = []
    var value: UInt64 = 1
    while value < 1 << 40 {
      values.append(value)
      value += value / 3 + 1
    }
    for value in values { histogram.record(value) }
    for perMille in [1, 500, 900, 990, 999, 1000] as [UInt64] {
      let rank = max((UInt64(values.count) * perMille + 999) / 1000, 1)
      let exact = values[Int(rank) - 1]
      let read = histogram.quantile(perMille: perMille)
      #expect(read >= exact && read <= exact + exact / 256, "\(perMille)")
    }
    #expect(LatencyHistogram().quantile(perMille: 500) == 0)
    histogram.record(.max)
    #expect(histogram.quantile(perMille: 1000) == .max)
  }

  @Test(
    "refuses what can't be measured",
    arguments: [
      "--connections=0", "--pipeline=0", "--value-size=1", "--keys=0", "--seconds=0", "--runs=0",
      "--seconds=nan", "--requests=-1", "--method=kv.take", "--pipeline=10000",
    ])
  func limits(option: String) throws {
    var words = [option]
    if option == "--pipeline=10000" { words.append("--connections=101") }
    #expect(throws: (any Error).self) { try BenchKeyValues.parse(words) }
  }

  @Test("measures the tokens of every algorithm")
  func tokens() throws {
    let outcome = try BenchTokens.parse(["--seconds", "0.001"]).outcome()
    #expect(outcome.status == .success)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 10)
    for name in ["HS256 ", "RS256 ", "PS256 ", "ES384 ", "EdDSA ", "HS256 sealed "] {
      #expect(lines.contains { $0.hasPrefix(name) }, "\(name)")
    }
    #expect(try BenchTokens.parse(["--seconds", "0"]).outcome().status == .usage)
  }

  @Test("says which Redis it can't measure")
  func redis() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket, "--requests", "1", "--keys", "1", "--redis"]
    let absent = try BenchKeyValues.parse(place + ["unix:///tmp/cloakroom-nothing/r"]).outcome(
      .test())
    #expect(absent.status == .unavailable)
    #expect(absent.complaint.contains("no Redis answers at unix:///tmp/cloakroom-nothing/r"))
    let wrong = try BenchKeyValues.parse(place + ["http://localhost"]).outcome(.test())
    #expect(wrong.status == .usage)
  }

  @Test(
    "refuses events that can't be measured",
    arguments: [
      ["--subscribers=0"], ["--pipeline=0"], ["--data-size=35"], ["--seconds=0"], ["--runs=0"],
      ["--requests=-1"], ["--subscribers=10000", "--pipeline=101"], ["--connections=1"],
    ])
  func eventLimits(options: [String]) throws {
    #expect(throws: (any Error).self) { try BenchEvents.parse(options) }
  }

  @Test(
    "refuses streams that can't be measured",
    arguments: [
      "--connections=0", "--message-size=1", "--seconds=0", "--runs=0", "--requests=0",
      "--pipeline=2",
    ])
  func streamLimits(option: String) throws {
    #expect(throws: (any Error).self) { try BenchStreams.parse([option]) }
  }

  @Test("says which sidecar or Redis can't be measured")
  func absence() throws {
    let sidecar = try SidecarProcess()
    let nothing = "/tmp/cloakroom-nothing/r"
    let place = ["--socket", sidecar.socket]
    for outcome in [
      try BenchEvents.parse(["--socket", nothing]).outcome(.test()),
      try BenchStreams.parse(["--socket", nothing]).outcome(.test()),
    ] {
      #expect(outcome.status == .unavailable)
      #expect(outcome.complaint.contains(nothing))
    }
    let wrong = try BenchEvents.parse(place + ["--redis", "http://localhost"]).outcome(.test())
    #expect(wrong.status == .usage)
  }

  @Test("measures values unless it is told otherwise")
  func subcommands() throws {
    #expect(try Bench.parseAsRoot(["--pipeline", "2"]) is BenchKeyValues)
    #expect(try Bench.parseAsRoot(["values", "--keys", "2"]) is BenchKeyValues)
    #expect(try Bench.parseAsRoot(["events"]) is BenchEvents)
    #expect(try Bench.parseAsRoot(["streams"]) is BenchStreams)
  }
}
