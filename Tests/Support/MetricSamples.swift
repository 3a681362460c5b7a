/// The samples of a text in Prometheus' format, for looking into it.
public struct MetricSamples {
  private struct Sample {
    let name: Substring
    let labels: Set<Substring>
    let value: Double
  }

  /// The text as it came.
  public let text: String
  private let samples: [Sample]

  /// Takes a text apart; its label values have no comma and no escape.
  public init(_ text: String) {
    self.text = text
    samples = text.split(separator: "\n").compactMap { line in
      guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
        let value = Double(line[line.index(after: space)...])
      else { return nil }
      let parts = line[..<space].split(separator: "{")
      let labels = parts.dropFirst().first?.dropLast().split(separator: ",") ?? []
      return Sample(name: parts[0], labels: Set(labels), value: value)
    }
  }

  /// The sum of a metric's samples that carry all of the given labels; 0 when there is none.
  ///
  /// - Parameter name: the metric's name without the sidecar's prefix.
  public func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    let wanted = Set(labels.map { Substring("\($0.key)=\"\($0.value)\"") })
    return samples.reduce(0) { sum, sample in
      sample.name == "cloakroom_" + name && wanted.isSubset(of: sample.labels)
        ? sum + sample.value : sum
    }
  }
}

extension LineClient {
  /// What the sidecar has counted so far.
  public func metrics() throws -> MetricSamples {
    MetricSamples(try call("system.metrics").result as? String ?? "")
  }
}
