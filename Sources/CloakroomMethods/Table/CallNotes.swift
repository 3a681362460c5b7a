/// What a call's parameters tell the access log; never a value.
public struct CallNotes: Sendable {
  /// Whether there is a log to keep notes for.
  public let isKept: Bool
  /// The caller's own key, in clear; it leaves the process as a keyed hash.
  public var key: [UInt8]?
  /// The scope's keys, outermost first, joined with `/`.
  public var scope: String?
  /// The life given to what is written, in milliseconds.
  public var ttlMs: Int64?
  /// Who acts.
  public var actor: String?
  /// W3C trace context.
  public var traceparent: String?

  /// Notes with nothing in them yet.
  public init(isKept: Bool = false) { self.isKept = isKept }
}
