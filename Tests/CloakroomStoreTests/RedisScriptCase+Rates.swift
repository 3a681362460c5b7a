@testable import CloakroomStore

extension RedisScriptCase {
  static let readingRates = [RedisScriptCase(PeekRates.self, situations)]

  static let rates = [
    RedisScriptCase(TakeRates.self, situations),
    RedisScriptCase(
      "takeRate", RateScript.takeOne,
      [
        Situation(arguments: one),
        // Of another window; of this one, and refused; written later than now, and refused.
        Situation(before: [standing()], arguments: one),
        Situation(before: [standing("60000000 9000000000000000 0 3 1")], arguments: one),
        Situation(
          before: [standing("60000000 9000000000000000 0 3 8999999999999999")], arguments: one),
      ]),
    RedisScriptCase(
      ForgetRates.self,
      [
        Situation(), Situation(before: [standing()], keys: ["key", "other"]),
        Situation(before: [standing()]),
      ]),
  ]

  private static let situations = [
    Situation(arguments: demand),
    Situation(before: [standing()], arguments: demand),
    Situation(before: [standing("60000000 9000000000000000 1 3")], arguments: demand),
    Situation(
      before: [standing("60000000 9000000000000000 1 3 8999999999999999")], arguments: demand),
    Situation(keys: ["key", "other"], arguments: demand + second),
    Situation(before: [standing()], keys: ["key", "other"], arguments: demand + second),
    Situation(
      before: [standing("60000000 9000000000000000 1 3")], keys: ["key", "other"],
      arguments: demand + second),
  ]

  /// One of three a minute.
  private static let one = ["60000000", "3", "60000000", "20000000"]
  /// One of three a minute on the first key, and of two a second on the second.
  private static let demand = ["1", "60000000", "3", "60000000", "0", "20000000", "0"]
  private static let second = ["2", "1000000", "2", "1000000", "0", "500000", "0"]

  private static func standing(_ text: String = "1000000 9000000000000000 0 2") -> [String] {
    ["SET", "key", text, "PX", "99999999999"]
  }
}
