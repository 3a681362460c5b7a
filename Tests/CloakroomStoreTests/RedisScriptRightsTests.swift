import CloakroomRedis
import Support
import Testing

@testable import CloakroomStore

@Suite("A script that Redis may refuse half way", .timeLimit(.minutes(5)))
struct RedisScriptRightsTests {
  @Test("is run by a case of the test below, whichever it is")
  func completeness() {
    #expect(Set(RedisScriptCase.all.map(\.script)) == Set(RedisScripts.all))
  }

  @Test(
    "does all and says so, or says that it is refused and has done nothing",
    arguments: RedisScriptCase.all)
  func atomicity(of test: RedisScriptCase) throws {
    let trial = try RedisScriptTrial(test.script)
    var exercised: Set<String> = []
    for (index, situation) in test.situations.enumerated() {
      let whole = try trial.run(situation, .nothing)
      exercised.formUnion(whole.commands)
      let names = whole.commands.union(test.commands.map { $0.lowercased() })
      for lack in Self.lacks(names, situation.keys) {
        let outcome = try trial.run(situation, lack)
        let place = Comment(rawValue: "situation \(index), \(lack): \(outcome.reply)")
        if outcome.isRefused {
          #expect(outcome.after == outcome.before, place)
          #expect(!outcome.commands.contains("publish"), place)
        } else if !lack.changesSituation {
          #expect(outcome.reply == whole.reply, place)
          #expect(outcome.picture == whole.picture, place)
        }
      }
      if whole.isRefused { #expect(whole.after == whole.before, "\(whole.reply)") }
    }
    let names = Set(exercised.map { String($0.prefix { $0 != "|" }).uppercased() })
    #expect(test.commands.subtracting(names) == test.unused, "not exercised")
  }

  @Test("that can't go on says what it has done, and is refused when that is nothing")
  func partial() throws {
    let trial = try RedisScriptTrial(#require(ReclaimMessages.redis.script))
    // A stream whose last id is the greatest takes no other: the second message can't be moved.
    let full = ["XADD", "dead", "18446744073709551615-18446744073709551615", "message", "m"]
    var situation = RedisScriptCase.Situation(
      before: RedisScriptCase.delivered([full]), keys: ["key", "dead"],
      arguments: ["group", "me", "0", "10", "10000", "100", "-", "5"])
    let first = try trial.run(situation, .nothing)
    #expect(first.reply == #"[:0, [[:2, "1-1", ["message", "m"]]], ""]"#)
    situation.before.append(["XACK", "key", "group", "1-1"])
    let second = try trial.run(situation, .nothing)
    #expect(second.isRefused && second.after == second.before, "\(second.reply)")
  }

  /// Messages in the hands of a consumer for a second, the last of them for an hour.
  private static func inHand(_ count: Int, deliveries: Int) -> [[String]] {
    let ids = (1...count).map { "1-\($0)" }
    let claim = ["XCLAIM", "key", "group", "other", "0"]
    return ids.map { ["XADD", "key", $0, "message", "m"] } + [
      ["XGROUP", "CREATE", "key", "group", "0"],
      ["XREADGROUP", "GROUP", "group", "other", "STREAMS", "key", ">"],
      claim + ids + ["IDLE", "1000", "RETRYCOUNT", "\(deliveries)"],
      claim + [ids[count - 1], "IDLE", "3600000", "RETRYCOUNT", "\(deliveries)"],
    ]
  }

  @Test("that has done its work without a result says where to go on, and finds the last")
  func pieces() throws {
    let trial = try RedisScriptTrial(#require(ReclaimMessages.redis.script))
    let before = Self.inHand(40, deliveries: 2)
    var (start, places) = ("-", [String]())
    for _ in 0..<10 {
      let situation = RedisScriptCase.Situation(
        before: before, arguments: ["group", "me", "60000", "10", "10000", "13", start])
      let reply = try trial.run(situation, .nothing).reply
      places.append(reply)
      guard let next = reply.firstMatch(of: /\[\], "(1-\d+)"\]/)?.1 else { break }
      start = "(\(next)"
    }
    #expect(
      places == [13, 26, 39].map { #"[:0, [], "1-\#($0)"]"# }
        + [#"[:0, [[:3, "1-40", ["message", "m"]]], ""]"#])
  }

  @Test(
    "looks no further than at a few that were delivered once, and lately", arguments: [70, 700])
  func end(count: Int) throws {
    let trial = try RedisScriptTrial(#require(ReclaimMessages.redis.script))
    let situation = RedisScriptCase.Situation(
      before: Self.inHand(count, deliveries: 1),
      // Too little work for all of them.
      arguments: ["group", "me", "60000", "10", "10000", "65", "-"])
    #expect(try trial.run(situation, .nothing).reply == #"[:0, [], ""]"#)
  }

  private static func lacks(
    _ commands: Set<String>, _ keys: [String]
  ) -> [RedisScriptTrial.Lack] {
    commands.sorted().map { .command($0) } + [.channels, .memory, .replicas]
      + keys.flatMap { [.key($0), .writing($0), .reading($0), .type($0)] }
  }
}

extension RedisScriptTrial.Lack {
  /// Whether something else comes of a script that is not refused.
  fileprivate var changesSituation: Bool {
    if case .type = self { true } else { false }
  }
}
