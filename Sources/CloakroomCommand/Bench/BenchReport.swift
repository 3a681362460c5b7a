import CloakroomClient
import Glibc

/// What was measured, for people and for programs.
struct BenchReport {
  /// One operation on one server.
  struct Row {
    /// Its name in the subject.
    let operation: String
    let target: String
    /// What each run has measured.
    let results: [LoadResult]
    /// What they come to.
    let result: LoadResult

    init(operation: String, target: String, results: [LoadResult]) {
      self.operation = operation
      self.target = target
      self.results = results
      result = .median(of: results)
    }
  }

  let subject: BenchSubject
  let rows: [Row]
  let isInterrupted: Bool

  /// Whether any answer was an error, or a value was missing that had been written.
  var hasErrors: Bool { rows.contains { $0.result.errors > 0 || $0.result.missing > 0 } }

  /// The sidecar's rate by Redis' own, for each operation of which there are both.
  var ratios: [(operation: String, ratio: BenchRatio)] {
    subject.operations.compactMap { operation in
      let rates = { (target: String) in
        rows.first { $0.operation == operation && $0.target == target }?.results.map(\.perSecond)
      }
      return BenchRatio(of: rates("sidecar") ?? [], to: rates("redis") ?? []).map {
        (operation, $0)
      }
    }
  }

  /// What should make one doubt the figures.
  var warnings: [String] {
    var texts: [String] = []
    if isInterrupted { texts.append("interrupted: the figures are of what was done until then") }
    for row in rows {
      let name = "\(row.operation) \(row.target)"
      if row.result.clientCPU > 0.9 {
        let percent = Numbers.fixed(row.result.clientCPU * 100, places: 0)
        texts.append(
          "\(name): this client used \(percent) % of a core; it, not the server, may be the limit")
      }
      if let error = row.result.firstError {
        texts.append("\(name): \(row.result.errors) errors, the first: \(error)")
      }
      if row.result.missing > 0 {
        texts.append("\(name): \(row.result.missing) values were no longer there: evicted?")
      }
    }
    return texts
  }

  /// A table, and the ratios below it.
  var table: String {
    var lines = [
      [
        "", subject.unit, "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "max µs", "errors",
        "client CPU",
      ]
    ]
    for row in rows {
      let latency = row.result.latency
      lines.append(
        ["\(row.operation) \(row.target)", Numbers.grouped(Int(row.result.perSecond))]
          + [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map {
            Numbers.fixed($0, places: 1)
          } + [
            Numbers.grouped(row.result.errors),
            Numbers.fixed(row.result.clientCPU * 100, places: 0) + " %",
          ])
    }
    let widths = (lines.first ?? []).indices.map { column in
      lines.map { $0[column].count }.max() ?? 0
    }
    var text = subject.description + "\n\n"
    for line in lines {
      let cells = zip(line, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }
      text += cells.joined(separator: "  ") + "\n"
    }
    if let pairs = ratios.first?.ratio.pairs {
      let parts = ratios.map { operation, ratio in
        let error = ratio.error.map { " ± \(Numbers.fixed($0, places: 3))" } ?? ""
        return "\(operation) \(Numbers.fixed(ratio.mean, places: 3))\(error)"
      }
      text += "\n\(subject.unit), sidecar / redis: " + parts.joined(separator: ", ")
      text += pairs == 1 ? "\n" : "; means of \(pairs) pairs of runs, ± their standard error\n"
    }
    return text
  }

  /// One JSON object; its names carry the units.
  var json: [UInt8] {
    let rows = rows.map { row in
      let latency = row.result.latency
      let quantiles = [
        ("p50Us", latency.p50), ("p90Us", latency.p90), ("p99Us", latency.p99),
        ("p999Us", latency.p999), ("maxUs", latency.max),
      ].map { ",\"\($0.0)\":\(Numbers.fixed($0.1, places: 3))" }
      return "{\"method\":\"\(row.operation)\",\"target\":\"\(row.target)\""
        + ",\"runs\":\(row.results.count),\"requests\":\(row.result.requests)"
        + ",\"requestsPerSecond\":\(Numbers.fixed(row.result.perSecond, places: 1))"
        + quantiles.joined()
        + ",\"errors\":\(row.result.errors),\"missing\":\(row.result.missing)"
        + ",\"clientCPU\":\(Numbers.fixed(row.result.clientCPU, places: 3))}"
    }
    let means = ratios.map { "\"\($0.operation)\":\(Numbers.fixed($0.ratio.mean, places: 4))" }
    let errors = ratios.compactMap { operation, ratio in
      ratio.error.map { "\"\(operation)\":\(Numbers.fixed($0, places: 4))" }
    }
    let text =
      "{" + subject.numbers.map { "\"\($0.name)\":\($0.value)," }.joined()
      + "\"interrupted\":\(isInterrupted),\"results\":[" + rows.joined(separator: ",")
      + "],\"ratio\":{" + means.joined(separator: ",") + "},\"ratioError\":{"
      + errors.joined(separator: ",") + "}}\n"
    return Array(text.utf8)
  }

  /// What the command comes to that was to measure this.
  func outcome(json isJSON: Bool) -> Outcome {
    var outcome = isJSON ? Outcome(output: json) : .success(table)
    outcome.complaint = warnings.map { "warning: \($0)\n" }.joined()
    (outcome.complaintColour, outcome.isList) = (.remark, true)
    if hasErrors || isInterrupted { outcome.status = .failure }
    return outcome
  }
}

/// How much faster one server is than another, by pairs of runs that followed upon each other.
///
/// A machine is now quicker and now slower, mostly for longer than a pair of short runs takes: their
/// ratio is steadier than that of two medians, and tells by how far it can be trusted.
struct BenchRatio: Equatable {
  /// How many pairs there were.
  let pairs: Int
  /// The geometric mean of their ratios.
  let mean: Double
  /// The standard error of the mean; nil for a single pair, which does not tell.
  let error: Double?

  /// Compares rates of runs, the first with the first and so on; nil when there is no pair.
  init?(of rates: [Double], to others: [Double]) {
    let logarithms = zip(rates, others).compactMap { $0 > 0 && $1 > 0 ? log($0 / $1) : nil }
    guard !logarithms.isEmpty else { return nil }
    pairs = logarithms.count
    let count = Double(pairs)
    let center = logarithms.reduce(0, +) / count
    mean = exp(center)
    let squares = logarithms.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    error = pairs == 1 ? nil : mean * (squares / (count - 1) / count).squareRoot()
  }
}
