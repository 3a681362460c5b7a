import CloakroomRedis
import Testing

@testable import CloakroomStore

/// A script with situations that make it run each of its commands.
struct RedisScriptCase: Sendable, CustomTestStringConvertible {
  /// What there is before a script runs, and what it is called with.
  struct Situation: Sendable {
    /// Commands that make what there is.
    var before: [[String]] = []
    var keys = ["key"]
    var arguments: [String] = []
  }

  let testDescription: String
  let script: RedisScript
  let situations: [Situation]
  /// Commands that stand in what the script has in common with others, and that it never runs.
  var unused: Set<String> = []

  init(
    _ name: String, _ script: RedisScript, unused: Set<String> = [], _ situations: [Situation]
  ) {
    testDescription = name
    self.script = script
    self.situations = situations
    self.unused = unused
  }

  /// The script of a step.
  init(
    _ step: any StoreStep.Type, unused: Set<String> = [], _ situations: [Situation]
  ) {
    self.init(
      "\(step)", step.redis.script ?? RedisScripts.nothing, unused: unused, situations)
  }

  /// The commands that the script's text names.
  var commands: Set<String> {
    let calls = script.source.matches(of: /(?:(?:call|write)\(|commit\(\w+, )'([A-Z]+)'/)
    return Set(calls.map { String($0.1) })
  }

  /// The same for the variant that keeps its answer: without an idempotency record, and with that of another step.
  var keepingAnswer: RedisScriptCase {
    var kept = situations.map { situation in
      var kept = situation
      kept.keys.append("record")
      kept.arguments += ["fingerprint", "1", "1000000", ""]
      return kept
    }
    if var next = kept.first {
      next.before.append(["HSET", "record", "fingerprint", "fingerprint"])
      kept.append(next)
    }
    return RedisScriptCase(
      testDescription + ", with an idempotency record", RedisScripts.idempotent(script),
      unused: unused.subtracting(["HMGET", "HSET", "PEXPIRE"]), kept)
  }

  static let all = reading + changing + changing.map(\.keepingAnswer)

  private static let reading =
    [
      RedisScriptCase(
        "getWithMeta", RedisScripts.getWithMeta,
        [Situation(before: [["SET", "key", "v", "PX", "99999999999"]])]),
      RedisScriptCase(
        "recall", RedisScripts.recall,
        [
          Situation(
            before: [["HSET", "key", "fingerprint", "f", "1", "\u{1}"]], arguments: ["f", "1"])
        ]),
      RedisScriptCase(
        ReadFields.self,
        [
          Situation(before: [["HSET", "key", "a", "1"], ["PEXPIRE", "key", "99999999999"]]),
          Situation(before: [["SET", "key", "v", "PX", "1000000"]]), Situation(),
        ]),
    ] + readingClaims + readingStreams + readingRates + readingStatistics

  private static let changing =
    values + messages + claims + records + deadlines + streams + rates + statistics + caches

  private static let deadlines = [
    RedisScriptCase(
      TakeDueNames.self,
      [
        Situation(keys: indexKeys, arguments: ["10", "1000"]),
        Situation(
          before: [["ZADD", "key", "1", "a", "2", "b"]], keys: indexKeys, arguments: ["10", "1000"]
        ),
        Situation(
          before: [
            ["ZADD", "key", "1", "a"], ["ZADD", "held", "2", "left", "99999999999999", "b"],
          ],
          keys: indexKeys, arguments: ["10", "1000"]),
      ]),
    RedisScriptCase(
      SettleDueNames.self,
      [
        Situation(
          before: [
            ["ZADD", "held", "100", "ended", "100", "later", "90", "another's"],
            ["ZADD", "key", "5", "later"],
          ], keys: indexKeys,
          arguments: ["100", "ended", "0", "later", "500", "another's", "0", "none", "0"])
      ]),
  ]

  private static let indexKeys = ["key", "held"]

  private static let values = [
    RedisScriptCase(
      "setConditionally", RedisScripts.setConditionally,
      [
        Situation(arguments: ["v", "absent", "", "after", "1000000"]),
        Situation(
          before: [["SET", "key", "old", "PX", "1000000"]],
          arguments: ["v", "present", "", "keep", "1000000"]),
        Situation(
          before: [["SET", "key", "old"]],
          arguments: ["v", "match", "c00dbbc9dadfbe1e232e93a729dd4752fade0abf", "never", ""]),
        Situation(arguments: ["v", "none", "", "never", ""]),
      ]),
    RedisScriptCase(
      "add", RedisScripts.add,
      [
        add("1", ms: "1000000"), add("1"), add("3", most: "2"), add("1", to: "5"),
        add("3", to: "5", most: "7"), add("-3", to: "5", least: "3"), add("0", to: "5", most: "4"),
        add("\(Int64.min)", to: "5", least: "0"), add("\(Int64.max)", to: "5"),
        add("1", to: "text"),
      ]),
    RedisScriptCase(
      "persist", RedisScripts.persist,
      [Situation(before: [["SET", "key", "v", "PX", "1000000"]])]),
    RedisScriptCase(
      "single", RedisScripts.single,
      [
        Situation(before: [["SET", "key", "v"]], arguments: ["UNLINK"]),
        Situation(before: [["SET", "key", "v"]], arguments: ["GETDEL"]),
        Situation(before: [["SET", "key", "v"]], arguments: ["PEXPIRE", "1000000"]),
        Situation(before: [["SET", "key", "v"]], arguments: ["EXISTS"]),
        Situation(before: delivered(), arguments: ["XACK", "group", "1-1"]),
      ]),
    RedisScriptCase("nothing", RedisScripts.nothing, [Situation()]),
  ]

  private static func add(
    _ number: String, to old: String? = nil, least: String = "\(Int64.min)",
    most: String = "\(Int64.max)", ms: String = ""
  ) -> Situation {
    Situation(
      before: old.map { [["SET", "key", $0, "PX", "1000000"]] } ?? [],
      arguments: [number, least, most, ms])
  }

  private static let digest = String(repeating: "d", count: 40)

  private static let messages = [
    RedisScriptCase("publish", RedisScripts.publish, [Situation(arguments: ["message"])]),
    RedisScriptCase(
      PublishDefined.self,
      [
        Situation(arguments: ["message", "", "1000000"]),
        Situation(
          before: [["SET", "key", digest + "{}"]], arguments: ["message", digest, "1000000"]),
        Situation(before: [["SET", "key", digest + "{}"]], arguments: ["message", "", "1000000"]),
      ]),
  ]
}
