import CloakroomWire
import Testing

@Suite("Batches", .timeLimit(.minutes(1)))
struct BatchScannerTests {
  private func scan(
    _ text: String, elementLimit: Int = 1000, depthLimit: Int = 128
  ) throws(JSONFault) -> (BatchScanner, [String]) {
    let bytes = Array(text.utf8)
    var scanner = BatchScanner(depthLimit: depthLimit, elementLimit: elementLimit)
    try scanner.scan(bytes.span.bytes)
    let elements = scanner.elements.map { range in
      String(decoding: bytes[range.offsets], as: UTF8.self)
    }
    return (scanner, elements)
  }

  @Test(
    "The first byte tells a batch from a request",
    arguments: [
      ("[]", true), (" \r\n\t[", true), ("{}", false), ("", false), ("  ", false), ("1", false),
    ] as [(String, Bool)])
  func isTold(text: String, isBatch: Bool) {
    #expect(BatchScanner.isBatch(text) == isBatch)
  }

  @Test(
    "Elements are found, whatever they are",
    arguments: [
      ("[]", []), (" [ ] ", []), ("[1]", ["1"]), ("[1,2,3]", ["1", "2", "3"]),
      (#"[ {"a":[1,2]} , "x,]" ,[ ] ]"#, [#"{"a":[1,2]}"#, #""x,]""#, "[ ]"]),
      (
        #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"foo": "boo"}]"#,
        [#"{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}"#, #"{"foo": "boo"}"#]
      ),
    ] as [(String, [String])])
  func findsElements(text: String, expected: [String]) throws {
    let (scanner, elements) = try scan(text)
    #expect(elements == expected)
    #expect(scanner.count == expected.count)
    #expect(scanner.isEmpty == expected.isEmpty)
    #expect(!scanner.isTooLong)
  }

  @Test(
    "A batch with a fault anywhere is refused whole",
    arguments: [
      (
        #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]"#,
        94
      ),
      ("[", 1), ("[1", 2), ("[1,", 3), ("[1,]", 3), ("[1 2]", 3), ("[1]]", 3), ("[,]", 1), ("1", 0),
      ("", 0),
      ("{}", 0), ("[1}", 2), ("[] []", 3),
    ] as [(String, Int)])
  func refusesFaults(text: String, offset: Int) {
    #expect(throws: JSONFault.syntax(at: offset)) { try scan(text) }
  }

  @Test("A batch over the limit is checked and counted to its end")
  func limitsElements() throws {
    let (fits, _) = try scan("[1,2,3]", elementLimit: 3)
    #expect(!fits.isTooLong)
    let (scanner, elements) = try scan("[1,2,3,4,5]", elementLimit: 3)
    #expect(scanner.isTooLong)
    #expect(scanner.count == 5)
    #expect(elements == ["1", "2", "3"])
    #expect(throws: JSONFault.syntax(at: 4)) { try scan("[1,2", elementLimit: 1) }
  }

  @Test("A request may be as deep in a batch as by itself")
  func limitsDepth() throws {
    #expect(try scan("[[[]]]", depthLimit: 2).1 == ["[[]]"])
    #expect(throws: JSONFault.tooDeep(at: 3)) { try scan("[[[[]]]]", depthLimit: 2) }
  }

  @Test("A scanner that is used again remembers nothing")
  func isReusable() throws {
    var scanner = BatchScanner(elementLimit: 1)
    try scanner.scan("[1,2]")
    #expect(scanner.isTooLong)
    try scanner.scan("[3]")
    #expect(!scanner.isTooLong && Array(scanner.elements) == [ByteRange(1..<2)])
  }
}
