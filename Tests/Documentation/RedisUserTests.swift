import CloakroomMethods
import Foundation
import Support
import Testing

@Suite("The user of Redis that the documentation gives", .timeLimit(.minutes(1)))
struct RedisUserTests {
  /// Calls that lead through the steps which a single example doesn't get to.
  private static let story: [(method: String, params: String)] = [
    ("kv.set", #"{"key":"a","value":1,"onlyIf":"absent","withMeta":true}"#),
    ("kv.set", #"{"key":"a","value":2,"ttl":"keep","idempotencyKey":"1"}"#),
    ("kv.get", #"{"key":"a","withMeta":true}"#),
    ("kv.take", #"{"key":"a","idempotencyKey":"2"}"#),
    ("batch.set", #"{"entries":[{"key":"a","value":1}],"idempotencyKey":"3"}"#),
    ("counter.increment", #"{"key":"a","max":9,"ttl":"1h","idempotencyKey":"4"}"#),
    ("claim.once", #"{"key":"a","owner":"one","ttl":"100ms"}"#),
    ("claim.once", #"{"key":"a","owner":"two","waitMs":5000}"#),
    ("claim.release", #"{"key":"a","owner":"two"}"#),
    ("events.define", #"{"channel":"a","schema":{"type":"object"}}"#),
    ("events.subscribe", #"{"pattern":"*"}"#),
    ("events.publish", #"{"channel":"b","data":1,"idempotencyKey":"5"}"#),
    ("streams.append", #"{"stream":"a","message":1,"maxLen":9}"#),
    ("streams.ensure", #"{"stream":"a","group":"g"}"#),
    ("streams.read", #"{"stream":"a","group":"g","consumer":"c","blockMs":1}"#),
    ("streams.read", #"{"stream":"a","group":"g","consumer":"c","blockMs":10}"#),
    ("streams.pending", #"{"stream":"a","group":"g"}"#),
    (
      "streams.reclaim",
      #"{"stream":"a","group":"g","consumer":"c","minIdleMs":0,"maxDeliveries":1}"#
    ),
    ("streams.length", #"{"stream":"a:dead-letters"}"#),
    ("pending.create", #"{"operationType":"t","data":1,"backend":"store","expiresIn":"1s"}"#),
  ]

  /// The calls of an operation's hand-over.
  private static func handOver(_ client: LineClient) throws -> [Answer] {
    let created = try client.call(
      "pending.create", #"{"operationType":"t","data":{},"backend":"store","idempotencyKey":"6"}"#)
    let token = created["token"] as? String ?? ""
    let operation = #""token":"\#(token)","operationType":"t""#
    let first = try client.call("pending.checkout", "{\(operation)}")
    let released = try client.call(
      "pending.release", #"{\#(operation),"receipt":"\#(first["receipt"] as? String ?? "")"}"#)
    let second = try client.call("pending.checkout", "{\(operation)}")
    let committed = try client.call(
      "pending.commit", #"{\#(operation),"receipt":"\#(second["receipt"] as? String ?? "")"}"#)
    return [created, first, released, second, committed]
  }

  @Test("has every right that the sidecar needs")
  func rights() throws {
    let page = try MarkdownPage(MarkdownPage.catalog + "/RedisSettings.md")
    let block = try #require(page.blocks.first { $0.note == "file: users.acl" })
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let file = folder + "/users.acl"
    // The user that the test itself is has to be in the file too.
    try TextFile.write(
      (block.lines + ["user default on nopass ~* &* +@all\n"]).joined(separator: "\n"), to: file)
    let redis = try RedisServer(arguments: ["--aclfile", file, "--appendonly", "yes"])
    let sidecar = try Daemon([
      "--redis", "unix://cloakroom:secret@" + redis.socketPath, "--set", "dev.scan=true",
      "--set", "pending.sweepInterval=100ms",
    ])
    let client = try sidecar.client()
    func calls() throws -> [Answer] {
      let examples = try MethodTable.standard.methods
        // A subscription's messages would come between the answers.
        .filter { $0.namespace != "events" }
        .map { try client.call($0.name, "\($0.example.params)") }
      return try examples + Self.handOver(client)
    }
    var answers = try calls()
    let listener = try sidecar.client()
    for (method, params) in Self.story {
      let caller = method == "events.subscribe" ? listener : client
      let answer = try caller.call(method, params)
      #expect(answer.reason == nil, "\(method): \(answer)")
    }
    // What nobody asked for has expired, and a sweep has found it.
    try eventually {
      try client.metrics().sum("pending_operations_total", ["event": "expired"]) > 0
    }
    // A connection that was lost is made anew.
    _ = try redis.command(["CLIENT", "KILL", "TYPE", "normal"])
    try eventually { try client.call("kv.get", #"{"key":"a"}"#).reason == nil }
    answers += try calls()
    for answer in answers {
      #expect(
        !["STORE_REFUSED", "UNAVAILABLE", "INTERNAL"].contains(answer.reason ?? ""), "\(answer)")
    }
    #expect(try redis.command(["ACL", "LOG"]) == "")
  }
}
