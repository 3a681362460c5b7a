@testable import CloakroomStore

extension RedisScriptCase {
  static let caches = [
    RedisScriptCase(
      KeepCacheTags.self,
      [
        tags([], kept), tags([["SET", "key", "5"]], kept),
        tags([["SET", "key", "5"], ["SET", "tag", "3 4", "PX", "999999999"]], kept),
        // One that would not live long enough.
        tags([["SET", "key", "5"], ["SET", "tag", "3 4", "PX", "1000"]], kept),
      ]),
    RedisScriptCase(
      InvalidateCacheTags.self, unused: ["DEL"],
      ["0", "1"].flatMap { soft in
        [
          tags([], [soft, "1000000", "9999999999"]),
          tags(
            [["SET", "key", "5"], ["SET", "tag", "3 4", "PX", "999999999"]],
            [soft, "1000000", "9999999999"]),
        ]
      }),
  ]

  private static let kept = ["1000000", "1000000", "9999999999"]

  private static func tags(_ before: [[String]], _ arguments: [String]) -> Situation {
    Situation(before: before, keys: ["key", "tag"], arguments: arguments)
  }
}
