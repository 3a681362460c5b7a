import Support

/// A connection to Redis for short texts: no string of a reply may have a line break.
struct RedisSession {
  private let client: LineClient

  init(_ server: RedisServer) throws {
    client = try LineClient(path: server.socketPath, isSidecar: false)
  }

  /// Runs a command.
  ///
  /// - Returns: its reply as text: `+OK`, `-ERR no`, `:1`, `"a"`, `nil`, `["a", [:1]]`.
  func command(_ parts: [String]) throws -> String {
    try client.send(
      "*\(parts.count)\r\n" + parts.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined())
    return try reply()
  }

  private func reply() throws -> String {
    let line = try client.readLine().dropLast()
    switch line.first {
    case "$":
      return line == "$-1" ? "nil" : "\"\(try client.readLine().dropLast())\""
    case "*":
      let count = Int(line.dropFirst()) ?? 0
      return try "[\((0..<count).map { _ in try reply() }.joined(separator: ", "))]"
    default:
      return String(line)
    }
  }
}
