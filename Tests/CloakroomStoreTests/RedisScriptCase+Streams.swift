@testable import CloakroomStore

extension RedisScriptCase {
  static let readingStreams = [
    RedisScriptCase(
      InspectGroup.self,
      [Situation(before: delivered(), arguments: ["group", "10"])])
  ]

  static let streams = [
    RedisScriptCase(
      AppendMessage.self,
      [
        append("least"), append("least", to: timed("1000")), append("least", to: timed("99999999")),
        append("keep", to: timed("1000")), append("keep", to: kept), append("after", to: kept),
        append("never"), append("never", to: kept), append("never", to: timed("99999999")),
        append("least", to: timed("1000"), limit: ["=", "1"]),
      ]),
    RedisScriptCase(
      EnsureGroup.self,
      [
        ensure(), ensure(after: kept), ensure(after: delivered()),
        ensure("another", after: delivered()), ensure("another", after: delivered(), most: "1"),
      ]),
    RedisScriptCase(
      ReadMessages.self,
      [
        Situation(
          before: kept + [["XGROUP", "CREATE", "key", "group", "0"]],
          arguments: ["group", "me", "10", "10000"]),
        Situation(before: kept, arguments: ["group", "me", "10", "10000"]),
      ]),
    RedisScriptCase(ReclaimMessages.self, reclaims),
  ]

  private static let kept = [["XADD", "key", "1-1", "message", "m"]]

  private static func timed(_ milliseconds: String) -> [[String]] {
    kept + [["PEXPIRE", "key", milliseconds]]
  }

  /// Three messages in the hands of a consumer that is not heard of, the second for the ninth time.
  static func delivered(_ others: [[String]] = []) -> [[String]] {
    let messages = (1...3).map { ["XADD", "key", "1-\($0)", "message", "m"] }
    let claim = ["XCLAIM", "key", "group", "other", "0"]
    return messages + [
      ["XGROUP", "CREATE", "key", "group", "0"],
      ["XREADGROUP", "GROUP", "group", "other", "STREAMS", "key", ">"],
      claim + ["1-1", "1-3", "IDLE", "999999999999", "RETRYCOUNT", "1"],
      claim + ["1-2", "IDLE", "999999999999", "RETRYCOUNT", "9"],
    ] + others
  }

  private static func append(
    _ life: String, to before: [[String]] = [], limit: [String] = []
  ) -> Situation {
    Situation(before: before, arguments: ["m", life, "1000000"] + limit)
  }

  private static func ensure(
    _ group: String = "group", after before: [[String]] = [], most: String = "10"
  ) -> Situation {
    Situation(before: before, arguments: [group, "0", "1000000", most])
  }

  private static let reclaims: [Situation] = {
    let all = ["group", "me", "0", "10", "10000", "100", "-"]
    // Nothing can be put behind such an entry.
    let last = ["XADD", "dead", "18446744073709551615-18446744073709551615", "message", "m"]
    let befores = [
      delivered(), delivered([["PEXPIRE", "key", "99999999"]]),
      delivered([["XADD", "dead", "1-1", "message", "m"], ["PEXPIRE", "dead", "1000"]]),
      delivered([["XDEL", "key", "1-1", "1-2"]]), delivered([last]),
      delivered([last, ["XACK", "key", "group", "1-1"]]),
    ]
    return [
      Situation(before: delivered(), arguments: all),
      Situation(before: delivered([["XDEL", "key", "1-2"]]), arguments: all),
    ] + befores.map { Situation(before: $0, keys: ["key", "dead"], arguments: all + ["5"]) }
  }()
}
