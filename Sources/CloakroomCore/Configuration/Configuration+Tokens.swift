extension Configuration {
  /// Tokens, and the keys that they are signed with.
  public struct Tokens: Sendable, Equatable {
    /// The folder of keys, a JWK or PEM file each; without it, and without credentials, there are keys
    /// for this run only.
    public var keys: String?
    /// systemd's folder of credentials, `$CREDENTIALS_DIRECTORY`; those named `jwt.…` are keys too.
    public var credentials: String?
    /// Who issues the tokens, `iss`; nil leaves it out.
    public var issuer: String?
    /// By how much `nbf` and `iat` may lie ahead: so far may the clocks of signers be apart.
    public var leeway: Duration? = Duration.seconds(5)
    /// For how long a token is taken after it has expired.
    public var expiryLeeway: Duration?

    /// No keys.
    public init() {}
  }
}
