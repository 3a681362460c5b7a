import Testing

@testable import CloakroomTokens

@Suite("A token's type", .timeLimit(.minutes(1)))
struct TokenTypeTests {
  /// What a header says of its type, and whether a token without a purpose may say it.
  static let types: [(member: String, isTaken: Bool)] = [
    ("", true), (#","typ":"JWT""#, true), (#","typ":"jwt""#, true),
    (#","typ":"application/jwt""#, true), (#","typ":"password-reset+jwt""#, false),
    (#","typ":"at+jwt""#, false), (#","typ":"+jwt""#, false), (#","typ":"JWTX""#, false),
    (#","typ":"""#, false), (#","typ":"application/""#, false), (#","typ":"JWE""#, false),
  ]

  @Test("that is of some purpose is refused where none is asked for", arguments: types)
  func plain(member: String, isTaken: Bool) throws {
    let ring = try TestKeys.ring()
    let token = try ring.forge(
      header: #"{"alg":"HS256","kid":"HS256"\#(member)}"#, payload: #"{"exp":4102444800}"#,
      key: "HS256")
    #expect(ring.reason(token) == (isTaken ? nil : .wrongType))
  }
}
