import Support
import Testing

@Suite("What sessions cost Redis", .timeLimit(.minutes(2)))
struct SessionCostTests {
  /// How often Redis has run each command since its statistics were reset.
  private static func calls(_ redis: RedisServer) throws -> [String: Int] {
    let lines = try redis.command(["INFO", "commandstats"]).split(whereSeparator: \.isNewline)
    return lines.reduce(into: [:]) { calls, line in
      guard let match = line.firstMatch(of: /cmdstat_([a-z|]+):calls=(\d+)/) else { return }
      calls[String(match.output.1)] = Int(match.output.2)
    }
  }

  @Test("is one GET for each that is read, and one script for each that this sidecar changes again")
  func commands() throws {
    let stage = try SessionStage(.redis, ["--set", "pending.sweepInterval=1h"])
    try stage.define()
    let visitor = try stage.begin()
    _ = try visitor.get()
    let redis = try #require(stage.redis)
    _ = try redis.command(["CONFIG", "RESETSTAT"])
    for _ in 0..<20 { #expect(try visitor.get().result != nil) }
    let read = try Self.calls(redis)
    #expect(read["get"] == 20 && read["evalsha"] == nil, "\(read)")
    _ = try redis.command(["CONFIG", "RESETSTAT"])
    for number in 0..<20 { try visitor.update(#"{"budget":\#(number)}"#) }
    let changed = try Self.calls(redis)
    #expect(changed["get"] == nil && changed["evalsha"] == 20, "\(changed)")
  }
}
