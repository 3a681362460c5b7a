internal import CloakroomRedis

/// What Redis says when it refuses a command, as far as it may be passed on.
///
/// An error can quote what was sent. So only sentences that are Redis' own from their beginning are, and those
/// only up to where they may quote.
enum RedisSentence {
  private static let longest = 400

  /// How Redis' own sentences begin.
  private static let beginnings = [
    "OOM command not allowed", "READONLY You can't write against a read only replica",
    "NOREPLICAS Not enough good replicas", "MISCONF Redis is configured to",
    "MISCONF Valkey is configured to",
    "MISCONF Errors writing to the AOF file", "NOPERM this user has no permissions",
    "NOPERM No permissions to", "NOPERM User ", "NOAUTH Authentication required",
    "WRONGTYPE Operation against a key holding the wrong kind of value", "ERR unknown command",
    "ERR The user executing the script can't", "ERR value is not an integer or out of range",
    "ERR increment or decrement would overflow", "ERR syntax error",
    "MASTERDOWN Link with MASTER is down", "LOADING Redis is loading", "CLUSTERDOWN ",
  ]

  /// Where a sentence goes over to what was sent, or to what only Redis' developers need.
  private static let ends = [", with args", " script: "]

  /// What a script stumbles over is told in words for its author, and may quote anything.
  private static let stumbled = "ERR user_script:"

  /// The sentence of an error; nil when it may quote anything.
  static func ofError(_ reply: borrowing RESPReply) -> String? {
    let text = reply.text(of: reply.first)
    if text.hasPrefix(stumbled) {
      return "what is stored there is nothing that a sidecar has written"
    }
    guard beginnings.contains(where: { text.hasPrefix($0) }) else { return nil }
    var sentence = text.prefix(longest)
    for end in ends {
      if let range = sentence.firstRange(of: end) { sentence = sentence[..<range.lowerBound] }
    }
    return String(sentence)
  }
}
