import Foundation
import Testing

@testable import CloakroomTokens

/// The examples of RFC 7515 appendix A, RFC 8037 appendix A and RFC 7520 section 4.
struct RFCVectors: Decodable {
  /// A key and what was signed with it.
  struct Example: Decodable, Testing.CustomTestStringConvertible, Sendable {
    let name: String
    let algorithm: String?
    let key: [String: String]
    let token: String

    var testDescription: String { name }

    /// The key's JSON.
    var jwk: String { RFCVectors.json(key) }
    /// The parts of the token.
    var parts: [String] { token.components(separatedBy: ".") }
    /// What is signed.
    var input: [UInt8] { Array(parts.prefix(2).joined(separator: ".").utf8) }
    /// The signature's bytes.
    var signature: [UInt8]? {
      Array(parts[2].utf8).withUnsafeBytes { Base64URL.decode($0) }
    }
  }

  /// A key and a token without a name.
  struct Pair: Decodable {
    let key: [String: String]
    let token: String
  }

  /// Those with an algorithm that there is.
  let verified: [Example]
  /// Those with one that there isn't.
  let unknown: [Example]
  /// Tokens that nobody has signed.
  let unsecured: [String]
  /// RFC 7520's PSS with SHA-384.
  let pss384: Pair
  /// RFC 7520's key for encryption.
  let sealingKey: [String: String]

  static let all: RFCVectors = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let file = folder.appending(path: "Fixtures/rfc.json")
    guard let data = try? Data(contentsOf: file),
      let vectors = try? JSONDecoder().decode(RFCVectors.self, from: data)
    else {
      return RFCVectors(
        verified: [], unknown: [], unsecured: [], pss384: Pair(key: [:], token: ""),
        sealingKey: [:])
    }
    return vectors
  }()

  static func json(_ members: [String: String]) -> String {
    let pairs = members.map { "\"\($0.key)\":\"\($0.value)\"" }
    return "{" + pairs.joined(separator: ",") + "}"
  }
}
