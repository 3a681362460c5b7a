import CloakroomWire
import Testing

@Suite("What is wrong with a request", .timeLimit(.minutes(1)))
struct RequestFaultTests {
  @Test(
    "is told by the member that is",
    arguments: [
      (#"{"jsonrpc":"2.0","id":1,"method":"a"}"#, nil), ("5", "a request is an object"),
      (#"{"id":1,"method":"a"}"#, #"jsonrpc has to be "2.0""#),
      (#"{"jsonrpc":"1.0","id":1,"method":"a"}"#, #"jsonrpc has to be "2.0""#),
      (#"{"jsonrpc":"2.0","id":1,"method":5}"#, "method has to be a string"),
      (#"{"jsonrpc":"2.0","id":1}"#, "method has to be a string"),
      (#"{"jsonrpc":"2.0","id":{},"method":"a"}"#, "id has to be a string, a number or null"),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"a","params":3}"#,
        "params has to be an object or an array"
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#,
        "jsonrpc, id, method or params is there twice"
      ),
    ] as [(String, String?)])
  func fault(text: String, fault: String?) throws {
    var scanner = RequestScanner()
    try scanner.scan(Array(text.utf8).span.bytes)
    #expect(scanner.fault == fault)
  }
}
