/// What a line of the access log says of a session.
public final class SessionNote: Sendable {
  /// What was done with it.
  public enum Action: String, CaseIterable, Sendable {
    /// It was made.
    case create
    /// It was looked at.
    case read
    /// It was changed.
    case update
    /// It was ended.
    case delete
  }

  /// The session's ref, in clear; it leaves the process as a keyed hash. Nil where the call has named none
  /// that can be one.
  public let ref: [UInt8]?
  /// What was done, or was to be.
  public let action: Action
  /// The step that it was about.
  public let step: String?

  /// What it was bound to and the call did not come from, where that is only told: `userAgent`, `ipAddress`.
  public let warnings: [String]

  /// Describes what a call has done with a session.
  public init(_ ref: String?, _ action: Action, step: String? = nil, warnings: [String] = []) {
    self.ref = ref.map { Array($0.utf8) }
    self.action = action
    self.step = step
    self.warnings = warnings
  }
}
