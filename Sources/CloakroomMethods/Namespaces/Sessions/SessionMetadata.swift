/// What an application knows of the browser that a session is used from.
struct SessionMetadata: Sendable, Equatable {
  /// How long each of them is at most, in bytes.
  static let longest = 1024

  var userAgent: String?
  var ipAddress: String?
  var deviceInfo: String?

  /// Nothing.
  static let none = SessionMetadata()
}
