import CloakroomRedis

@testable import CloakroomStore

extension RedisScriptCase {
  static let records = [
    RedisScriptCase(
      "commit", RedisScripts.commit, unused: ["DEL"],
      [
        // Nothing where there is nothing, and a new record there.
        Situation(arguments: ["", "", "0", "", "0"]),
        Situation(arguments: ["", record("new________"), "9999999999999", "", "0"]),
        // Over the version that was read, smaller, and too late by its version or the time.
        there(["old________", record("new________"), "9999999999999", "", "0"]),
        there(["old________", record("new________"), "9999999999999", "9999999999999", "1"]),
        there(["old________", "", "0", "", "0"]),
        there(["other______", record("new________"), "9999999999999", "", "0"]),
        there(["old________", record("new________"), "9999999999999", "1", "0"]),
      ]),
    RedisScriptCase(
      "commitFields", RedisScripts.commitFields,
      [
        fields([digest, record("new________"), "9999999999999", ""]),
        fields([digest, record("new________"), "9999999999999", "9999999999999"]),
        fields([digest, "", "0", ""]),
        // Too late, by the hash or the time; and it is a hash no more, or nothing any more.
        fields(["0" + digest.dropFirst(), record("new________"), "9999999999999", ""]),
        fields([digest, record("new________"), "9999999999999", "1"]),
        there([digest, record("new________"), "9999999999999", ""]),
        Situation(arguments: [digest, record("new________"), "9999999999999", ""]),
      ]),
  ]

  /// Of the hash that `fields` has.
  private static let digest = "008ecd62c762b6be865eba8ce9628417880ee3f3"

  private static func record(_ version: String) -> String {
    "{\"v\":\"\(version)\",\"kind\":\"pending\"} {}"
  }

  private static func there(_ arguments: [String]) -> Situation {
    Situation(
      before: [["SET", "key", record("old________") + "and more", "PXAT", "9999999999999"]],
      arguments: arguments)
  }

  private static func fields(_ arguments: [String]) -> Situation {
    Situation(before: [["HSET", "key", "a", "1", "b", "2"]], arguments: arguments)
  }
}
