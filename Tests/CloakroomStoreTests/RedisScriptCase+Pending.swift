import CloakroomRedis

@testable import CloakroomStore

extension RedisScriptCase {
  static let readingPending = [
    step("readPending", RedisScripts.readPending, ["1"]),
    step("settlePending", RedisScripts.settlePending, unused: ["HGET"]),
  ]

  static let pending = [
    RedisScriptCase(
      "createPending", RedisScripts.createPending,
      [
        Situation(arguments: arguments(life: "60000") + ["data"]),
        Situation(before: state(), arguments: arguments(life: "60000") + ["data"]),
      ]),
    step("consumePending", RedisScripts.consumePending),
    RedisScriptCase(
      "updatePending", RedisScripts.updatePending,
      situations(["", "new", "keep", ""]) + situations(["", "new", "after", "70000"])
        + situations([String(repeating: "0", count: 40), "new", "reset", ""])),
    step("deletePending", RedisScripts.deletePending, unused: ["HGET"]),
    step("checkoutPending", RedisScripts.checkoutPending, ["1000", "receipt"]),
    step("commitPending", RedisScripts.commitPending, unused: ["HGET"], ["receipt", "result"]),
    step("releasePending", RedisScripts.releasePending, ["receipt"]),
    step("reopenPending", RedisScripts.reopenPending),
  ]

  private static func step(
    _ name: String, _ script: RedisScript, unused: Set<String> = [], _ own: [String] = []
  ) -> RedisScriptCase {
    RedisScriptCase(name, script, unused: unused, situations(own))
  }

  /// What all steps are called with: type, tombstone, receipt, dead, then life, created, once, most.
  private static func arguments(life: String = "") -> [String] {
    ["type", "1000000", "1000000", "1000000", life, "", "0", "0"]
  }

  /// All that an operation may be in when a step comes.
  private static func situations(_ own: [String]) -> [Situation] {
    let states: [[[String]]] = [
      state(),
      // Its life is over.
      state(until: "1"),
      // Checked out, with a lease that runs, that is over, and that was the last.
      state("out", ["receipt", "receipt", "lease", future, "fence", "5", "attempts", "1"]),
      state("out", ["receipt", "receipt", "lease", "1", "fence", "5", "attempts", "1"]),
      state("out", ["receipt", "receipt", "lease", "1", "attempts", "1", "most", "1"]),
      // The last attempt, which runs.
      state("out", ["receipt", "receipt", "lease", future, "attempts", "1", "most", "1"]),
      state("dead", ["attempts", "1", "most", "1"]),
      state("committed", ["receipt", "receipt", "result", "result", "at", "1"]),
      state("consumed"),
    ]
    return [
      Situation(arguments: arguments() + own),
      // One that comes into the store only now.
      Situation(arguments: arguments(life: "60000") + own),
    ] + states.map { Situation(before: $0, arguments: arguments() + own) }
  }

  private static func state(
    _ state: String = "open", until: String = future, _ others: [String] = []
  ) -> [[String]] {
    [
      [
        "HSET", "key", "type", "type", "state", state, "data", "data", "created", "1", "until",
        until,
        "life", "60000", "once", "0", "most", "0", "attempts", "0",
      ] + others,
      ["PEXPIRE", "key", "99999999"],
    ]
  }
}
