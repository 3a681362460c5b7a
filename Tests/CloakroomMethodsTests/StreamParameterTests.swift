import CloakroomCore
import Testing

@testable import CloakroomMethods

@Suite("The parameters of a call about a stream", .timeLimit(.minutes(1)))
struct StreamParameterTests {
  static let key = "igniter:store:api:streams:s"
  static let day = 86_400_000

  @Test(
    "become one step on the stream",
    arguments: [
      ("append", #""message":[]"#, "append [] all least(\(day)ms) \(key)"),
      ("append", #""message":1.10,"ttl":"2d""#, "append 1.10 all \(2 * day)ms \(key)"),
      ("append", #""message":1,"ttl":"keep""#, "append 1 all keep(\(day)ms) \(key)"),
      ("append", #""message":1,"ttl":"reset""#, "append 1 all \(day)ms \(key)"),
      ("append", #""message":1,"maxLen":5"#, "append 1 ~5 least(\(day)ms) \(key)"),
      (
        "append", #""message":1,"maxLen":1,"approximate":false"#,
        "append 1 =1 least(\(day)ms) \(key)"
      ),
      ("ensure", #""group":"g""#, "ensure g after(0-0) \(day)ms \(key)"),
      ("ensure", #""group":"g","startId":"0""#, "ensure g after(0-0) \(day)ms \(key)"),
      ("ensure", #""group":"\u0067","startId":"$""#, "ensure g end \(day)ms \(key)"),
      ("ensure", #""group":"g","startId":"17-3""#, "ensure g after(17-3) \(day)ms \(key)"),
      ("read", #""group":"g","consumer":"c""#, "read g/c 10 \(key)"),
      (
        "read", #""group":"g","consumer":"c","count":1000,"blockMs":3600000"#,
        "read g/c 200 \(key)"
      ),
      (
        "ack", #""group":"g","ids":["1-0","18446744073709551615-7"]"#,
        "ack g 1-0,18446744073709551615-7 \(key)"
      ),
      ("pending", #""group":"g""#, "pending g \(key)"),
      ("reclaim", #""group":"g","consumer":"c""#, "reclaim g/c 10 15000ms \(key)"),
      (
        "reclaim", #""group":"g","consumer":"c","minIdleMs":0,"count":1,"maxDeliveries":3"#,
        "reclaim g/c 1 0ms at most 3 \(key)"
      ),
      ("length", #""scope":[]"#, "length \(key)"),
    ] as [(String, String, String)])
  func begun(method: String, params: String, step: String) throws {
    let begun = try Caller().begin("streams.\(method)", #"{"stream":"s",\#(params)}"#)
    #expect(begun.steps == [step])
  }

  private static let long = String(repeating: "x", count: 257)
  private static let ids = Array(repeating: #""1-0""#, count: 1001).joined(separator: ",")

  @Test(
    "are refused when they are none that a stream can do with",
    arguments: [
      ("append", #""message":1,"maxLen":0"#, .invalidParams),
      ("append", #""message":1,"maxLen":-1"#, .invalidParams),
      ("append", #""message":1,"maxLen":1.5"#, .invalidParams),
      ("append", #""message":1,"maxLen":9223372036854775808"#, .invalidParams),
      ("append", #""message":1,"approximate":1"#, .invalidParams),
      ("append", #""message":1,"ttl":0"#, .ttlInvalid),
      ("append", #""message":1,"ttl":null"#, .ttlInvalid),
      ("append", #""ttl":1"#, .invalidParams),
      ("append", #""message":1,"id":"1-1""#, .invalidParams),
      ("ensure", #""group":"""#, .invalidParams), ("ensure", #""group":1"#, .invalidParams),
      ("ensure", #""group":"\#(long)""#, .invalidParams),
      ("ensure", #""group":"g","startId":"""#, .invalidParams),
      ("ensure", #""group":"g","startId":0"#, .invalidParams),
      ("ensure", #""group":"g","startId":">""#, .invalidParams),
      ("ensure", #""group":"g","startId":"1""#, .invalidParams),
      ("ensure", #""group":"g","startId":"-""#, .invalidParams),
      ("ensure", #""group":"g","startId":"01-0""#, .invalidParams),
      ("ensure", #""group":"g","startId":"+1-0""#, .invalidParams),
      ("ensure", #""group":"g","startId":"1-0-0""#, .invalidParams),
      ("ensure", #""group":"g","startId":"18446744073709551616-0""#, .invalidParams),
      ("ensure", #""group":"g","startId":"١-0""#, .invalidParams),
      ("read", #""group":"g""#, .invalidParams),
      ("read", #""group":"g","consumer":"""#, .invalidParams),
      ("read", #""group":"g","consumer":"\#(long)""#, .invalidParams),
      ("read", #""group":"g","consumer":"c","count":0"#, .invalidParams),
      ("read", #""group":"g","consumer":"c","count":1001"#, .invalidParams),
      ("read", #""group":"g","consumer":"c","blockMs":-1"#, .invalidParams),
      ("read", #""group":"g","consumer":"c","blockMs":3600001"#, .invalidParams),
      ("read", #""group":"g","consumer":"c","blockMs":"1s""#, .invalidParams),
      ("ack", #""group":"g","ids":"1-0""#, .invalidParams),
      ("ack", #""group":"g","ids":[1]"#, .invalidParams),
      ("ack", #""group":"g","ids":["1-0","0"]"#, .invalidParams),
      ("ack", #""group":"g","ids":["*"]"#, .invalidParams),
      ("ack", #""group":"g","ids":[\#(ids)]"#, .tooLarge),
      ("reclaim", #""group":"g","consumer":"c","minIdleMs":-1"#, .invalidParams),
      ("reclaim", #""group":"g","consumer":"c","minIdleMs":9223372036854775807"#, .invalidParams),
      ("reclaim", #""group":"g","consumer":"c","count":0"#, .invalidParams),
      ("reclaim", #""group":"g","consumer":"c","maxDeliveries":0"#, .invalidParams),
    ] as [(String, String, Reason)])
  func refused(method: String, params: String, reason: Reason) {
    let refusal = Caller().refusal("streams.\(method)", #"{"stream":"s",\#(params)}"#)
    #expect(refusal?.reason == reason, "\(refusal?.message ?? "")")
  }

  @Test(
    "name a stream's dead letters, which nobody can append to",
    arguments: [
      ("s", "{\(key)}:dead-letters"), ("a:b", "{igniter:store:api:streams:a:b}:dead-letters"),
      ("{", "{igniter:store:api:streams:{}:dead-letters"),
      // These have a hash tag of their own, or can't be made one.
      ("{t}s", "igniter:store:api:streams:{t}s:dead-letters"),
      ("s{}", "igniter:store:api:streams:s{}:dead-letters"),
      ("}", "igniter:store:api:streams:}:dead-letters"),
    ])
  func deadLetters(stream: String, name: String) throws {
    let params = #""stream":"\#(stream):dead-letters""#
    let caller = Caller()
    #expect(try caller.begin("streams.length", "{\(params)}").steps == ["length \(name)"])
    let read = try caller.begin("streams.read", #"{\#(params),"group":"g","consumer":"c"}"#)
    #expect(read.steps == ["read g/c 10 \(name)"])
    let reclaim = #"{\#(params),"group":"g","consumer":"c""#
    #expect(try caller.begin("streams.reclaim", reclaim + "}").steps.count == 1)
    #expect(
      caller.refusal("streams.reclaim", reclaim + #","maxDeliveries":2}"#)?.reason
        == .invalidParams)
    #expect(
      caller.refusal("streams.append", #"{\#(params),"message":1}"#)?.reason == .invalidParams)
  }

  @Test("name no dead letters of dead letters")
  func deeper() {
    for method in ["length", "append"] {
      let params = #"{"stream":"s:dead-letters:dead-letters","message":1}"#
      #expect(Caller().refusal("streams.\(method)", params)?.reason == .invalidParams)
    }
  }
}
