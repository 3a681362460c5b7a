internal import CloakroomWire

/// An error that the sidecar answered (JSON-RPC 2.0, section 5.1, with the sidecar's own data).
public struct ReplyError: Error, Sendable {
  /// The error's number.
  public let code: Int
  /// The reason's stable name, as NOT_FOUND; of a server that gives none, `ERROR` and the number.
  public let reason: String
  /// A sentence for people.
  public let message: String
  /// Whether the same call may succeed later.
  public let isRetryable: Bool
  /// How long to wait before trying again, in milliseconds.
  public let retryAfterMs: Int?
  /// Facts for programs, as JSON.
  public let details: String?

  init(_ error: JSONNode) {
    let data = error["data"]
    let code = error["code"]?.integer ?? 0
    self.code = code
    reason = Self.printable(data?["reason"]?.string ?? "ERROR \(code)")
    message = Self.printable(error["message"]?.string ?? "no message")
    isRetryable = data?["retryable"]?.kind == .true
    retryAfterMs = data?["retryAfterMs"]?.integer
    details = data?["details"]?.written
  }

  /// Text that can't steer a terminal.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

extension ReplyError: CustomStringConvertible {
  /// The reason, the message and what else is known, a line each.
  public var description: String {
    var lines = ["\(reason): \(message)"]
    if let details { lines.append("  details: \(details)") }
    if let retryAfterMs {
      lines.append("  may be tried again in \(retryAfterMs) ms")
    } else if isRetryable {
      lines.append("  may be tried again")
    }
    return lines.joined(separator: "\n")
  }
}
