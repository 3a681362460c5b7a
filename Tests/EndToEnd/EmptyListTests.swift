import Support
import Testing

@Suite("A list of nothing", .timeLimit(.minutes(1)))
struct EmptyListTests {
  @Test("is a call that does nothing", arguments: EventStore.allCases)
  func empty(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      for more in ["", #","idempotencyKey":"k""#, #","deadlineMs":5000"#, #","actor":"a""#] {
        for (method, params, result) in [
          ("batch.get", #""keys":[]"#, "[]"), ("batch.remove", #""keys":[ ]"#, "[]"),
          ("batch.set", #""entries":[]"#, "[]"),
          ("streams.ack", #""stream":"s","group":"g","ids":[]"#, #"{"acked":0}"#),
        ] {
          let key = more.replacing("\"k\"", with: "\"\(method)\"")
          let answer = try client.call(method, "{\(params)\(key)}")
          #expect(answer.text.hasSuffix(#""result":\#(result)}"#), "\(method) \(answer)")
        }
      }
      // In a batch too, and nothing is left waiting.
      let request = LineClient.request("batch.set", #"{"entries":[]}"#, id: 3).dropLast()
      try client.send("[\(request),\(request)]\n")
      #expect(try client.readLine().ranges(of: #""result":[]"#).count == 2)
      #expect(try client.call("jwt.sign", #"{"audience":[]}"#).reason == "INVALID_PARAMS")
    }
  }
}
