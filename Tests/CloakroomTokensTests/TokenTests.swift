import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomTokens

@Suite("A token", .timeLimit(.minutes(1)))
struct TokenTests {
  private static let signers = KeyAlgorithm.allCases.filter(\.isForSigning)

  @Test("of every algorithm verifies, sealed or not", arguments: signers, [false, true])
  func verifies(algorithm: KeyAlgorithm, seal: Bool) throws {
    let ring = try TestKeys.ring()
    let own =
      #"{"n":9007199254740993,"x":1.10,"e":1e400,"list":[],"text":"\u00e4 ä \" \\ \ud83d\ude00"}"#
    let token = try ring.sign(TestKeys.claims(own), keyID: algorithm.rawValue, seal: seal)
    #expect(
      token.text.split(separator: ".", omittingEmptySubsequences: false).count == (seal ? 5 : 3))
    let verified = try ring.verify(
      token.text, expecting: TokenExpectation(), nowMs: TestKeys.now)
    #expect(verified.id == token.id)
    #expect(verified.expiresAtMs == token.expiresAtMs)
    #expect(verified.issuedAtMs == TestKeys.now)
    // Byte for byte what it was.
    #expect(String(buffer: verified.claims).hasSuffix(String(own.dropFirst())))
    let header = #"{"alg":"\#(algorithm.rawValue)","typ":"JWT","kid":"\#(algorithm.rawValue)"}"#
    #expect(String(buffer: verified.header) == header)
    if seal { #expect(!token.text.contains(Base64URL.text(Array(own.utf8)).prefix(16))) }
  }

  @Test("has a name of 128 random bits, and never the same one twice")
  func names() throws {
    let ring = try TestKeys.ring()
    let names = try (0..<1000).map { _ in try ring.sign(TestKeys.claims(), keyID: "HS256").id }
    #expect(Set(names).count == 1000)
    for name in names {
      #expect(Array(name.utf8).withUnsafeBytes { Base64URL.decode($0) }?.count == 16)
    }
  }

  @Test("has a name that begins as it is asked to, and that nobody else's does")
  func prefix() throws {
    let ring = try TestKeys.ring()
    var claims = TestKeys.claims()
    let plain = try ring.sign(claims)
    claims.idPrefix = "op."
    let token = try ring.sign(claims)
    #expect(TokenID.isOne(token.id, prefix: "op.") && !TokenID.isOne(plain.id, prefix: "op."))
    #expect(token.id.utf8.count == plain.id.utf8.count + 3)
    #expect(try ring.authenticate(token.text).id == token.id)
  }

  @Test(
    "has its own code on however many threads it is made at once",
    arguments: [KeyAlgorithm.hs256, .hs384, .hs512, .es256, .edDSA])
  func threads(algorithm: KeyAlgorithm) async throws {
    let ring = try KeyRing([try TestKeys.make(algorithm)])
    let ids = try await withThrowingTaskGroup(of: [String].self) { group in
      for thread in 0..<8 {
        group.addTask {
          try (0..<50).map { number in
            let own = #"{"n":"\#(thread)-\#(number)\#(String(repeating: "x", count: number))"}"#
            let token = try ring.sign(TestKeys.claims(own))
            let read = try ring.verify(
              token.text, expecting: TokenExpectation(), nowMs: TestKeys.now)
            #expect(String(buffer: read.claims).hasSuffix(own.dropFirst()))
            return token.id
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(ids).count == 400)
  }

  @Test("of a key that isn't among the newest verifies as well, and says the same")
  func manyKeys() throws {
    let keys = try (0..<10).map { try TestKeys.make(.hs256, id: "key-\($0)") }
    let ring = try KeyRing(keys)
    for key in keys {
      let token = try ring.sign(TestKeys.claims(), keyID: key.id).text
      let read = try ring.verify(token, expecting: TokenExpectation(), nowMs: TestKeys.now)
      #expect(String(buffer: read.header) == #"{"alg":"HS256","typ":"JWT","kid":"\#(key.id)"}"#)
    }
  }

  @Test("is for one purpose, and passes for no other one, and not for none")
  func purpose() throws {
    let ring = try TestKeys.ring()
    let plain = try ring.sign(TestKeys.claims()).text
    let reset = try ring.sign(TestKeys.claims(purpose: "password-reset")).text
    #expect(ring.reason(plain) == nil)
    #expect(ring.reason(reset) == .wrongType)
    #expect(ring.reason(plain, TokenExpectation(purpose: "password-reset")) == .wrongType)
    #expect(ring.reason(reset, TokenExpectation(purpose: "password-reset")) == nil)
    #expect(ring.reason(reset, TokenExpectation(purpose: "password")) == .wrongType)
    // Both the header and the claim have to say so.
    let claims = #"{"purpose":"password-reset","exp":4102444800}"#
    let half = try ring.forge(
      header: #"{"alg":"HS256","kid":"HS256","typ":"JWT"}"#, payload: claims, key: "HS256")
    #expect(ring.reason(half, TokenExpectation(purpose: "password-reset")) == .wrongType)
    #expect(ring.reason(half) == .wrongType)
    let other = try ring.forge(
      header: #"{"alg":"HS256","kid":"HS256","typ":"password-reset+jwt"}"#,
      payload: #"{"exp":4102444800}"#, key: "HS256")
    #expect(ring.reason(other, TokenExpectation(purpose: "password-reset")) == .wrongType)
    // A media type may be written in full, and in capitals.
    let long = try ring.forge(
      header: #"{"alg":"HS256","kid":"HS256","typ":"application/JWT"}"#,
      payload: #"{"exp":4102444800}"#, key: "HS256")
    #expect(ring.reason(long) == nil)
  }

  @Test("with an audience is for them alone")
  func audience() throws {
    let ring = try TestKeys.ring()
    let one = try ring.sign(TestKeys.claims(audience: ["web"])).text
    let two = try ring.sign(TestKeys.claims(audience: ["web", "app"])).text
    for token in [one, two] {
      #expect(ring.reason(token, TokenExpectation(audience: "web")) == nil)
      #expect(ring.reason(token, TokenExpectation(audience: "we")) == .tokenInvalid)
      #expect(ring.reason(token) == .tokenInvalid)
    }
    #expect(ring.reason(two, TokenExpectation(audience: "app")) == nil)
    let none = try ring.sign(TestKeys.claims()).text
    #expect(ring.reason(none, TokenExpectation(audience: "web")) == .tokenInvalid)
  }

  @Test("of another issuer is refused when one is asked for")
  func issuer() throws {
    let ring = try TestKeys.ring()
    var claims = TestKeys.claims()
    claims.issuer = "https://id.example"
    let token = try ring.sign(claims).text
    #expect(ring.reason(token) == nil)
    #expect(ring.reason(token, TokenExpectation(issuer: "https://id.example")) == nil)
    #expect(ring.reason(token, TokenExpectation(issuer: "https://id.example/")) == .tokenInvalid)
    claims.own = ByteBuffer(string: #"{"iss":"own"}"#)
    #expect(ring.reason(try ring.sign(claims).text, TokenExpectation(issuer: "own")) == nil)
  }

  @Test(
    "has its times held to the millisecond, with the leeway that is allowed",
    arguments: [
      (#"{"exp":1767225601}"#, 0, nil), (#"{"exp":1767225600}"#, 0, .expired),
      (#"{"exp":1767225599}"#, 0, .expired), (#"{"exp":1767225599}"#, 2000, nil),
      (#"{"exp":1767225598}"#, 2000, .expired), (#"{"exp":1767225600.001}"#, 0, nil),
      (#"{"exp":1.7672256005e9}"#, 0, nil), (#"{"exp":1.7672255995e9}"#, 0, .expired),
      (#"{"exp":4e9,"nbf":1767225605}"#, 0, nil),
      (#"{"exp":4e9,"nbf":1767225605.001}"#, 0, .tokenInvalid),
      (#"{"exp":4e9,"iat":1767225605}"#, 0, nil),
      (#"{"exp":4e9,"iat":1767225606}"#, 0, .tokenInvalid),
      (#"{"nbf":1}"#, 0, .tokenInvalid), (#"{"exp":"4e9"}"#, 0, .tokenInvalid),
      (#"{"exp":1e400}"#, 0, .tokenInvalid), (#"{"exp":1e300}"#, 0, .tokenInvalid),
      (#"{"exp":9223372036854775807}"#, 0, .tokenInvalid),
      (#"{"exp":-9223372036854775808}"#, 0, .tokenInvalid), (#"{"exp":null}"#, 0, .tokenInvalid),
      (#"{"exp":4e9,"nbf":true}"#, 0, .tokenInvalid), (#"{"exp":4e9,"iat":[]}"#, 0, .tokenInvalid),
    ] as [(String, Int64, Reason?)])
  func times(claims: String, leeway: Int64, reason: Reason?) throws {
    let ring = try TestKeys.ring()
    let token = try ring.forge(
      header: #"{"alg":"HS256","kid":"HS256"}"#, payload: claims, key: "HS256")
    #expect(ring.reason(token, TokenExpectation(expiryLeewayMs: leeway)) == reason)
  }

  @Test("writes whole seconds as such, and parts of one with three digits")
  func dates() {
    for (time, text) in [
      (1_767_225_600_000, "1767225600"), (1_767_225_600_007, "1767225600.007"),
      (1_767_225_600_070, "1767225600.070"), (1_767_225_600_999, "1767225600.999"),
    ] as [(Int64, String)] {
      var written = ByteBuffer()
      NumericDate.write(time, to: &written)
      #expect(String(buffer: written) == text)
    }
  }

  @Test(
    "is not made of claims that it can't have",
    arguments: [
      "[]", "1", "", #"{"a":1,"a":2}"#, #"{"a":{"b":1,"b":2}}"#, #"{"a":[{"b":1,"\u0062":2}]}"#,
      #"{"exp":1}"#, #"{"iat":1}"#, #"{"jti":"a"}"#, #"{"purpose":"a"}"#, #"{"e\u0078p":1}"#,
      #"{"iss":1}"#, #"{"sub":1}"#, #"{"aud":1}"#, #"{"aud":[1]}"#, #"{"nbf":"1"}"#,
      String(repeating: #"{"a":"#, count: 70) + "1" + String(repeating: "}", count: 70),
    ])
  func claims(own: String) throws {
    let ring = try TestKeys.ring()
    let error = #expect(throws: RPCError.self) { try ring.sign(TestKeys.claims(own)) }
    #expect(error?.reason == .invalidParams)
  }

  @Test("is not made twice as long as tokens may be")
  func length() throws {
    let ring = try KeyRing(TestKeys.keys, tokenBytes: 2000)
    let long = #"{"a":"\#(String(repeating: "x", count: 1400))"}"#
    let error = #expect(throws: RPCError.self) { try ring.sign(TestKeys.claims(long)) }
    #expect(error?.reason == .tooLarge)
    // Signed it fits, sealed it doesn't.
    let half = #"{"a":"\#(String(repeating: "x", count: 1100))"}"#
    #expect(ring.reason(try ring.sign(TestKeys.claims(half), keyID: "HS256").text) == nil)
    #expect(throws: RPCError.self) {
      try ring.sign(TestKeys.claims(half), keyID: "HS256", seal: true)
    }
    // And longer ones are not looked at.
    let token = try TestKeys.ring().sign(TestKeys.claims(long), keyID: "HS256").text
    #expect(ring.reason(token) == .tokenInvalid)
  }

  @Test("is made by an active key alone, and verifies until its key is retired")
  func states() throws {
    let key =
      #"{"kty":"oct","kid":"a","alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}"#
    let active = try KeyRing([try TokenKey(jwk: key)])
    let old = try KeyRing([try TokenKey(jwk: key, state: .verifyOnly)])
    let retired = try KeyRing([try TokenKey(jwk: key, state: .retired)])
    let token = try active.sign(TestKeys.claims()).text
    #expect(active.reason(token) == nil)
    #expect(old.reason(token) == nil)
    #expect(retired.reason(token) == .tokenInvalid)
    for ring in [old, retired] {
      let none = #expect(throws: RPCError.self) { try ring.sign(TestKeys.claims()) }
      #expect(none?.reason == .unavailable)
      let named = #expect(throws: RPCError.self) { try ring.sign(TestKeys.claims(), keyID: "a") }
      #expect(named?.reason == .invalidParams)
    }
  }

  @Test("is signed by the last of several active keys, and by the one that is named")
  func choice() throws {
    let ring = try TestKeys.ring()
    let last = try ring.sign(TestKeys.claims()).text
    let verified = try ring.verify(last, expecting: TokenExpectation(), nowMs: TestKeys.now)
    #expect(String(buffer: verified.header).contains(#""kid":"EdDSA""#))
    let sealing = #expect(throws: RPCError.self) {
      try ring.sign(TestKeys.claims(), keyID: "A256GCM")
    }
    #expect(sealing?.reason == .invalidParams)
    let unsealed = try KeyRing([try TestKeys.make(.hs256)])
    let none = #expect(throws: RPCError.self) { try unsealed.sign(TestKeys.claims(), seal: true) }
    #expect(none?.reason == .unavailable)
  }

  @Test("that is expired or for something else can still be known for revoking it")
  func authenticate() throws {
    let ring = try TestKeys.ring()
    let claims = TestKeys.claims(purpose: "x", audience: ["y"], expiresAtMs: 1000)
    let token = try ring.sign(claims)
    #expect(try ring.authenticate(token.text).id == token.id)
    #expect(throws: RPCError.self) { try ring.authenticate(token.text + "A") }
  }

  @Test("has a name that the store can have, however long or odd it is")
  func storable() {
    #expect(TokenID.storable("X0fAbAu1Mb8bUWtVNbVdGw") == "X0fAbAu1Mb8bUWtVNbVdGw")
    for odd in ["", "a:b", "{a}", "ä", String(repeating: "a", count: 65)] {
      let name = TokenID.storable(odd)
      #expect(name.hasPrefix("sha256.") && name.utf8.count == 50)
    }
  }
}
