import CloakroomCore
import Testing

@testable import CloakroomTokens

@Suite("The RFCs' examples", .timeLimit(.minutes(1)))
struct RFCExampleTests {
  private static let vectors = RFCVectors.all

  @Test("are all there")
  func complete() {
    #expect(Self.vectors.verified.count == 8)
    #expect(Self.vectors.unknown.count == 3)
  }

  @Test("verify", arguments: vectors.verified)
  func verify(example: RFCVectors.Example) throws {
    let key = try TokenKey(jwk: example.jwk)
    #expect(key.algorithm.rawValue == example.algorithm)
    let signature = try #require(example.signature)
    let isValid = try key.isValid(signature, of: example.input)
    #expect(isValid)
    // One bit of it, or of what was signed, and it doesn't.
    for index in [0, signature.count / 2, signature.count - 1] {
      var wrong = signature
      wrong[index] ^= 1
      #expect(try !key.isValid(wrong, of: example.input))
    }
    var other = example.input
    other[other.count - 1] ^= 1
    #expect(try !key.isValid(signature, of: other))
  }

  @Test(
    "are signed with the same bytes, where an algorithm has no random part",
    arguments: vectors.verified)
  func sign(example: RFCVectors.Example) throws {
    let key = try TokenKey(jwk: example.jwk)
    let signature = try key.signature(of: example.input)
    guard key.algorithm != .es256 else {
      #expect(signature.count == 64)
      #expect(try key.isValid(signature, of: example.input))
      return
    }
    #expect(signature == example.signature)
  }

  @Test("of algorithms that there aren't have no key", arguments: vectors.unknown)
  func unknown(example: RFCVectors.Example) {
    #expect(throws: KeyFault.unknownAlgorithm) { try TokenKey(jwk: example.jwk) }
  }

  @Test("of PSS verify with their own digest and salt, and with no other")
  func pss() throws {
    let key = try TokenKey(jwk: RFCVectors.json(Self.vectors.pss384.key))
    guard case .pair(let pair) = key.material else {
      Issue.record("the key is no pair")
      return
    }
    let parts = Self.vectors.pss384.token.split(separator: ".").map { Array($0.utf8) }
    let signature = try #require(parts[2].withUnsafeBytes { Base64URL.decode($0) })
    let input = parts[0] + [UInt8(ascii: ".")] + parts[1]
    func isValid(_ scheme: AsymmetricKey.Scheme) throws -> Bool {
      try input.withUnsafeBytes { input in
        try signature.withUnsafeBytes { try pair.isValid($0, of: input, scheme) }
      }
    }
    #expect(try isValid(.init(digest: .sha384, isPSS: true)))
    #expect(try !isValid(.init(digest: .sha256, isPSS: true)))
    #expect(try !isValid(.init(digest: .sha384)))
  }

  @Test("of a whole token: RFC 7519, section 3.1, has expired in 2011, and was good before")
  func token() throws {
    let example = try #require(Self.vectors.verified.first)
    let ring = try KeyRing([try TokenKey(jwk: example.jwk)])
    let exp: Int64 = 1_300_819_380_000
    func verify(at now: Int64) throws(RPCError) -> VerifiedToken {
      try ring.verify(example.token, expecting: TokenExpectation(), nowMs: now)
    }
    #expect(throws: RPCError(.expired, "the token has expired")) { try verify(at: exp) }
    let token = try verify(at: exp - 1)
    // As it was signed; only the line breaks between its members are spaces.
    let claims = #"{"iss":"joe",   "exp":1300819380,   "http://example.com/is_root":true}"#
    #expect(String(buffer: token.claims) == claims)
    #expect(token.claim("http://example.com/is_root").map { String(buffer: $0) } == "true")
    #expect(token.string("iss") == "joe")
    #expect(token.expiresAtMs == exp)
    #expect(token.id == nil)
  }

  @Test("without a signature are refused: RFC 7519, section 6.1", arguments: vectors.unsecured)
  func unsecured(token: String) throws {
    let example = try #require(Self.vectors.verified.first)
    let ring = try KeyRing([try TokenKey(jwk: example.jwk)])
    #expect(throws: RPCError.badToken("its alg is not one that is taken")) {
      try ring.verify(token, expecting: TokenExpectation(), nowMs: 0)
    }
  }

  @Test("of a key for encryption is one that seals: RFC 7520, section 3.6")
  func sealing() throws {
    let key = try TokenKey(jwk: RFCVectors.json(Self.vectors.sealingKey))
    #expect(key.algorithm == .a256GCM)
    #expect(key.id == "1e571774-2e08-40da-8308-e8d68773842d")
  }
}
