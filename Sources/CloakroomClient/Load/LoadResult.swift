/// What one run has measured.
public struct LoadResult: Sendable, Equatable {
  /// How many requests were answered, with errors and missing values among them.
  public var requests = 0
  /// How many of the answers were errors.
  public var errors = 0
  /// How many of the answers said that there is no value.
  public var missing = 0
  /// Requests answered in a second, from the first that was sent to the last that was answered.
  public var perSecond = 0.0
  /// How long requests took, in microseconds.
  public var latency = Latency()
  /// The share of a core that the client itself used, 1 being all of it.
  public var clientCPU = 0.0
  /// What the first error said, nil if there was none.
  public var firstError: String?

  /// Quantiles of latency in microseconds, at most 0.4 % too high.
  public struct Latency: Sendable, Equatable {
    /// What half of the requests stayed within.
    public var p50 = 0.0
    /// What 90 % of the requests stayed within.
    public var p90 = 0.0
    /// What 99 % of the requests stayed within.
    public var p99 = 0.0
    /// What 99.9 % of the requests stayed within.
    public var p999 = 0.0
    /// What the slowest request took, exactly.
    public var max = 0.0

    init() {}

    init(_ histogram: LatencyHistogram) {
      p50 = Double(histogram.quantile(perMille: 500)) / 1e3
      p90 = Double(histogram.quantile(perMille: 900)) / 1e3
      p99 = Double(histogram.quantile(perMille: 990)) / 1e3
      p999 = Double(histogram.quantile(perMille: 999)) / 1e3
      max = Double(histogram.longest) / 1e3
    }
  }

  init() {}

  /// Figure by figure the median of several runs; requests, errors and missing values are summed
  /// up instead, and the first error is kept.
  public static func median(of runs: [LoadResult]) -> LoadResult {
    func median(_ figure: (LoadResult) -> Double) -> Double {
      let sorted = runs.map(figure).sorted()
      guard !sorted.isEmpty else { return 0 }
      let middle = sorted.count / 2
      return sorted.count % 2 == 1
        ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
    var result = LoadResult()
    result.requests = runs.reduce(0) { $0 + $1.requests }
    result.errors = runs.reduce(0) { $0 + $1.errors }
    result.missing = runs.reduce(0) { $0 + $1.missing }
    result.firstError = runs.lazy.compactMap(\.firstError).first
    result.perSecond = median(\.perSecond)
    result.clientCPU = median(\.clientCPU)
    result.latency.p50 = median(\.latency.p50)
    result.latency.p90 = median(\.latency.p90)
    result.latency.p99 = median(\.latency.p99)
    result.latency.p999 = median(\.latency.p999)
    result.latency.max = median(\.latency.max)
    return result
  }
}
