import CloakroomCore

/// Why an access log can't be kept at all.
public enum AccessLogError: Error, Equatable, CustomStringConvertible {
  /// The file can't be opened for appending; `errno` says why.
  case cannotOpen(path: String, errno: Int32)
  /// A key for hashing isn't 16 bytes long.
  case badHashKeyLength(Int)
  /// libcrypto has no SipHash, or no randomness for its key.
  case noKeyedHash
  /// The system gave no thread to write from; `errno` says why.
  case noThread(errno: Int32)

  /// What to tell an operator.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let errno): "can't open \(path): \(SystemError.text(errno))"
    case .badHashKeyLength(let length): "a key for hashing is 16 bytes long, not \(length)"
    case .noKeyedHash: "libcrypto offers no SipHash"
    case .noThread(let errno): "can't start a thread: \(SystemError.text(errno))"
    }
  }
}
