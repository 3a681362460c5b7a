import CloakroomCore
import Testing

@testable import CloakroomTokens

@Suite("A token that was tampered with", .timeLimit(.minutes(1)))
struct TamperingTests {
  private static let signers = KeyAlgorithm.allCases.filter(\.isForSigning)

  /// Refuses a token, and says nothing of it.
  private func expectRefusal(
    _ ring: KeyRing, _ token: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: RPCError.self, sourceLocation: sourceLocation) {
      try ring.verify(token, expecting: TokenExpectation(), nowMs: TestKeys.now)
    }
    #expect(error?.reason == .tokenInvalid, sourceLocation: sourceLocation)
    for part in token.split(separator: ".") where part.count > 8 {
      #expect(error?.message.contains(part) == false, sourceLocation: sourceLocation)
    }
  }

  @Test("is refused, whichever character was changed", arguments: signers, [false, true])
  func characters(algorithm: KeyAlgorithm, seal: Bool) throws {
    let ring = try TestKeys.ring()
    let token = Array(
      try ring.sign(TestKeys.claims(), keyID: algorithm.rawValue, seal: seal).text.utf8)
    // Slow algorithms at some places, the others at all.
    let isFast = try ring.signingKey(algorithm.rawValue).verifiesQuickly
    for index in stride(from: 0, to: token.count, by: isFast ? 1 : 17) {
      var wrong = token
      wrong[index] = wrong[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(ring.reason(String(decoding: wrong, as: UTF8.self)) == .tokenInvalid)
    }
  }

  @Test(
    "is refused, wherever it was cut off, and with anything behind it", arguments: [false, true])
  func truncated(seal: Bool) throws {
    let ring = try TestKeys.ring()
    let token = try ring.sign(TestKeys.claims(), keyID: "HS256", seal: seal).text
    for count in 0..<token.utf8.count {
      #expect(ring.reason(String(token.prefix(count))) == .tokenInvalid)
    }
    for tail in ["=", "==", ".", "A", " ", "\n", "\0", ".A", "..", "...", "....", "ä"] {
      expectRefusal(ring, token + tail)
      expectRefusal(ring, tail + token)
    }
  }

  @Test("with the stray bits of its last character set is refused", arguments: signers)
  func strayBits(algorithm: KeyAlgorithm) throws {
    let ring = try TestKeys.ring()
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let token = try ring.sign(TestKeys.claims(), keyID: algorithm.rawValue).text
    let last = try #require(token.last)
    for other in alphabet where other != last {
      #expect(ring.reason(token.dropLast() + String(other)) == .tokenInvalid)
    }
  }

  @Test("to say another alg is refused, `none` in every spelling too")
  func algorithms() throws {
    let ring = try TestKeys.ring()
    let token = try ring.sign(TestKeys.claims(), keyID: "HS256").text
    let parts = token.split(separator: ".").map(String.init)
    let names =
      KeyAlgorithm.allCases.map(\.rawValue).filter { $0 != "HS256" }
      + ["none", "None", "NONE", "nOnE", "", "HS1", "hs256", "HS256 ", "dir", "ES512"]
    for name in names {
      for id in [#","kid":"HS256""#, #","kid":"\#(name)""#, ""] {
        let header = Base64URL.text(Array(#"{"alg":"\#(name)"\#(id)}"#.utf8))
        expectRefusal(ring, "\(header).\(parts[1]).\(parts[2])")
        expectRefusal(ring, "\(header).\(parts[1]).")
      }
    }
    for alg in ["null", "1", "[\"HS256\"]", "{}", "true"] {
      let header = Base64URL.text(Array(#"{"alg":\#(alg),"kid":"HS256"}"#.utf8))
      expectRefusal(ring, "\(header).\(parts[1]).\(parts[2])")
    }
  }

  @Test("to be an HMAC under a public key is refused", arguments: ["RS256", "ES256", "EdDSA"])
  func confusion(id: String) throws {
    let ring = try TestKeys.ring()
    let key = try ring.signingKey(id)
    let secret = try JWKText(publicHalfOf: key).bytes
    for algorithm in [KeyAlgorithm.hs256, .hs384, .hs512] {
      let forger = try KeyRing([
        try TokenKey(
          id: id, algorithm, .active,
          secret: SecretBytes(count: secret.count) { $0.copyBytes(from: secret) })
      ])
      expectRefusal(ring, try forger.sign(TestKeys.claims()).text)
    }
  }

  @Test("to be of another key of the same algorithm is refused", arguments: signers)
  func otherKey(algorithm: KeyAlgorithm) throws {
    let other = try KeyRing([try TestKeys.make(algorithm)])
    expectRefusal(try TestKeys.ring(), try other.sign(TestKeys.claims()).text)
  }

  @Test(
    "to bring a key, or the address of one, or an extension, is refused",
    arguments: [
      #""jwk":{"kty":"oct","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}"#,
      #""jku":"https://evil.example/jwks.json""#, #""x5u":"https://evil.example/""#,
      #""x5c":["MIIB"]"#,
      #""crit":["exp"],"exp":1"#, #""crit":[]"#, #""b64":false,"crit":["b64"]"#, #""zip":"DEF""#,
      #""jwk":null"#, #""typ":1"#, #""cty":[]"#,
    ])
  func headers(member: String) throws {
    let ring = try TestKeys.ring()
    expectRefusal(
      ring,
      try ring.forge(
        header: #"{"alg":"HS256","kid":"HS256",\#(member)}"#, payload: #"{"exp":4102444800}"#,
        key: "HS256"))
  }

  @Test(
    "to name a key by a path, or by a very long name, is refused",
    arguments: [
      "../../../../etc/passwd", "/dev/null", "HS256.jwk", "HS256\\u0000", "' OR 1=1 --", "|id", "",
      "%48%53256", String(repeating: "a", count: 1400), String(repeating: "a", count: 60_000),
    ])
  func keyNames(id: String) throws {
    let ring = try TestKeys.ring()
    for alg in ["HS256", "A256GCM", "dir"] {
      expectRefusal(
        ring,
        try ring.forge(
          header: #"{"alg":"\#(alg)","enc":"A256GCM","kid":"\#(id)"}"#,
          payload: #"{"exp":4102444800}"#, key: "HS256"))
    }
    for kid in ["1", "null", "[]", #"["HS256"]"#] {
      expectRefusal(
        ring,
        try ring.forge(
          header: #"{"alg":"HS256","kid":\#(kid)}"#, payload: #"{"exp":4102444800}"#, key: "HS256"))
    }
  }

  @Test(
    "to have a name twice is refused",
    arguments: [
      (#"{"alg":"HS256","kid":"HS256","kid":"HS256"}"#, #"{"exp":4102444800}"#),
      (#"{"alg":"HS256","kid":"HS256","\u0061lg":"none"}"#, #"{"exp":4102444800}"#),
      (#"{"alg":"HS256","kid":"HS256"}"#, #"{"exp":4102444800,"exp":1}"#),
      (#"{"alg":"HS256","kid":"HS256"}"#, #"{"exp":4102444800,"a":{"b":1,"\u0062":1}}"#),
    ])
  func duplicates(header: String, payload: String) throws {
    let ring = try TestKeys.ring()
    expectRefusal(ring, try ring.forge(header: header, payload: payload, key: "HS256"))
  }

  @Test("to have a name twice among many is refused, and only then", arguments: [2, 12, 13, 40])
  func manyNames(count: Int) throws {
    let ring = try TestKeys.ring()
    let header = #"{"alg":"HS256","kid":"HS256"}"#
    let names = (1..<count).map { #""n\#($0)":0"# }.joined(separator: ",")
    func payload(_ last: String) -> String {
      #"{"exp":4102444800,"a":{\#(names),\#(last)}}"#
    }
    #expect(
      ring.reason(
        try ring.forge(header: header, payload: payload(#""last":0"#), key: "HS256")) == nil)
    for last in [#""n1":0"#, #""n\u0031":0"#] {
      expectRefusal(
        ring, try ring.forge(header: header, payload: payload(last), key: "HS256"))
    }
  }

  @Test("to break a line inside of a string is refused, in its header and in its claims")
  func brokenLines() throws {
    let ring = try TestKeys.ring()
    let (header, payload) = (#"{"alg":"HS256","kid":"HS256"}"#, #"{"exp":4102444800}"#)
    expectRefusal(
      ring,
      try ring.forge(
        header: header, payload: "{\"exp\":4102444800,\"a\":\"b\nc\"}", key: "HS256"))
    expectRefusal(
      ring,
      try ring.forge(
        header: "{\"alg\":\"HS256\",\"kid\":\"HS256\",\"a\":\"b\rc\"}", payload: payload,
        key: "HS256"))
    let pretty = try ring.forge(
      header: "{\n\"alg\":\"HS256\",\r\n\"kid\":\"HS256\"}", payload: "{\n\"exp\":4102444800\n}",
      key: "HS256")
    let token = try ring.verify(pretty, expecting: TokenExpectation(), nowMs: TestKeys.now)
    #expect(String(buffer: token.claims) == #"{ "exp":4102444800 }"#)
    #expect(!String(buffer: token.header).contains { $0.isNewline })
  }

  @Test(
    "to be no JSON object is refused",
    arguments: [
      "", "[]", "1", "null", "\"a\"", "{", "{}x", "{\"exp\":4102444800}{}",
      "\u{FEFF}{\"exp\":4102444800}",
      "{\"exp\":4102444800,}", "{'exp':4102444800}",
      "{\"exp\":4102444800,\"a\":" + String(repeating: "[", count: 200)
        + String(repeating: "]", count: 200) + "}",
    ])
  func payloads(payload: String) throws {
    let ring = try TestKeys.ring()
    let header = #"{"alg":"HS256","kid":"HS256"}"#
    expectRefusal(ring, try ring.forge(header: header, payload: payload, key: "HS256"))
    expectRefusal(
      ring, try ring.forge(header: payload, payload: "{\"exp\":4102444800}", key: "HS256"))
  }

  @Test(
    "to have an ECDSA signature in ASN.1, or of zeros, is refused",
    arguments: [KeyAlgorithm.es256, .es384])
  func signatureForms(algorithm: KeyAlgorithm) throws {
    let ring = try TestKeys.ring()
    let key = try ring.signingKey(algorithm.rawValue)
    guard case .pair(let pair) = key.material, let scheme = algorithm.scheme else {
      Issue.record("the key is no pair")
      return
    }
    let token = try ring.sign(TestKeys.claims(), keyID: key.id).text
    let input = token.split(separator: ".").prefix(2).joined(separator: ".")
    let der = try Array(input.utf8).withUnsafeBytes { try pair.signature(of: $0, scheme) }
    expectRefusal(ring, "\(input).\(Base64URL.text(der))")
    let size = algorithm == .es256 ? 64 : 96
    for bytes in [0, 1, size / 2, size - 1, size, size + 1, 2 * size] {
      expectRefusal(
        ring, "\(input).\(Base64URL.text([UInt8](repeating: 0, count: bytes)))")
      expectRefusal(
        ring, "\(input).\(Base64URL.text([UInt8](repeating: 0xFF, count: bytes)))")
    }
  }

  @Test("to be sealed by hand, in another way, or twice, is refused")
  func seals() throws {
    let ring = try TestKeys.ring()
    let inner = try ring.sign(TestKeys.claims(), keyID: "HS256").text
    guard case .sealing(let sealing) = try ring.sealingKey().material else {
      Issue.record("the key doesn't seal")
      return
    }
    func seal(_ header: String, _ text: String, key: String = "") throws -> String {
      let name = Base64URL.text(Array(header.utf8))
      let box = try sealing.seal(Array(text.utf8), header: Array(name.utf8))
      return [
        name, key, Base64URL.text(box.vector), Base64URL.text(box.ciphertext),
        Base64URL.text(box.tag),
      ]
      .joined(separator: ".")
    }
    let good = #"{"alg":"dir","enc":"A256GCM","cty":"JWT","kid":"A256GCM"}"#
    #expect(ring.reason(try seal(good, inner)) == nil)
    expectRefusal(ring, try seal(good, inner, key: "AAAA"))
    expectRefusal(ring, try seal(good, try seal(good, inner)))
    // What is sealed and not signed is nobody's.
    expectRefusal(ring, try seal(good, #"{"exp":4102444800}"#))
    expectRefusal(ring, try seal(good, "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9."))
    for header in [
      #"{"alg":"dir","enc":"A256GCM","kid":"A256GCM"}"#,
      #"{"alg":"dir","enc":"A256GCM","cty":"text","kid":"A256GCM"}"#,
      #"{"alg":"dir","enc":"A128GCM","cty":"JWT","kid":"A256GCM"}"#,
      #"{"alg":"A256KW","enc":"A256GCM","cty":"JWT","kid":"A256GCM"}"#,
      #"{"alg":"HS256","enc":"A256GCM","cty":"JWT","kid":"HS256"}"#,
      #"{"alg":"dir","enc":"A256GCM","cty":"JWT","kid":"HS256"}"#,
      #"{"alg":"dir","enc":"A256GCM","cty":"JWT","kid":"A256GCM","zip":"DEF"}"#,
      #"{"alg":"dir","enc":"A256GCM","cty":"JWT","kid":"A256GCM","crit":["a"],"a":1}"#,
      #"{"alg":"dir","enc":"A256GCM","cty":"JWT","kid":"A256GCM","epk":{},"jwk":{}}"#,
    ] { expectRefusal(ring, try seal(header, inner)) }
  }
}
