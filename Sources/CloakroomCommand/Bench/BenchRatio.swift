import Glibc

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
