/// Writes samples in Prometheus' exposition format, version 0.0.4, under the sidecar's prefix.
struct MetricsPage {
  /// The types that the sidecar has metrics of.
  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  private static let prefix = "cloakroom_"

  /// What has been written so far.
  private(set) var text: [UInt8] = []

  /// What every sample is labelled with, first of all.
  private let constantLabels: [(name: String, value: String)]

  init(constantLabels: [(name: String, value: String)] = []) {
    self.constantLabels = constantLabels
    text.reserveCapacity(16 << 10)
  }

  /// Begins a metric: what follows, up to the next one, are its samples.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    append("# HELP \(Self.prefix)\(name) \(help)\n")
    append("# TYPE \(Self.prefix)\(name) \(kind.rawValue)\n")
  }

  /// Writes one sample.
  mutating func sample(
    _ name: String, _ labels: [(name: String, value: String)], _ value: some CustomStringConvertible
  ) {
    append(Self.prefix)
    append(name)
    let labels = constantLabels + labels
    for (index, label) in labels.enumerated() {
      append(index == 0 ? "{" : ",")
      append(label.name)
      append("=\"")
      append(escaped: label.value)
      append("\"")
    }
    append(labels.isEmpty ? " \(value)\n" : "} \(value)\n")
  }

  /// Writes a metric that has one sample and no label.
  mutating func single(
    _ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible
  ) {
    begin(name, kind, help)
    sample(name, [], value)
  }

  /// Writes a histogram's samples: the buckets, each with those below it, the sum and the count.
  mutating func histogram(
    _ name: String, label: (name: String, value: String)?, buckets: ArraySlice<UInt64>,
    nanoseconds: UInt64, skipsEmpty: Bool
  ) {
    let labels = label.map { [$0] } ?? []
    var count: UInt64 = 0
    let total = buckets.reduce(0, &+)
    if skipsEmpty && total == 0 { return }
    for (bucket, bound) in zip(buckets, DurationBuckets.labels + ["+Inf"]) {
      count &+= bucket
      sample("\(name)_bucket", labels + [("le", bound)], count)
    }
    sample("\(name)_sum", labels, Double(nanoseconds) / 1e9)
    sample("\(name)_count", labels, total)
  }

  private mutating func append(_ string: String) {
    text.append(contentsOf: string.utf8)
  }

  /// A label's value with backslash, quote and line feed escaped, as the format asks for.
  private mutating func append(escaped value: String) {
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\n"): append("\\n")
      default: text.append(byte)
      }
    }
  }
}
