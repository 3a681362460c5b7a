@testable import CloakroomTokens

extension TokenKey {
  /// A key of a JWK's text.
  convenience init(
    jwk text: String, name: String = "key", state: KeyState = .active
  ) throws(KeyFault) {
    try self.init(jwk: Array(text.utf8).span.bytes, name: name, state: state)
  }
}
