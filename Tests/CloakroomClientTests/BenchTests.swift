import CloakroomWire
import Testing

@testable import CloakroomClient
@testable import CloakroomCommand

@Suite("cloakroom bench", .timeLimit(.minutes(1)))
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

  private var subject: BenchSubject {
    BenchSubject(operations: ["kv.get", "kv.set"], description: "50 connections", numbers: [])
  }

  @Test("prints a table whose columns line up, and the ratio of what there is two of")
  func table() throws {
    func row(_ operation: String, _ target: String, _ rates: [Double]) -> BenchReport.Row {
      BenchReport.Row(
        operation: operation, target: target,
        results: rates.map { rate in
          var result = LoadResult()
          result.perSecond = rate
          result.latency.p50 = 1234.56
          return result
        })
    }
    let rows = [
      row("kv.get", "sidecar", [150_000, 200_000, 9_000]),
      row("kv.get", "redis", [120_000, 160_000, 7_200]), row("kv.set", "sidecar", [9_000]),
    ]
    let report = BenchReport(subject: subject, rows: rows, isInterrupted: false)
    let lines = report.table.split(separator: "\n").map(String.init)
    #expect(lines[0] == "50 connections")
    #expect(Set(lines[1...4].map(\.count)).count == 1)
    #expect(lines[2].hasPrefix("kv.get sidecar  150,000  1234.6"))
    #expect(
      lines[5] == """
        req/s, sidecar / redis: kv.get 1.250 ± 0.000; means of 3 pairs of runs, ± their standard error
        """)
    let json = try JSONNode(report.json)
    #expect(json["ratio"]?["kv.get"]?.double == 1.25)
    #expect(json["ratioError"]?["kv.get"]?.double == 0)
    #expect(json["results"]?.elements.map { $0["runs"]?.integer } == [3, 3, 1])
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
    let row = BenchReport.Row(operation: "kv.get", target: "sidecar", results: [result])
    let report = BenchReport(subject: subject, rows: [row], isInterrupted: true)
    #expect(report.hasErrors)
    #expect(report.warnings.count == 4)
  }

  @Test(
    "compares runs that followed upon each other, and says how sure it is",
    arguments: [
      // The machine's speed changes by a factor of ten, and the ratio doesn't.
      ([100, 1000, 10], [200, 2000, 20], 0.5, 0.0),
      ([100, 100], [50, 200], 1, 0.693147),
      ([100, 100, 100, 100], [50, 200, 50, 200], 1, 0.400189),
      // Of a run that was interrupted, or measured nothing, there is no pair.
      ([100, 100, 7], [200, 200], 0.5, 0),
      ([0, 100, 100], [5, 200, 200], 0.5, 0),
    ] as [([Double], [Double], Double, Double)])
  func ratios(rates: [Double], others: [Double], mean: Double, error: Double) throws {
    let ratio = try #require(BenchRatio(of: rates, to: others))
    #expect(abs(ratio.mean - mean) < 1e-6)
    #expect(abs(try #require(ratio.error) - error) < 1e-6)
  }

  @Test("says nothing of how sure a single pair is, and nothing of none")
  func fewPairs() throws {
    let single = try #require(BenchRatio(of: [1], to: [4]))
    #expect(single.mean == 0.25 && single.error == nil && single.pairs == 1)
    #expect(BenchRatio(of: [], to: []) == nil)
    #expect(BenchRatio(of: [1], to: [0]) == nil)
  }

  @Test(
    "takes many short runs beside Redis, and one long one alone",
    arguments: [
      ([], "one run of 5 s"), (["--seconds=2"], "one run of 2 s"),
      (["--redis=x"], "medians of 40 runs of 0.5 s"),
      (["--redis=x", "--seconds=2"], "medians of 10 runs of 2 s"),
      (["--redis=x", "--seconds=3600"], "medians of 5 runs of 3600 s"),
      (["--redis=x", "--seconds=1e-300"], "medians of 40 runs of"),
      (["--redis=x", "--runs=3"], "medians of 3 runs of 0.5 s"),
      (["--requests=5000"], "one run of 5,000 requests"),
      (["--requests=9", "--seconds=2"], "one run of 9 requests or 2 s"),
    ])
  func lengths(words: [String], text: String) throws {
    #expect(try BenchKeyValues.parse(words).options.lengths(of: "requests").hasPrefix(text))
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
    let absent = try BenchKeyValues.parse(place + ["unix:///proc/cloakroom-nothing/r"]).outcome(
      .test())
    #expect(absent.status == .unavailable)
    #expect(absent.complaint.contains("no Redis answers at unix:///proc/cloakroom-nothing/r"))
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
    let nothing = "/proc/cloakroom-nothing/r"
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
