import Support
import Testing

@Suite("A checkout with a receipt of the caller's own", .timeLimit(.minutes(3)))
struct OwnReceiptTests {
  private static let own = #","receipt":"8f14e45fceea167a5a36dedd4bea2543""#

  /// What is checked out.
  enum Subject: CaseIterable {
    case operation, session

    /// Makes one, and answers with the parameters that name it.
    func make(_ client: LineClient) throws -> String {
      switch self {
      case .operation:
        let made = try client.call("pending.create", #"{"operationType":"t","data":1}"#)
        let token = try #require(made["token"] as? String, "\(made)")
        return #""token":"\#(token)","operationType":"t""#
      case .session:
        let made = try client.call("session.create", #"{"data":1}"#)
        let id = try #require(made["sessionId"] as? String, "\(made)")
        return #""sessionId":"\#(id)""#
      }
    }

    func call(_ method: String, _ params: String, _ client: LineClient) throws -> Answer {
      let namespace = self == .operation ? "pending" : "session"
      return try client.call("\(namespace).\(method)", "{\(params)}")
    }
  }

  @Test(
    "is answered alike when it is repeated, and is nobody else's",
    arguments: EventStore.allCases, Subject.allCases)
  func repeated(store: EventStore, subject: Subject) throws {
    try store.run { one, other in
      let clients = try [one.client(), other.client()]
      let name = try subject.make(clients[0])
      let first = try subject.call("checkout", name + Self.own, clients[0])
      #expect(first["receipt"] as? String == "8f14e45fceea167a5a36dedd4bea2543", "\(first)")
      #expect(try subject.call("checkout", name + Self.own, clients[1]).text == first.text)
      #expect(try subject.call("checkout", name, clients[1]).reason == "CHECKED_OUT")
      let commit = try subject.call("commit", name + Self.own + #","result":7"#, clients[1])
      #expect(commit["result"] as? Int == 7, "\(commit)")
      #expect(try subject.call("checkout", name + Self.own, clients[0]).reason == "CONSUMED")
    }
  }

  @Test("is refused where the receipt is none", arguments: Subject.allCases)
  func faults(subject: Subject) throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    let name = try subject.make(client)
    for receipt in [
      #""""#, "7", "null", #""123456789012345""#, "\"\(String(repeating: "r", count: 257))\"",
    ] {
      let answer = try subject.call("checkout", name + #","receipt":"# + receipt, client)
      #expect(answer.reason == "INVALID_PARAMS", "\(receipt): \(answer)")
    }
    for receipt in ["1234567890123456", String(repeating: "r", count: 256)] {
      let name = try subject.make(client)
      let answer = try subject.call("checkout", name + #","receipt":"\#(receipt)""#, client)
      #expect(answer["receipt"] as? String == receipt)
    }
  }

  @Test(
    "stays when its caller could not wait, who may have it by asking again",
    arguments: Subject.allCases)
  func deadline(subject: Subject) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let names = try [subject.make(client), subject.make(client)]
    try redis.pauseWrites()
    let deadline = #","deadlineMs":300"#
    #expect(
      try subject.call("checkout", names[0] + deadline, client).reason == "DEADLINE_EXCEEDED")
    try redis.resumeWrites()
    // The first was taken back, as nobody knows its receipt.
    try eventually("it is free") {
      try subject.call("checkout", names[0], client)["attempt"] as? Int == 1
    }
    try redis.pauseWrites()
    #expect(
      try subject.call("checkout", names[1] + Self.own + deadline, client).reason
        == "OUTCOME_UNKNOWN")
    try redis.resumeWrites()
    #expect(try subject.call("checkout", names[1], client).reason == "CHECKED_OUT")
    #expect(
      try subject.call("checkout", names[1] + Self.own, client)["attempt"] as? Int == 1)
  }
}
