internal import Support
internal import Testing

@Suite("The last text of a connection", .timeLimit(.minutes(2)), .sharedSidecar())
struct LastTextTests {
  private static let ping = #"{"jsonrpc":"2.0","id":7,"method":"system.ping"}"#

  @Test(
    "needs no line break when its sender says no more",
    arguments: [ping, ping + "\n" + ping, " " + ping + " ", "[\(ping)]", ping + "\r\n" + ping])
  func whole(_ text: String) throws {
    let client = try SharedSidecar.client()
    try client.send(text)
    #expect(eventually { client.isTaken })
    client.finishSending()
    let replies = try client.readToEnd().split(separator: "\n")
    let count = text.utf8.split(separator: UInt8(ascii: "\n")).count
    #expect(replies.count == count)
    #expect(replies.allSatisfy { $0.contains(#""result":"pong""#) }, "\(replies)")
  }

  @Test(
    "is never met with silence when it is not whole",
    arguments: [
      #"{"jsonrpc":"2.0","id":7"#, "x", "Content-Length: 47\r\n\r\n{\"jsonrpc\"",
      "Content-Length: 4",
      "Content-Length: 4\r\n",
    ])
  func part(_ text: String) throws {
    let client = try SharedSidecar.client()
    try client.send(text)
    #expect(eventually { client.isTaken })
    client.finishSending()
    #expect(try client.readToEnd().contains("PARSE_ERROR"))
  }

  @Test("may be nothing", arguments: ["", "\n", "  ", ping + "\n  "])
  func nothing(_ text: String) throws {
    let client = try SharedSidecar.client()
    try client.send(text)
    #expect(eventually { client.isTaken })
    client.finishSending()
    #expect(!(try client.readToEnd().contains("error")))
  }
}
