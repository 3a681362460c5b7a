internal import Support
internal import Testing

@Suite("Hostile input", .timeLimit(.minutes(2)), .sharedSidecar())
struct HostileInputTests {
  private static let write =
    #"{"jsonrpc":"2.0","id":1,"method":"kv.set","params":{"key":"victim","value":1}}"#

  /// Nothing was written, and other callers are answered.
  private func checkOthers() throws {
    let other = try SharedSidecar.client()
    #expect(try other.call("kv.exists", #"{"key":"victim"}"#).result as? Bool == false)
    #expect(try other.call("counter.get", #"{"key":"victim"}"#)["applied"] as? Bool == false)
  }

  @Test("is answered with what is wrong, and the connection goes on", arguments: HostileInput.all)
  func answered(_ input: HostileInput) throws {
    let client = try SharedSidecar.client()
    try client.send(input.line + [0x0A])
    let answer = Answer(try client.readLine())
    #expect(answer.reason == input.reason, "\(answer.text.prefix(300))")
    #expect(answer.text.utf8.count < 1000)
    #expect(try client.call("system.ping", id: 2).id == 2)
    try checkOthers()
  }

  @Test("in a batch keeps the whole of it from being done", arguments: ["{", "1,", "\u{1}", "]"])
  func batch(_ tail: String) throws {
    let client = try SharedSidecar.client()
    try client.send("[\(Self.write),\(tail)]\n")
    #expect(Answer(try client.readLine()).reason == "PARSE_ERROR")
    try checkOthers()
  }

  @Test("may have a million digits where a number may")
  func digits() throws {
    let client = try SharedSidecar.client()
    let digits = String(repeating: "7", count: 1_000_000)
    try client.send(#"{"jsonrpc":"2.0","id":\#(digits),"method":"system.ping"}"# + "\n")
    let isEchoed = try client.readLine() == #"{"jsonrpc":"2.0","id":\#(digits),"result":"pong"}"#
    #expect(isEchoed)
  }

  @Test(
    "that ends half way does nothing",
    arguments: [
      String(write.dropLast(1)), "[\(write)", "Content-Length: 500\r\n\r\n\(write)",
      "Content-Length: \(write.utf8.count + 1)\r\n\r\n\(write)", "Content-Length: 5\r\n",
      "Content-Length: 999999999999999999\r\n\r\n\(write)\n",
      "Content-Length: 0\r\n\r\n",
    ])
  func half(_ text: String) throws {
    for closes in [true, false] {
      let client = try SharedSidecar.client()
      try client.send(text)
      #expect(eventually { client.isTaken })
      guard closes else { continue }
      client.finishSending()
      #expect(client.isClosed())
    }
    try checkOthers()
  }

  @Test("of random bytes is borne")
  func noise() throws {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<20 {
      let client = try SharedSidecar.client()
      let bytes = (0..<50_000).map { _ in
        // Xorshift (Marsaglia, 2003).
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
      }
      try client.send(Array("{".utf8) + bytes + [0x0A])
      client.finishSending()
      #expect(try client.readToEnd().contains(#""reason":"PARSE_ERROR""#))
    }
    try checkOthers()
  }
}
