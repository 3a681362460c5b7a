/// How a call failed: a reason with what the caller can do about it.
///
/// Nothing in here may come from a value, a token or a secret: `message` and `details` go to the
/// caller, and `reason` to the access log and the metrics.
public struct RPCError: Error, Sendable, Equatable {
  /// One fact beside the reason, for programs to read.
  public struct Detail: Sendable, Equatable {
    /// What a detail may hold.
    public enum Value: Sendable, Equatable {
      /// A string, written as JSON string.
      case text(String)
      /// A whole number.
      case integer(Int64)
      /// Objects of facts, written as JSON array.
      case list([[Detail]])
    }

    /// The member's name in `error.data.details`.
    public let name: String
    /// The member's value.
    public let value: Value
  }

  /// Which failure this is.
  public let reason: Reason
  /// A sentence for people; the reason's own when nothing more exact is known.
  public let message: String
  /// How many milliseconds to wait before trying again, where the sidecar can tell.
  public let retryAfterMs: Int64?
  /// Facts for programs, in the order in which they are written.
  public let details: [Detail]
  /// The limit that the caller has met; it is counted when the error is answered.
  public let limit: Limit?

  /// Describes a failure.
  ///
  /// - Parameters:
  ///   - reason: which failure this is.
  ///   - message: a sentence for people; nil takes the reason's own.
  ///   - retryAfterMs: how long to wait before trying again, in milliseconds.
  ///   - details: facts for programs. Never a value, a token or a secret.
  ///   - limit: the limit that the caller has met.
  public init(
    _ reason: Reason, _ message: String? = nil, retryAfterMs: Int64? = nil, details: [Detail] = [],
    limit: Limit? = nil
  ) {
    self.reason = reason
    self.message = message ?? reason.message
    self.retryAfterMs = retryAfterMs
    self.details = details
    self.limit = limit
  }

  /// The same failure with where it is in the call's parameters: several may fail in the same way.
  ///
  /// - Parameter pointer: a JSON Pointer (RFC 6901) into the parameters, as `/entries/1`.
  public func at(_ pointer: String) -> RPCError {
    let place = details.contains { $0.name == "pointer" } ? [] : [Detail.text("pointer", pointer)]
    return RPCError(
      reason, "\(pointer): \(message)", retryAfterMs: retryAfterMs, details: details + place,
      limit: limit)
  }
}

extension RPCError.Detail {
  /// A detail that holds a string.
  public static func text(_ name: String, _ value: String) -> Self {
    Self(name: name, value: .text(value))
  }

  /// A detail that holds several objects of facts.
  public static func list(_ name: String, _ entries: [[Self]]) -> Self {
    Self(name: name, value: .list(entries))
  }

  /// A detail that holds a whole number.
  public static func integer(_ name: String, _ value: Int64) -> Self {
    Self(name: name, value: .integer(value))
  }
}
