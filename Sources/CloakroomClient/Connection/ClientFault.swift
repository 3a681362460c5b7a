internal import CloakroomCore

/// Why there is no answer.
public enum ClientFault: Error, Sendable, Equatable {
  /// Nobody listens there, or this user may not connect; with errno.
  case unreachable(errno: Int32)
  /// There is no such host; with what the resolver says.
  case unknownHost(String)
  /// The socket is in a folder that others can get at; with what is wrong with it.
  case untrusted(String)
  /// There was no answer before the deadline.
  case timedOut(after: Duration)
  /// The connection was closed before the answer had come.
  case closed
  /// What came is not an answer; with what is wrong with it. Nothing of what came is in it.
  case notAReply(String)
  /// The answer is longer than the client takes; with the limit in bytes.
  case tooLong(limit: Int)
  /// A system call failed that should not; with its name and errno.
  case system(call: String, errno: Int32)
}

extension ClientFault: CustomStringConvertible {
  /// What went wrong, as the end of a sentence.
  public var description: String {
    switch self {
    case .unreachable(let number): SystemError.text(number)
    case .unknownHost(let text), .untrusted(let text): text
    case .timedOut(let patience): "no answer within \(patience)"
    case .closed: "the connection was closed before the answer had come"
    case .notAReply(let text): "what came is not an answer: \(text)"
    case .tooLong(let limit): "the answer has more than \(limit) bytes"
    case .system(let call, let number): "\(call): \(SystemError.text(number))"
    }
  }
}
