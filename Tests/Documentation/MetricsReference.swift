@testable import CloakroomObservability

/// The metrics for people to read: made from the text that the sidecar itself writes.
enum MetricsReference {
  /// One metric, as the text has it.
  private struct Metric {
    var name: String
    var help: String
    var kind = ""
    /// The labels' names in their order, and the values that they were seen with.
    var labels: [(name: String, values: [String])] = []

    mutating func note(_ label: String, _ value: String) {
      let known = labels.firstIndex { $0.name == label }
      let place = known ?? labels.endIndex
      if known == nil { labels.append((label, [])) }
      if !labels[place].values.contains(value) { labels[place].values.append(value) }
    }
  }

  /// A table in Markdown of every metric: its name, its type, its labels and what it counts.
  ///
  /// A label's values are listed where they are the code's own and not, say, the configured services.
  static func markdown() -> String {
    let rows = metrics().map { metric in
      let labels = metric.labels.map { label in
        // One value alone is the example that the page was made with.
        let values = label.values.count > 1 ? label.values.map(code).joined(separator: ", ") : ""
        return code(label.name) + (values.isEmpty ? "" : ": \(values)")
      }
      let cells = [code(metric.name), metric.kind, labels.joined(separator: "; "), metric.help]
      return "| \(cells.joined(separator: " | ")) |\n"
    }
    return "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n" + rows.joined()
  }

  /// A text in which nothing is left out because it is not there, or has not happened.
  private static func page() -> String {
    let reload = ReloadGauges(loadedAtMs: 0, failures: 0)
    let labels = MetricsLabels(services: ["default"], methods: ["kv.get"])
    var snapshot = MetricsSnapshot(labels: labels)
    snapshot.counters.count(
      service: 0, method: 0, failure: nil, duration: 1, storeDuration: 1, bytesIn: 1, bytesOut: 1)
    let text = MetricsText(
      snapshot: snapshot,
      process: ProcessFacts(startTime: 0, residentBytes: 0, cpuSeconds: 0, openFiles: 0),
      store: StoreGauges(isUp: true, memoryBytes: 0, memoryEntries: 0, evictions: 0),
      accessLog: AccessLogCounts(), policy: reload,
      keys: KeyGauges(
        counts: [KeyGauges.Count(state: "active", algorithm: "EdDSA", count: 1)], reload: reload),
      flows: reload, work: WorkGauges(waiting: 0, done: 0), clientMemoryLimit: 0)
    return String(decoding: text.render(), as: UTF8.self)
  }

  private static func metrics() -> [Metric] {
    var metrics: [Metric] = []
    for line in page().split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# HELP "), words.count == 4 {
        metrics.append(Metric(name: words[2], help: words[3]))
      } else if let last = metrics.indices.last {
        if line.hasPrefix("# TYPE "), words.count == 4 {
          metrics[last].kind = words[3]
        } else {
          for (label, value) in labels(of: line) { metrics[last].note(label, value) }
        }
      }
    }
    return metrics
  }

  /// The labels of a sample, but for a bucket's bound. The page's values need no escape.
  private static func labels(of sample: Substring) -> [(String, String)] {
    guard let open = sample.firstIndex(of: "{"), let close = sample.lastIndex(of: "}") else {
      return []
    }
    return sample[sample.index(after: open)..<close].split(separator: ",").compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0] != "le" else { return nil }
      return (String(parts[0]), String(parts[1].filter { $0 != "\"" }))
    }
  }

  private static func code(_ text: String) -> String { "`\(text)`" }
}
