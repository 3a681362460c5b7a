import CloakroomCore
import Testing

@testable import CloakroomTokens

/// A key has one algorithm (RFC 8725, section 3.1): what a header says of another one is not believed,
/// also where the signature is what the key makes.
@Suite("A key's one algorithm", .timeLimit(.minutes(1)))
struct KeyPurposeTests {
  private static let names = KeyAlgorithm.allCases.map(\.rawValue)

  @Test(
    "is the only one that its tokens may name, even when its signature is right",
    arguments: KeyAlgorithm.allCases.filter(\.isForSigning))
  func signing(algorithm: KeyAlgorithm) throws {
    let ring = try TestKeys.ring()
    for name in Self.names {
      let token = try ring.forge(
        header: #"{"alg":"\#(name)","kid":"\#(algorithm.rawValue)"}"#,
        payload: #"{"exp":4102444800}"#, key: algorithm.rawValue)
      #expect(
        ring.reason(token) == (name == algorithm.rawValue ? nil : .tokenInvalid),
        "\(algorithm.rawValue) as \(name)")
    }
  }

  @Test("is what a header without a key's name is looked up by")
  func unnamed() throws {
    let ring = try TestKeys.ring()
    for name in Self.names {
      let token = try ring.forge(
        header: #"{"alg":"\#(name)"}"#, payload: #"{"exp":4102444800}"#, key: "HS256")
      #expect(ring.reason(token) == (name == "HS256" ? nil : .tokenInvalid), "\(name)")
    }
    // Two keys of one algorithm: it is not guessed which.
    let two = try KeyRing([
      try TestKeys.make(.hs256, id: "a"), try TestKeys.make(.hs256, id: "b"),
    ])
    for id in ["a", "b"] {
      let token = try two.forge(
        header: #"{"alg":"HS256"}"#, payload: #"{"exp":4102444800}"#, key: id)
      #expect(two.reason(token) == .tokenInvalid)
    }
  }

  @Test(
    "can't be got around by an extension, critical or not (RFC 7515, section 4.1.11; RFC 7797)",
    arguments: [
      #""b64":false"#, #""b64":true"#, #""b64":null"#, #""\u00624":1,"b64":0"#, #""crit":["b64"]"#,
      #""crit":["b64"],"b64":true"#, #""crit":["exp"]"#, #""crit":null"#, #""zip":"DEF""#,
    ])
  func extensions(member: String) throws {
    let ring = try TestKeys.ring()
    for header in [
      #"{"alg":"HS256","kid":"HS256",\#(member)}"#, #"{\#(member),"alg":"HS256","kid":"HS256"}"#,
    ] {
      let token = try ring.forge(header: header, payload: #"{"exp":4102444800}"#, key: "HS256")
      #expect(ring.reason(token) == .tokenInvalid, "\(header)")
    }
  }
}
