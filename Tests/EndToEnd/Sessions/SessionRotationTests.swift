import Foundation
import Support
import Testing

@Suite("A session that gets another id while the store is cut", .timeLimit(.minutes(5)))
struct SessionRotationTests {
  /// How long a command may take here.
  private static let patience = "200ms"

  /// For how long Redis is away with a cut.
  enum Outage: CaseIterable {
    /// A new connection is taken at once.
    case none
    /// For longer than a command waits, but not as long as the call.
    case short
    /// Until the call is answered.
    case long

    var time: Duration {
      switch self {
      case .none: .zero
      case .short: .milliseconds(500)
      case .long: .seconds(60)
      }
    }
  }

  /// The refs of records that nobody has been told of.
  private static func fresh(_ redis: RedisServer) throws -> Set<String> {
    let names = try redis.command(["KEYS", "*:session:*"]).split(separator: "\n").map(String.init)
    return try Set(
      names.filter { name in
        let parts = name.split(separator: ":").suffix(2)
        return parts.first == "session" && parts.last?.count == 64
      }.filter { try redis.command(["GET", $0]).contains(#""fresh":1"#) })
  }

  @Test(
    "has one id or the other, and leaves none that nobody knows",
    arguments: [CuttingProxy.Direction.requests, .replies], Outage.allCases)
  func cut(direction: CuttingProxy.Direction, outage: Outage) throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: Self.patience)
    let client = try daemon.readyClient()
    let definition = #"{"name":"w","steps":[{"id":"a"},{"id":"b"}]}"#
    #expect(try client.call("flow.define", definition)["version"] as? Int == 1)
    // From the first byte of the call to the last.
    let stride = direction == .requests ? 160 : 40
    var (bytes, sessions, unknown) = (0, 0, 0)
    var reasons: Set<String> = []
    var lost: Set<String> = []
    while true {
      let owner = "p\(bytes)"
      let old = try client.call("session.create", #"{"flow":"w","principal":"\#(owner)"}"#)
      let id = try #require(old["sessionId"] as? String, "\(old)")
      sessions += 1
      let cuts = proxy.cuts
      proxy.cut(direction, after: bytes, outage: outage.time)
      let answer = try client.call("session.rotate", #"{"sessionId":"\#(id)"}"#)
      proxy.mend()
      #expect(try client.waitForStore())
      func get(_ id: String) throws -> Answer {
        try client.call("session.get", #"{"sessionId":"\#(id)"}"#)
      }
      let new = answer["sessionId"] as? String
      reasons.insert(answer.reason ?? "ok")
      if answer.reason == "OUTCOME_UNKNOWN" {
        unknown += 1
        // One that is looked at later.
        lost.formUnion(try Self.fresh(redis))
      } else if let new {
        #expect(try get(new).result != nil, "\(bytes)")
        #expect(try get(id).reason == "DELETED", "\(bytes)")
      } else {
        #expect(answer.reason == "UNAVAILABLE", "\(bytes): \(answer)")
        #expect(try get(id).result != nil, "\(bytes)")
        try eventually("nothing is left") { try Self.fresh(redis).subtracting(lost).isEmpty }
        let list = try client.call("session.list", #"{"principal":"\#(owner)"}"#)
        let refs = (list["sessions"] as? [[String: Any]] ?? []).map { $0["ref"] as? String }
        #expect(refs == [old["ref"] as? String], "\(bytes)")
      }
      guard proxy.cuts > cuts else { break }
      bytes += stride
      try #require(bytes < 20_000)
    }
    #expect(sessions >= 10)
    // Nobody has ended one of them.
    let stats = try client.call("flow.stats", #"{"name":"w"}"#)
    #expect(stats["created"] as? Int == sessions && stats["live"] as? Int == sessions)
    #expect(stats["deleted"] as? Int == 0)
    #expect(reasons.contains("ok"))
    if outage == .long { #expect(reasons.contains("UNAVAILABLE")) }
    if outage == .none { #expect(unknown == 0) }
  }
}
