/// Why the sidecar doesn't start: the access log that is configured can't be kept.
public struct AccessLogFault: Error, Sendable, CustomStringConvertible {
  /// What is wrong, with the file's path.
  public let description: String
}
