import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomTokens

@Suite("A token's greatest length", .timeLimit(.minutes(1)))
struct TokenLengthTests {
  @Test(
    "is the length of a token that is made and taken; one byte more is not",
    arguments: [false, true])
  func edge(seal: Bool) throws {
    let claims = TestKeys.claims(#"{"a":"\#(String(repeating: "x", count: 999))"}"#)
    let token = try TestKeys.ring().sign(claims, keyID: "HS256", seal: seal).text
    let length = token.utf8.count
    let exact = try KeyRing(TestKeys.keys, tokenBytes: length)
    #expect(exact.reason(token) == nil)
    #expect(try exact.sign(claims, keyID: "HS256", seal: seal).text.utf8.count == length)
    let short = try KeyRing(TestKeys.keys, tokenBytes: length - 1)
    #expect(short.reason(token) == .tokenInvalid)
    let error = #expect(throws: RPCError.self) {
      try short.sign(claims, keyID: "HS256", seal: seal)
    }
    #expect(error?.reason == .tooLarge)
  }

  @Test("is not what bounds a header: that has 2,048 bytes of its own")
  func header() throws {
    let ring = try TestKeys.ring()
    func token(headerBytes: Int) throws -> String {
      let start = #"{"alg":"HS256","kid":"HS256","a":""#
      let rest = String(repeating: "x", count: headerBytes - start.utf8.count - 2)
      return try ring.forge(
        header: start + rest + "\"}", payload: #"{"exp":4102444800}"#, key: "HS256")
    }
    #expect(ring.reason(try token(headerBytes: JOSEHeader.longest)) == nil)
    #expect(ring.reason(try token(headerBytes: JOSEHeader.longest + 1)) == .tokenInvalid)
  }

  @Test(
    "of a purpose is 64 characters", arguments: [(0, false), (1, true), (64, true), (65, false)])
  func purpose(length: Int, isTaken: Bool) throws {
    let purpose = String(repeating: "p", count: length)
    let claims = TestKeys.claims(purpose: purpose)
    let signed = try? TestKeys.ring().sign(claims, keyID: "HS256")
    #expect((signed != nil) == isTaken)
  }
}
