@testable import CloakroomStore

extension RedisScriptCase {
  static let readingStatistics = [
    RedisScriptCase(
      ReadIndex.self,
      [
        Situation(arguments: ["2"]),
        Situation(before: [index], arguments: ["2", "5", "b"]),
        Situation(before: [index], arguments: ["2", "9", "b"]),
      ]),
    RedisScriptCase(
      ReadCounts.self,
      [Situation(before: [["HSET", "key", "1|created", "3"]], keys: ["key", "other"])]),
  ]

  static let statistics = [
    RedisScriptCase(
      IndexName.self,
      [
        Situation(arguments: ["5", "a", end]),
        Situation(before: [index], arguments: ["6", "a", end]),
        Situation(before: [index, ["PEXPIREAT", "key", later]], arguments: ["6", "a", end]),
      ]),
    RedisScriptCase(
      CountFacts.self,
      [
        counting(),
        counting([["HSET", "key", "session", "1"], ["HSET", "live", "3", "1"]]),
        counting([["HSET", "key", "session", "2"]]),
        // A fact that is before these was not counted.
        counting(first: "2"), counting(first: "2", areAll: "1"),
        counting([
          ["HSET", "key", "other", "1"], ["PEXPIREAT", "key", later], ["HSET", "live", "3", "1"],
          ["PEXPIREAT", "live", later],
        ]),
      ]),
    RedisScriptCase(
      AddCounts.self,
      [Situation(arguments: [end, "1|error|a|type", "1|error|a|required"])]),
  ]

  private static let end = "9000000000000"
  private static let later = "9500000000000"
  private static let index = ["ZADD", "key", "5", "a", "5", "b", "5", "c", "7", "d"]

  /// Two facts, in an hour each.
  private static func counting(
    _ before: [[String]] = [], first: String = "1", areAll: String = "0"
  ) -> Situation {
    let last = first == "1" ? "2" : "3"
    return Situation(
      before: before, keys: ["key", "live", "hour", "other"],
      arguments: [
        "session", "3", end, areAll, first, last, later, later,
        "3", "1", "1", "3|created", "4", "0", "2", "3|done|a", "3|time|a|7",
      ])
  }
}
