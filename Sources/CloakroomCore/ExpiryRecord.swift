/// That something was found to have ended by itself: its life is over, or its attempts are used up.
///
/// There is one record for each end, in the sidecar that has found it, whether a call found it or the sweep did.
public struct ExpiryRecord: Sendable {
  /// How it has ended.
  public enum Action: String, CaseIterable, Sendable {
    /// Its life is over.
    case expire
    /// Its attempts are used up.
    case dead
  }

  /// When it was found, in nanoseconds since 1970 (UTC).
  public var foundAt: Int64
  /// Whose it was: an index into the service names that log and metrics began with.
  public var service: Int
  /// What it was.
  public var namespace: Namespace
  /// Its key, without prefix, in clear; it leaves the process as a keyed hash.
  public var key: [UInt8]
  /// Its scope's keys, outermost first, joined with `/`; nil when it had no scope.
  public var scope: String?
  /// The flow that it went through, of a session.
  public var flow: String?
  /// The step that it was at, of a session.
  public var step: String?
  /// How it has ended.
  public var action: Action

  /// Describes an end.
  public init(
    foundAt: Int64, service: Int, namespace: Namespace, key: [UInt8], scope: String? = nil,
    flow: String? = nil, step: String? = nil, action: Action
  ) {
    self.foundAt = foundAt
    self.service = service
    self.namespace = namespace
    self.key = key
    self.scope = scope
    self.flow = flow
    self.step = step
    self.action = action
  }
}
