import CloakroomWire
import Testing

/// What a scan of a request found, as text.
private struct Scanned {
  let scanner: RequestScanner
  private let bytes: [UInt8]

  init(_ text: String, memberLimit: Int = 64, depthLimit: Int = 128) throws(JSONFault) {
    let bytes = Array(text.utf8)
    var scanner = RequestScanner(depthLimit: depthLimit, memberLimit: memberLimit)
    try scanner.scan(bytes.span.bytes)
    self.bytes = bytes
    self.scanner = scanner
  }

  subscript(range: ByteRange?) -> String? {
    range.map { String(decoding: bytes[$0.offsets], as: UTF8.self) }
  }

  var names: [String] { scanner.members.compactMap { self[$0.name] } }
  var values: [String] { scanner.members.compactMap { self[$0.value] } }
}

@Suite("Requests", .timeLimit(.minutes(1)))
struct RequestScannerTests {
  @Test(
    "The specification's requests are taken apart",
    arguments: [
      (
        #"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#, ["42", "23"], "1"
      ),
      (
        #"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
        ["23", "42"], "3"
      ),
      (
        #"{"id": 4, "params": {"minuend": 42, "subtrahend": 23}, "method": "subtract", "jsonrpc": "2.0"}"#,
        ["42", "23"], "4"
      ),
      (
        #"{"jsonrpc": "2.0", "method": "subtract", "params": [1,2,3,4,5]}"#,
        ["1", "2", "3", "4", "5"], nil
      ),
      (#"{"jsonrpc": "2.0", "method": "subtract"}"#, [], nil),
      (#"{"jsonrpc": "2.0", "method": "subtract", "id": "1"}"#, [], #""1""#),
      (#"{"jsonrpc": "2.0", "method": "subtract", "params": [], "id": "9"}"#, [], #""9""#),
      (#" {"jsonrpc":"2.0","method":"subtract","params":{},"id":null} "#, [], "null"),
      (#"{"jsonrpc":"2.0","method":"subtract","id":-1.50e+400}"#, [], "-1.50e+400"),
      (
        #"{ "id" : 12 , "method" :"subtract","params"  :  [ 1 ]  ,"jsonrpc" : "2.0" }"#, ["1"], "12"
      ),
      (
        #"{"jsonrpc":"2.0","ids":1,"id":12345678,"methods":2,"method":"subtract","param":3,"params":[4]}"#,
        ["4"], "12345678"
      ),
      (
        #"{"jsonrpc":"2.0","method":"subtract","params":{"abcdefgh":1,"abcdefghi":2},"id":3}"#,
        ["1", "2"], "3"
      ),
      (#"{"jsonrpc":"2.0","method":"subtract","id":""}"#, [], #""""#),
      (#"{"jsonrpc":"2.0","method":"subtract","id":"\u0069d","x":{"id":[1]}}"#, [], #""\u0069d""#),
    ] as [(String, [String], String?)])
  func takesApart(text: String, values: [String], id: String?) throws {
    let request = try Scanned(text)
    #expect(request.scanner.isValidRequest)
    #expect(request[request.scanner.method] == "subtract")
    #expect(request.values == values)
    #expect(request[request.scanner.id] == id)
  }

  @Test(
    "Valid JSON that is no valid request is told apart from what is not JSON",
    arguments: [
      "1", "[]", "null", #""text""#, "{}", "[1,2]",
      #"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
      #"{"method":"m"}"#, #"{"jsonrpc":"1.0","method":"m"}"#, #"{"jsonrpc":2.0,"method":"m"}"#,
      #"{"jsonrpc":"2.00","method":"m"}"#,
      #"{"jsonrpc":null,"method":"m"}"#, #"{"jsonrpc":"2.0"}"#, #"{"jsonrpc":"2.0","method":null}"#,
      #"{"jsonrpc":"2.0","method":"m","params":"bar"}"#,
      #"{"jsonrpc":"2.0","method":"m","params":1}"#,
      #"{"jsonrpc":"2.0","method":"m","params":null}"#,
      #"{"jsonrpc":"2.0","method":"m","id":{}}"#, #"{"jsonrpc":"2.0","method":"m","id":[]}"#,
      #"{"jsonrpc":"2.0","method":"m","id":true}"#, #"{"jsonrpc":"2.0","method":"m","id":false}"#,
      #"{"jsonrpc":"2.0","method":"m","id":1,"id":1}"#,
      #"{"jsonrpc":"2.0","method":"m","method":"m"}"#,
      #"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"m"}"#,
      #"{"jsonrpc":"2.0","method":"m","params":[],"params":[]}"#,
      #"{"jsonrpc":"2.0","method":"m","params":null,"params":[]}"#,
      #"{"jsonrpc":"2.0","method":"m","params":[],"params":1}"#,
      #"{"jsonrpc":"2.0","method":"m","id":1,"\u0069\u0064":1}"#,
      #"{"JSONRPC":"2.0","Method":"m"}"#,
    ])
  func tellsInvalidRequests(text: String) throws {
    let request = try Scanned(text)
    #expect(!request.scanner.isValidRequest)
    #expect(request.scanner.isObject == text.hasPrefix("{"))
  }

  @Test(
    "What is not JSON is refused, wherever in the envelope the fault is",
    arguments: [
      ("", 0), ("{", 1), ("{]", 1),
      (#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, 39),
      (#"{"id":}"#, 6), (#"{"id":1"#, 7), (#"{"id":1,}"#, 8), (#"{"id" 1}"#, 6), (#"{"id":01}"#, 7),
      (#"{"params":"#, 10), (#"{"params":{"#, 11), (#"{"params":{]}"#, 11), (#"{"params":[}"#, 11),
      (#"{"params":{"a"}}"#, 14), (#"{"params":{"a":1,}}"#, 17), (#"{"params":[1,]}"#, 13),
      (#"{"params":[1}"#, 12), (#"{"params":{"a":1]"#, 16), (#"{"params":[]"#, 12), ("{}x", 2),
      ("1 2", 2),
      (#"{"params":{"a":1"#, 16), (#"{"params":["#, 11), (#"{"params":[1"#, 12), (#"{"x":[1,}"#, 8),
    ] as [(String, Int)])
  func refusesFaults(text: String, offset: Int) {
    #expect(throws: JSONFault.syntax(at: offset)) { try Scanned(text) }
  }

  @Test("Members of params come with their kinds and marks")
  func recordsMembers() throws {
    let request = try Scanned(
      #"{"params":{"key":"k:1","e\u0073c":"a\"b","n":-1.5,"t":true,"f":false,"z":null,"#
        + "\"o\" : {\"a\":\r[1]} , \"l\":[\n1,2],\"one\":{\"a\": [\"\\n\"]}}}")
    #expect(request.scanner.paramsKind == .object)
    #expect(request.names == ["key", #"e\u0073c"#, "n", "t", "f", "z", "o", "l", "one"])
    #expect(
      request.values == [
        #""k:1""#, #""a\"b""#, "-1.5", "true", "false", "null", "{\"a\":\r[1]}", "[\n1,2]",
        #"{"a": ["\n"]}"#,
      ])
    let members = request.scanner.members
    #expect(
      members.map(\.kind) == [
        .string, .string, .number, .true, .false, .null, .object, .array, .object,
      ])
    #expect(members.filter(\.nameHasEscapes).compactMap { request[$0.name] } == [#"e\u0073c"#])
    #expect(members.filter(\.hasEscapes).compactMap { request[$0.content] } == [#"a\"b"#])
    #expect(members.filter(\.hasLineBreaks).compactMap { request[$0.name] } == ["o", "l"])
    #expect(request[members[0].content] == "k:1")
    #expect(request[members[2].content] == "-1.5")
  }

  @Test("Line breaks are seen at every place between tokens")
  func seesLineBreaks() throws {
    let tokens = [
      "[", "{", #""a""#, ":", "1", ",", #""b""#, ":", "[", "]", "}", ",", "{", "}", "]",
    ]
    for place in 1..<tokens.count {
      for lineBreak in ["\n", "\r", " \r\n "] {
        let value = tokens[..<place].joined() + lineBreak + tokens[place...].joined()
        let request = try Scanned("{\"params\":[\n\(value)\n,1]}")
        #expect(request.values == [value, "1"])
        #expect(request.scanner.members.map(\.hasLineBreaks) == [true, false])
      }
    }
    // And below the first word of nesting bits.
    let deep = String(repeating: "[", count: 70) + "\n" + String(repeating: "]", count: 70)
    #expect(try Scanned("{\"params\":[\(deep)]}").scanner.members.map(\.hasLineBreaks) == [true])
  }

  @Test("Names of the envelope may be written with escapes")
  func decodesNames() throws {
    let request = try Scanned(
      #"{"\u006asonrpc":"2\u002e0","\u006d\u0065\u0074\u0068\u006f\u0064":"a\u0062","p\u0061rams":[7],"\u0069d":5}"#
    )
    #expect(request.scanner.isValidRequest)
    #expect(request[request.scanner.method] == #"a\u0062"#)
    #expect(request.scanner.methodHasEscapes)
    #expect(request.values == ["7"])
    #expect(request[request.scanner.id] == "5")
  }

  @Test(
    "Names that only look like the envelope's are skipped",
    arguments: [
      "ID", "di", "i", "idd", "methods", "metho", "Method", "method ", "paramz", "jsonrpd",
      "jsonrp",
      #"\ud800"#, #"\u0069"#, #"\u0069\u0000"#, #"id\""#, "",
    ])
  func skipsOtherNames(name: String) throws {
    let request = try Scanned("{\"\(name)\":1}")
    #expect(request.scanner.isObject)
    #expect(request.scanner.id == nil && request.scanner.idKind == nil)
    #expect(request.scanner.method == nil && request.scanner.params == nil)
    #expect(!request.scanner.hasVersion)
  }

  @Test("Members past the limit are checked, but not recorded")
  func limitsMembers() throws {
    let many = (0..<10).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    #expect(try !Scanned("{\"params\":{\(many)}}", memberLimit: 10).scanner.hasTooManyMembers)
    let request = try Scanned("{\"params\":{\(many)},\"id\":1}", memberLimit: 9)
    #expect(request.scanner.hasTooManyMembers)
    #expect(request.scanner.members.count == 9)
    #expect(request[request.scanner.id] == "1")
    #expect(throws: JSONFault.syntax(at: 15)) {
      try Scanned("{\"params\":[1,2,]}", memberLimit: 1)
    }
  }

  @Test("The depth limit counts the envelope and params")
  func limitsDepth() throws {
    let text = #"{"params":{"a":[[]]}}"#
    #expect(try Scanned(text, depthLimit: 4).names == ["a"])
    #expect(throws: JSONFault.tooDeep(at: 16)) { try Scanned(text, depthLimit: 3) }
    #expect(throws: JSONFault.tooDeep(at: 15)) { try Scanned(text, depthLimit: 2) }
    #expect(throws: JSONFault.tooDeep(at: 10)) { try Scanned(text, depthLimit: 1) }
    #expect(throws: JSONFault.tooDeep(at: 0)) { try Scanned(text, depthLimit: 0) }
    #expect(throws: JSONFault.tooDeep(at: 6)) { try Scanned(#"{"id":[]}"#, depthLimit: 1) }
  }

  @Test("A scanner that is used again remembers nothing")
  func isReusable() throws {
    var scanner = RequestScanner()
    let full = #"{"jsonrpc":"2.0","id":1,"method":"a\n","params":[1]}"#
    try scanner.scan(full)
    #expect(scanner.isValidRequest)
    let empty = "{}"
    try scanner.scan(empty)
    #expect(scanner.isObject && !scanner.hasVersion && scanner.members.isEmpty)
    #expect(scanner.id == nil && scanner.idKind == nil && scanner.method == nil)
    #expect(scanner.methodKind == nil && !scanner.methodHasEscapes)
    #expect(scanner.params == nil && scanner.paramsKind == nil && !scanner.hasDuplicates)
    try scanner.scan(full)
    #expect(scanner.isValidRequest && !scanner.hasDuplicates && scanner.members.count == 1)
  }

  @Test("A request inside of a longer text is found by its bounds")
  func scansInsideOfBounds() throws {
    let text = #"[1, {"id":2} ,3]"#
    var scanner = RequestScanner()
    try scanner.scan(text, from: 3, to: 13)
    #expect(scanner.id == ByteRange(10..<11))
    // What stands behind the bounds is not read.
    #expect(throws: JSONFault.syntax(at: 11)) {
      try scanner.scan(text, from: 4, to: 11)
    }
    for (from, to) in [(-1, 3), (4, 3), (0, 17), (Int.min, Int.max), (16, 17)] {
      #expect(throws: JSONFault.outOfBounds) {
        try scanner.scan(text, from: from, to: to)
      }
    }
  }
}
