internal import Glibc
internal import Support

/// Calls that are made by another user than the tests'.
enum PolicyPeer {
  /// What went wrong with the other user's connection, in its program's words.
  struct Failure: Error {
    let output: String
  }

  /// Whether the tests may act as another user.
  static let mayBeAnother =
    (try? Tool.run(["setpriv", "--reuid=\(user)", "--clear-groups", "true"]).exit) == .status(0)

  /// The user nobody, and a group that is not its own.
  static let user: UInt32 = 65_534

  /// Sends a text to a sidecar as another user, and answers with the lines that come back.
  static func exchange(
    _ text: String, with daemon: Daemon, groups: [UInt32] = [], group: UInt32 = user
  ) throws -> [Answer] {
    // Of a name of its own: tests run side by side, and the sidecar's own folder is not touched.
    let folder = try Daemon.makeFolder()
    let path = folder + "/requests"
    defer {
      unlink(path)
      rmdir(folder)
    }
    try TextFile.write(text, to: path)
    let supplementary =
      groups.isEmpty
      ? "--clear-groups" : "--groups=" + groups.map(String.init).joined(separator: ",")
    let result = try Tool.run(
      [
        "setpriv", "--reuid=\(user)", "--regid=\(group)", supplementary,
        "socat", "-t", "10", "-", "UNIX-CONNECT:\(daemon.socketPath)",
      ], input: path)
    guard result.exit == .status(0) else { throw Failure(output: result.output) }
    var conversation = Conversation()
    conversation.send(text.utf8)
    return result.output.split(separator: "\n").map { line in
      conversation.receive(line.utf8)
      return Answer(String(line))
    }
  }

  /// Makes one call as another user.
  static func call(
    _ method: String, _ params: String = "{}", on daemon: Daemon, groups: [UInt32] = [],
    group: UInt32 = user
  ) throws -> Answer {
    try exchange(LineClient.request(method, params), with: daemon, groups: groups, group: group)
      .first ?? Answer("")
  }
}
