/// Why a key is not taken. No case holds anything of the key.
public enum KeyFault: Error, Sendable, Equatable {
  /// It is no JSON object, or one with a name twice.
  case notAJWK
  /// It is a PEM file without a key that can be read without a password.
  case notPEM
  /// A member is missing or is not what it should be; with its name.
  case badMember(String)
  /// Its algorithm is none of those that are known, or it has none.
  case unknownAlgorithm
  /// It is of another kind than its algorithm takes.
  case wrongKind(KeyAlgorithm)
  /// An HMAC secret that is shorter than the digest, or longer than 1,024 bytes; or a sealing key that
  /// has not 32 bytes.
  case wrongSize(KeyAlgorithm)
  /// An RSA key of less than 2,048 bits, or more than 8,192.
  case wrongModulus
  /// OpenSSL refuses it, or its private and its public half don't belong together.
  case unsound
  /// Its `kid` is empty, longer than 128 bytes or has characters other than printable ASCII.
  case badID
  /// Another key has the same `kid`.
  case duplicateID(String)
  /// OpenSSL can't make one.
  case notMade
}

extension KeyFault: CustomStringConvertible {
  /// What is wrong.
  public var description: String {
    switch self {
    case .notAJWK: "is not a JSON Web Key: one JSON object, no name twice (RFC 7517)"
    case .notPEM: "holds no PEM key that can be read without a password"
    case .badMember(let name): "has no \(name), or one that is not what it should be"
    case .unknownAlgorithm:
      "has no alg out of " + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
    case .wrongKind(let algorithm): "is not of the kind that \(algorithm.rawValue) takes"
    case .wrongSize(let algorithm):
      algorithm == .a256GCM
        ? "has not the 32 bytes that A256GCM takes"
        : "is shorter than \(algorithm.rawValue)'s digest, or longer than 1024 bytes"
    case .wrongModulus: "is an RSA key of less than 2048 bits, or more than 8192"
    case .unsound: "is no sound key: OpenSSL refuses it, or its two halves don't belong together"
    case .badID: "has a kid that is not 1 to 128 printable ASCII characters"
    case .duplicateID(let id): "has the kid of another key, \(id)"
    case .notMade: "can't be made by OpenSSL"
    }
  }
}
