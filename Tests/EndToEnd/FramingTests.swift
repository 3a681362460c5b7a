internal import Support
internal import Testing

@Suite("Framing", .timeLimit(.minutes(2)), .sharedSidecar())
struct FramingTests {
  private static let ping = #"{"jsonrpc":"2.0","id":"é","method":"system.ping"}"#
  private static let pong = #"{"jsonrpc":"2.0","id":"é","result":"pong"}"#

  @Test("does not care where a frame is cut", arguments: WireFraming.allCases)
  func cuts(_ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    let frame = framing.frame(Self.ping)
    for cut in 1..<frame.count {
      try client.send(frame[..<cut])
      #expect(eventually { client.isTaken })
      try client.send(frame[cut...])
      #expect(try framing.read(client) == Self.pong, "cut at \(cut)")
    }
  }

  @Test("takes a frame a byte at a time", arguments: WireFraming.allCases)
  func bytes(_ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    for byte in framing.frame(Self.ping) + framing.frame(Self.ping) {
      try client.send([byte])
      #expect(eventually { client.isTaken })
    }
    for _ in 0..<2 { #expect(try framing.read(client) == Self.pong) }
  }

  @Test("takes many frames at once", arguments: WireFraming.allCases)
  func pipelined(_ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    let frames = (0..<2000).map { framing.frame(LineClient.request("system.ping", id: $0)) }
    try client.send(Array(frames.joined()))
    let ids = try frames.map { _ in Answer(try framing.read(client)).id }
    #expect(ids.compactMap { $0 }.sorted() == Array(0..<2000))
  }

  @Test("has a batch of long replies among short ones", arguments: WireFraming.allCases)
  func longBatch(_ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    let value = "\"" + String(repeating: "x", count: 300_000) + "\""
    let set =
      #"{"jsonrpc":"2.0","id":1,"method":"kv.set","params":{"key":"long","value":\#(value)}}"#
    let get = #"{"jsonrpc":"2.0","id":2,"method":"kv.get","params":{"key":"long"}}"#
    for text in [set, Self.ping, "[\(get),\(get),\(get)]", Self.ping] {
      try client.send(framing.frame(text))
    }
    let one = #"{"jsonrpc":"2.0","id":2,"result":{"found":true,"value":\#(value)}}"#
    let replies = try (0..<4).map { _ in try framing.read(client) }
    #expect(replies.filter { $0 == Self.pong }.count == 2)
    #expect(replies.contains("[\(one),\(one),\(one)]"))
  }

  @Test(
    "is found out from a connection's first bytes, and answered in kind",
    arguments: [
      (ping + "\n", WireFraming.lines),
      (ping + "\r\n", .lines),
      ("\n\r\n \t\n" + ping + "\n", .lines),
      (" \t " + ping + " \t \n", .lines),
      ("[\(ping)]\n", .lines),
      ("garbage\n" + ping + "\n", .lines),
      ("Content-Length: \(ping.utf8.count)\r\n\r\n" + ping, .headers),
      ("content-length:\(ping.utf8.count)\r\n\r\n" + ping, .headers),
      ("\r\n\nContent-Length: \(ping.utf8.count)\r\n\r\n" + ping, .headers),
      ("Content-Length:\t \(ping.utf8.count) \t\r\nX-Other: a: b\r\n\r\n" + ping, .headers),
      (
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"
          + "CONTENT-LENGTH: \(ping.utf8.count)\r\n\r\n" + ping, .headers
      ),
      ("Content-Length: \(ping.utf8.count + 4)\r\n\r\n\n\r\n " + ping, .headers),
    ])
  func detection(_ bytes: String, _ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    try client.send(bytes)
    client.finishSending()
    let received = try client.readToEnd()
    let wanted =
      switch framing {
      case .lines: Self.pong + "\n"
      case .headers: "Content-Length: \(Self.pong.utf8.count)\r\n\r\n" + Self.pong
      }
    #expect(received.hasSuffix(wanted) || received == "[\(Self.pong)]\n", "\(received)")
    #expect((framing == .headers) == received.hasPrefix("Content-Length: "))
  }

  @Test("is each connection's own")
  func perConnection() throws {
    let clients = try WireFraming.allCases.map { ($0, try SharedSidecar.client()) }
    for _ in 0..<3 {
      for (framing, client) in clients { try client.send(framing.frame(Self.ping)) }
      for (framing, client) in clients { #expect(try framing.read(client) == Self.pong) }
    }
  }

  @Test("ends with the input: what was asked is answered before the sidecar closes")
  func halfClose() throws {
    for framing in WireFraming.allCases {
      let client = try SharedSidecar.client()
      try client.send(Array((0..<100).flatMap { _ in framing.frame(Self.ping) }))
      client.finishSending()
      for _ in 0..<100 { #expect(try framing.read(client) == Self.pong) }
      #expect(client.isClosed())
    }
  }

  @Test("is taken up to its end from a client that leaves without waiting for an answer")
  func leaves() throws {
    for framing in WireFraming.allCases {
      let counter = "left-\(framing)"
      let calls = (0..<100).map {
        LineClient.request("counter.increment", #"{"key":"\#(counter)"}"#, id: $0).dropLast()
      }
      do {
        let client = try SharedSidecar.client()
        try client.send(Array(calls.flatMap { framing.frame(String($0)) }))
      }
      let other = try SharedSidecar.client()
      #expect(
        try eventually {
          try other.call("counter.get", #"{"key":"\#(counter)"}"#)["value"] as? Int == 100
        })
    }
  }

  @Test("answers a last line without an end once its sender says no more")
  func unfinished() throws {
    let client = try SharedSidecar.client()
    try client.send(Self.ping)
    #expect(eventually { client.isTaken })
    client.finishSending()
    #expect(try client.readToEnd() == Self.pong + "\n")
  }

  @Test(
    "that can't be understood is answered once, and ends the connection",
    arguments: [
      "Content-Length: -1\r\n\r\n", "Content-Length: 1.5\r\n\r\n", "Content-Length: \r\n\r\n",
      "Content-Length: 0x10\r\n\r\n", "Content-Length: 99999999999999999999\r\n\r\n",
      "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "Content-Type: text/plain\r\n\r\n",
      "Content-Length: 5\n\n12345", "Content-Length 5\r\n\r\n", "Cookie\r\n\r\n",
      "Content-Type: a; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}",
      "Content-Length: 5\r\n" + String(repeating: "X-Filler: 0123456789\r\n", count: 300),
      "C" + String(repeating: "x", count: 100_000),
    ])
  func malformed(_ bytes: String) throws {
    let client = try SharedSidecar.client()
    // The sidecar may have answered and closed before all of it is sent.
    try? client.send(bytes)
    let answer = Answer(try client.readFramed())
    #expect(answer.reason == "PARSE_ERROR")
    #expect(answer.text.hasPrefix(#"{"jsonrpc":"2.0","id":null,"error":"#))
    #expect(try client.readToEnd() == "")
  }
}
