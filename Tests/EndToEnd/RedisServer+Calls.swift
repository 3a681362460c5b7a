internal import Support

extension RedisServer {
  /// How often Redis has run each command since the statistics were set back, those within scripts included.
  /// What the sidecar asks for itself is missing.
  func calls() throws -> [String: Int] {
    let lines = try command(["INFO", "commandstats"]).split(whereSeparator: \.isNewline)
    var calls: [String: Int] = [:]
    for match in lines.compactMap({ $0.firstMatch(of: /^cmdstat_([a-z|]+):calls=(\d+)/) }) {
      calls[String(match.1)] = Int(match.2)
    }
    // The script that takes what is due asks for two ranges.
    if let ranges = calls["zrangebyscore"] { calls["evalsha", default: 0] -= ranges / 2 }
    for own in ["ping", "time", "info", "config|resetstat", "zrangebyscore", "client|setinfo"] {
      calls[own] = nil
    }
    return calls
  }

  /// How often it runs each command meanwhile.
  func calls(during body: () throws -> Void) throws -> [String: Int] {
    _ = try command(["CONFIG", "RESETSTAT"])
    try body()
    return try calls()
  }
}
