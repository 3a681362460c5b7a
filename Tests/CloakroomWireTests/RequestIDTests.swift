import CloakroomWire
import Testing

@Suite("The id of a request that was cut", .timeLimit(.minutes(1)))
struct RequestIDTests {
  private func id(_ beginning: some Collection<UInt8>) -> String {
    RequestID(beginning: Array(beginning).span.bytes).text
  }

  @Test(
    "is there from the byte on that follows it, and null before",
    arguments: [
      (#"{"jsonrpc":"2.0","id":"#, "17", #","method":"kv.set","params":{"value":"xx"#),
      (#" { "id" : "#, #""a\"b\u0041 ""#, #" , "params" : [[["#),
      (#"{"method":"m","params":{"a":[1,{"id":2}],"b":"\"id\":3"},"id":"#, "-1.50e+4", "}"),
      (#"{"\u0069d":"#, "null", ","),
      (#"{"id":"#, String(repeating: "7", count: 30), ","),
    ])
  func everyByte(_ head: String, _ expected: String, _ rest: String) {
    let bytes = Array((head + expected + rest).utf8)
    // White space after it says nothing yet.
    let end = (head + expected).utf8.count + rest.utf8.prefix { $0 == 0x20 }.count
    for count in 0...bytes.count {
      #expect(id(bytes.prefix(count)) == (count > end ? expected : "null"), "\(count) bytes")
    }
  }

  @Test(
    "is null where it is no id, stands behind what is no JSON, or in no object",
    arguments: [
      #"{"id":true,"#, #"{"id":[1],"#, #"{"id":{},"#, #"{"id":01,"#, #"{"id":1;"#,
      #"{"a":x,"id":1,"#,
      #"[{"id":1,"#, #""id":1,"#, "", " ", "{", "{}", #"{"ids":1,"iD":2,"a":{"id":3},"#,
      #"{"params":\#(String(repeating: "[", count: 3000))\#(String(repeating: "]", count: 3000)),"id":1,"#,
    ])
  func none(_ beginning: String) {
    #expect(id(beginning.utf8) == "null")
  }
}
