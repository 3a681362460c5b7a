@testable import CloakroomStore

extension RedisScriptCase {
  static let readingClaims = [
    RedisScriptCase(
      InspectClaim.self, [Situation(before: [held()])])
  ]

  static let claims = [
    RedisScriptCase(
      TakeClaim.self, unused: ["PEXPIRE"],
      [
        take(),
        // Its turn, behind one that is gone and before another.
        take(after: queue(["w1", "1:gone", "w2", future + ":me", "w3", future + ":next"]), "2"),
        take(after: held()),
        take(after: held(), patience: "1000"),
        take(after: held(["w1", "1:gone", "w2", future + ":other"]), patience: "1000"),
        take(after: held(["w1", "1:gone", "w2", future + ":other"]), patience: "1000", limit: "1"),
        take(after: held(["w1", future + ":me", "w2", future + ":next"]), "1"),
        take(after: held(gap), patience: "1000"),
      ]),
    RedisScriptCase(
      RenewClaim.self, unused: ["PEXPIRE"],
      [["w1", "1:gone", "w2", future + ":next"], gap, []].flatMap { waiters in
        [
          Situation(before: [held(waiters)], arguments: ["holder", "", "1000", "1000000"]),
          Situation(before: [held(waiters)], arguments: ["another", "", "1000", "1000000"]),
        ]
      }),
    RedisScriptCase(
      ReleaseClaim.self,
      [["w1", "1:gone", "w2", future + ":next"], gap, []].map {
        Situation(before: [held($0)], arguments: ["holder", "5", "1000000"])
      }),
    RedisScriptCase(
      WithdrawClaim.self,
      [
        Situation(before: [held()], arguments: ["ticket", "", "1000000"]),
        Situation(
          before: [held(["w1", "1:gone", "w2", future + ":me", "w3", future + ":next"])],
          arguments: ["me", "2", "1000000"]),
        Situation(before: [held(gap)], arguments: ["ticket", "", "1000000"]),
        Situation(before: [held()], arguments: ["unknown", "7", "1000000"]),
      ]),
  ]

  /// A time that no test sees.
  static let future = "9999999999999"

  /// One that waits so far behind that all are looked at.
  private static let gap = ["w50", future + ":next"]

  private static func queue(_ waiters: [String]) -> [String] {
    ["HSET", "key", "fence", "5", "first", "1", "last", "50"] + waiters
  }

  private static func held(_ waiters: [String] = []) -> [String] {
    queue(waiters) + ["owner", "holder", "until", future, "call", "ticket"]
  }

  private static func take(
    after before: [String]? = nil, _ number: String = "", patience: String = "",
    limit: String = "10"
  ) -> Situation {
    Situation(
      before: before.map { [$0] } ?? [],
      arguments: ["me", "1000", "me", number, patience, limit, "1000000"])
  }
}
