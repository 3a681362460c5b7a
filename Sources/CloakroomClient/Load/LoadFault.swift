internal import CloakroomCore

/// Why there is no measurement.
public enum LoadFault: Error, Sendable, Equatable {
  /// There is no connection.
  case connection(ClientFault)
  /// The server hung up.
  case disconnected
  /// What came is not a reply; with what is wrong with it.
  case malformed(String)
  /// A reply answers nothing that was asked, or what was answered before.
  case unmatched
  /// Nothing came for that long although replies are owed.
  case stalled(Duration)
  /// The server refused what the measurement needs; with its error.
  case refused(String)
  /// A system call failed that should not; with its name and errno.
  case system(call: String, errno: Int32)
}

extension LoadFault: CustomStringConvertible {
  /// What went wrong, as the end of a sentence.
  public var description: String {
    switch self {
    case .connection(let fault): fault.description
    case .disconnected: "the connection was closed with replies owed"
    case .malformed(let text): "what came is not a reply: \(text)"
    case .unmatched: "a reply came that answers no open request"
    case .stalled(let patience): "no reply came for \(patience)"
    case .refused(let text): text
    case .system(let call, let number): "\(call): \(SystemError.text(number))"
    }
  }
}
