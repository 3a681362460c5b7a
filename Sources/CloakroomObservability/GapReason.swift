/// Why a subscriber was told that events are missing.
///
/// Closed, so that a metric's label never takes more values than the code can name.
public enum GapReason: Int, CaseIterable, Sendable {
  /// More events came than could wait.
  case overflow
  /// The way to the store's messages was lost, and is there again.
  case reconnected

  /// The name that metrics are labelled with, and that subscribers are told.
  public var name: String {
    switch self {
    case .overflow: "overflow"
    case .reconnected: "reconnected"
    }
  }
}
