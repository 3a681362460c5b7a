internal import Support
internal import Testing

@Suite("The id of a request", .timeLimit(.minutes(2)), .sharedSidecar())
struct RequestIdTests {
  static let ids = [
    "0", "-0", "1", "-1", "1.5", "1.0", "1e5", "1E+2", "1e400", "-1e-400", "9007199254740993",
    "123456789012345678901234567890", "null", #""""#, #""1""#, #"" ""#, #""null""#,
    #""a\"b\\c\/d\b\f\n\r\te""#, #""\u0041\u00e9\u20AC""#, #""\ud83d\ude00""#, #""\ud800""#,
    #""\u0000""#, #""Grüße, 世界 😀""#, "\"\(String(repeating: "long", count: 5000))\"",
    String(repeating: "7", count: 20_000),
  ]

  @Test("is echoed as it was written, with a result, with an error and in a batch", arguments: ids)
  func echo(_ id: String) throws {
    let client = try SharedSidecar.client()
    let ping = #"{"jsonrpc":"2.0","method":"system.ping","id":\#(id)}"#
    let pong = #"{"jsonrpc":"2.0","id":\#(id),"result":"pong"}"#
    try client.send(ping + "\n")
    #expect(try client.readLine() == pong)
    try client.send("[\(ping), \(ping)]\n")
    #expect(try client.readLine() == "[\(pong),\(pong)]")
    try client.send(#"{"id" : \#(id) , "method":"no.such","jsonrpc":"2.0"}"# + "\n")
    let failed = #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":"#
    #expect(try client.readLine().hasPrefix(failed + "-32601,"))
    try client.send(#"{"id":\#(id),"method":"system.ping"}"# + "\n")
    #expect(try client.readLine().hasPrefix(failed + "-32600,"))
  }

  @Test(
    "is null in the reply where the request's is none",
    arguments: ["true", "false", "[]", "[1]", "{}", #"{"id":1}"#])
  func none(_ id: String) throws {
    let client = try SharedSidecar.client()
    try client.send(#"{"jsonrpc":"2.0","method":"system.ping","id":\#(id)}"# + "\n")
    #expect(try client.readLine().hasPrefix(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"#))
  }
}
