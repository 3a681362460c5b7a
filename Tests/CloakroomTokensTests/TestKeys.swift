import CloakroomCore
import NIOCore

@testable import CloakroomTokens

/// Keys and tokens for tests, made once.
enum TestKeys {
  /// One active key of each algorithm, named as the algorithm.
  static let keys: [TokenKey] = KeyAlgorithm.allCases.compactMap { try? make($0) }

  /// The ring of all of them.
  static func ring() throws -> KeyRing { try KeyRing(keys) }

  /// A new key.
  static func make(
    _ algorithm: KeyAlgorithm, id: String? = nil, state: KeyState = .active
  ) throws -> TokenKey {
    let id = id ?? algorithm.rawValue
    if algorithm.isAsymmetric {
      return try TokenKey(
        id: id, algorithm, state, pair: try .generate(algorithm, rsaBits: 2048))
    }
    let count = if case .mac(_, let bytes) = algorithm.family { bytes } else { 32 }
    return try TokenKey(id: id, algorithm, state, secret: try .random(count: count))
  }

  /// The time that the tests have: 2026-01-01.
  static let now: Int64 = 1_767_225_600_000

  /// Claims for an hour.
  static func claims(
    _ own: String = "{}", purpose: String? = nil, audience: [String] = [],
    expiresAtMs: Int64 = now + 3_600_000
  ) -> TokenClaims {
    TokenClaims(
      own: ByteBuffer(string: own), audience: audience, purpose: purpose, issuedAtMs: now,
      expiresAtMs: expiresAtMs)
  }
}

extension TokenKey {
  /// The signature of a message.
  func signature(of message: [UInt8]) throws -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: signatureBytes)
    try signature.withUnsafeMutableBytes { signature in
      try message.withUnsafeBytes { try sign($0, into: signature) }
    }
    return signature
  }

  /// Whether a signature is a message's.
  func isValid(_ signature: [UInt8], of message: [UInt8]) throws(CryptoFault) -> Bool {
    try signature.span.bytes.withUnsafeBytes { signature throws(CryptoFault) in
      try message.span.bytes.withUnsafeBytes { message throws(CryptoFault) in
        try isValid(signature, of: message)
      }
    }
  }
}

extension KeyRing {
  /// Verifies, and answers the reason where it fails.
  func reason(
    _ token: String, _ expectation: TokenExpectation = TokenExpectation(),
    nowMs: Int64 = TestKeys.now
  ) -> Reason? {
    do throws(RPCError) {
      _ = try verify(token, expecting: expectation, nowMs: nowMs)
      return nil
    } catch {
      return error.reason
    }
  }

  /// Signs a header and a payload as they are, right or wrong.
  func forge(header: String, payload: String, key id: String) throws -> String {
    let key = try signingKey(id)
    let input = Base64URL.text(Array(header.utf8)) + "." + Base64URL.text(Array(payload.utf8))
    return input + "." + Base64URL.text(try key.signature(of: Array(input.utf8)))
  }
}
