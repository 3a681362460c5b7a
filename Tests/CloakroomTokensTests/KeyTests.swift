import CloakroomCore
import NIOCore
import Support
import Testing

@testable import CloakroomTokens

@Suite("A key", .timeLimit(.minutes(1)))
struct KeyTests {
  private static let octets = String(repeating: "A", count: 43)

  @Test(
    "that is too short, too long, of the wrong kind or not a key is refused",
    arguments: [
      (
        #"{"kty":"oct","alg":"HS256","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
        .wrongSize(.hs256)
      ),
      (#"{"kty":"oct","alg":"HS384","k":"\#(octets)"}"#, .wrongSize(.hs384)),
      (#"{"kty":"oct","alg":"HS512","k":"\#(octets)"}"#, .wrongSize(.hs512)),
      (#"{"kty":"oct","alg":"A256GCM","k":"AAAA"}"#, .wrongSize(.a256GCM)),
      (#"{"kty":"oct","alg":"dir","enc":"A128GCM","k":"\#(octets)"}"#, .badMember("enc")),
      (
        #"{"kty":"oct","alg":"HS256","k":"\#(String(repeating: "A", count: 1368))"}"#,
        .wrongSize(.hs256)
      ),
      (#"{"kty":"oct","alg":"HS256","k":"\#(octets)="}"#, .badMember("k")),
      (#"{"kty":"oct","alg":"HS256","k":""}"#, .badMember("k")),
      (#"{"kty":"oct","alg":"HS256","k":1}"#, .badMember("k")),
      (#"{"kty":"oct","alg":"HS256"}"#, .badMember("k")),
      (#"{"kty":"oct","k":"\#(octets)"}"#, .unknownAlgorithm),
      (#"{"kty":"oct","alg":"none","k":"\#(octets)"}"#, .unknownAlgorithm),
      (#"{"kty":"oct","alg":"RS256","k":"\#(octets)"}"#, .wrongKind(.rs256)),
      (#"{"kty":"RSA","alg":"HS256","k":"\#(octets)"}"#, .wrongKind(.hs256)),
      (#"{"kty":"oct","alg":"HS256","use":"enc","k":"\#(octets)"}"#, .badMember("use")),
      (#"{"kty":"oct","alg":"A256GCM","use":"sig","k":"\#(octets)"}"#, .badMember("use")),
      (#"{"kty":"oct","alg":"HS256","kid":"","k":"\#(octets)"}"#, .badID),
      (#"{"kty":"oct","alg":"HS256","kid":"a b","k":"\#(octets)"}"#, .badID),
      (#"{"kty":"oct","alg":"HS256","k":"\#(octets)","k":"\#(octets)"}"#, .notAJWK),
      ("[]", .notAJWK), ("", .notAJWK), ("{", .notAJWK),
      (
        #"{"kty":"RSA","alg":"RS256","n":"\#(String(repeating: "_", count: 170))8","e":"AQAB"}"#,
        .wrongModulus
      ),
      (#"{"kty":"RSA","alg":"RS256","n":"AQAB"}"#, .badMember("e")),
      (#"{"kty":"EC","alg":"ES256","crv":"P-384","x":"AA","y":"AA"}"#, .badMember("crv")),
      (#"{"kty":"EC","alg":"ES256","crv":"P-256","x":"AA","y":"AA"}"#, .badMember("x")),
      (#"{"kty":"EC","alg":"ES256","crv":"P-256","x":"\#(octets)","y":"\#(octets)"}"#, .unsound),
      (#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, .badMember("x")),
      (#"{"kty":"OKP","crv":"X25519","x":"\#(octets)"}"#, .unknownAlgorithm),
      (
        #"{"kty":"OKP","crv":"Ed25519","x":"\#(octets)","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#,
        .unsound
      ),
    ] as [(String, KeyFault)])
  func refused(jwk: String, fault: KeyFault) {
    #expect(throws: fault) { try TokenKey(jwk: jwk) }
  }

  @Test("whose halves don't belong together is refused", arguments: ["RS256", "PS256", "ES256"])
  func halves(algorithm: String) throws {
    let example = try #require(
      RFCVectors.all.verified.first { $0.algorithm == (algorithm == "PS256" ? "RS256" : algorithm) }
    )
    var members = example.key
    members["alg"] = algorithm
    _ = try TokenKey(jwk: RFCVectors.json(members))
    if algorithm == "ES256" {
      members["d"] = members["x"]
    } else {
      members["n"] = RFCVectors.all.verified.last?.key["n"]
      for name in ["p", "q", "dp", "dq", "qi"] { members[name] = nil }
    }
    #expect(throws: KeyFault.unsound) { try TokenKey(jwk: RFCVectors.json(members)) }
  }

  @Test("that is RSA without the numbers that make signing fast signs all the same")
  func slowRSA() throws {
    let example = try #require(RFCVectors.all.verified.first { $0.algorithm == "RS256" })
    var members = example.key
    for name in ["p", "q", "dp", "dq", "qi"] { members[name] = nil }
    let key = try TokenKey(jwk: RFCVectors.json(members))
    #expect(try key.signature(of: example.input) == example.signature)
  }

  @Test("without its private half verifies, and can't be active")
  func publicHalf() throws {
    for key in TestKeys.keys where key.algorithm.isAsymmetric {
      let text = String(decoding: try JWKText(publicHalfOf: key).bytes, as: UTF8.self)
      let half = try TokenKey(jwk: text)
      #expect(half.state == .verifyOnly)
      #expect(half.id == key.id)
      let token = try TestKeys.ring().sign(TestKeys.claims(), keyID: key.id).text
      #expect(try KeyRing([half]).reason(token) == nil)
    }
  }

  @Test("shows nothing secret in the key set, however many secrets there are")
  func keySet() throws {
    let set = String(buffer: try TestKeys.ring().publicKeySet())
    for id in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
      #expect(set.contains(#""kid":"\#(id)""#))
    }
    for id in ["HS256", "HS384", "HS512", "A256GCM"] { #expect(!set.contains(#""kid":"\#(id)""#)) }
    for name in ["d", "k", "p", "q", "dp", "dq", "qi"] { #expect(!set.contains("\"\(name)\":")) }
    for key in TestKeys.keys { #expect(!"\(key.material)".contains("AA")) }
    #expect("\(try SecretBytes.random(count: 8))" == "•••")
  }

  @Test("of random keys is another one each time, signs, seals and has nothing public")
  func random() throws {
    let (one, two) = (try KeyRing.random(), try KeyRing.random())
    let token = try one.sign(TestKeys.claims(), seal: true).text
    #expect(one.reason(token) == nil)
    #expect(two.reason(token) == .tokenInvalid)
    #expect(String(buffer: try one.publicKeySet()) == #"{"keys":[]}"#)
  }

  @Test("can't have the name of another one")
  func duplicates() throws {
    let keys = [
      try TestKeys.make(.hs256, id: "a"), try TestKeys.make(.es256, id: "a", state: .retired),
    ]
    #expect(throws: KeyFault.duplicateID("a")) { try KeyRing(keys) }
  }

  @Test("is never asked to do what takes milliseconds on an event loop")
  func quickness() throws {
    let ring = try TestKeys.ring()
    let slow = try ring.sign(TestKeys.claims(), keyID: "ES384")
    let sealed = try ring.sign(TestKeys.claims(), keyID: "HS256", seal: true)
    #expect(!ring.verifiesQuickly(slow.text))
    #expect(!ring.verifiesQuickly(sealed.text))
    #expect(ring.verifiesQuickly(try ring.sign(TestKeys.claims(), keyID: "RS256").text))
    for wrong in ["", "a.b.c", "a.b.c.d", String(repeating: ".", count: 70_000)] {
      #expect(ring.verifiesQuickly(wrong))
    }
    for id in ["RS256", "PS256", "ES384"] { #expect(try !ring.signingKey(id).signsQuickly) }
  }
}
