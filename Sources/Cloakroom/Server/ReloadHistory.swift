internal import CloakroomCore
internal import CloakroomObservability

/// How reading something went, at the start and anew on SIGHUP.
struct ReloadHistory {
  /// How many things that are wrong the health report tells; the log has them all.
  private static let mostComplaints = 3

  /// When what is in use was read, and how often reading it anew has failed.
  private(set) var gauges = ReloadGauges(loadedAtMs: 0, failures: 0)
  /// What was wrong the last time; empty when nothing was.
  private var complaints: [String] = []

  /// It was read, and is in use.
  mutating func succeeded() {
    gauges.loadedAtMs = Timestamp.now.milliseconds
    complaints = []
  }

  /// It could not be read, and what was there before is still in use.
  mutating func failed(_ complaints: [String]) {
    gauges.failures &+= 1
    self.complaints = complaints
  }

  /// What was wrong the last time, on a line; nil when nothing was.
  var problem: String? {
    guard !complaints.isEmpty else { return nil }
    let told = complaints.prefix(Self.mostComplaints)
    let rest = complaints.count - told.count
    return "still as before the last reload: " + told.joined(separator: "; ")
      + (rest > 0 ? "; and \(rest) more" : "")
  }
}
