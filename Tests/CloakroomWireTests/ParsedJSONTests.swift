import Support
import Testing

@testable import CloakroomWire

@Suite("JSON taken apart", .timeLimit(.minutes(1)))
struct ParsedJSONTests {
  private static func parsed(_ text: String) throws -> ParsedJSON {
    try ParsedJSON(Array(text.utf8).span.bytes)
  }

  /// The value of a node, written anew.
  private static func written(_ json: ParsedJSON, _ node: Int) -> String {
    var text: [UInt8] = []
    switch json.nodes[node].kind {
    case .object:
      var name = node + 1
      for index in 0..<json.nodes[node].count {
        text += index > 0 ? [0x2C] : []
        json.writeString(name, into: &text)
        text += Array(":".utf8) + Array(written(json, name + 1).utf8)
        name = json.next(name + 1)
      }
      return "{" + String(decoding: text, as: UTF8.self) + "}"
    case .array:
      var element = node + 1
      var elements: [String] = []
      for _ in 0..<json.nodes[node].count {
        elements.append(written(json, element))
        element = json.next(element)
      }
      return "[" + elements.joined(separator: ",") + "]"
    case .string:
      json.writeString(node, into: &text)
      return String(decoding: text, as: UTF8.self)
    default: return String(decoding: json.text(of: node), as: UTF8.self)
    }
  }

  @Test(
    "holds every value",
    arguments: [
      ("1", "1"), (" [ 1 , -2.5e3 ,true,false,null ] ", "[1,-2.5e3,true,false,null]"),
      ("{}", "{}"), ("[[],{}]", "[[],{}]"), (#"{"a":{"b":[{"c":1}]},"d":2}"#, nil),
      (#"["\u0041\n\ud83d\ude00"]"#, #"["A\n😀"]"#), (#"{"\u0061":"b"}"#, #"{"a":"b"}"#),
      ("\"\"", nil),
    ] as [(String, String?)])
  func values(text: String, expected: String?) throws {
    #expect(try Self.written(Self.parsed(text), 0) == expected ?? text)
  }

  @Test("takes what the scanner takes, and nothing else", arguments: 1...4)
  func strict(seed: UInt64) {
    var texts = RandomJSON(seed: seed)
    for index in 0..<2_000 {
      let text = index % 2 == 0 ? texts.valid() : texts.spoiled()
      let isValid = (try? JSONScanner.validate(text.span.bytes, depthLimit: 64)) != nil
      do throws(ParsedJSON.Fault) {
        _ = try ParsedJSON(text.span.bytes, depthLimit: 64)
        #expect(isValid, "\(text)")
      } catch {
        if case .json = error { #expect(!isValid, "\(text)") }
      }
    }
  }

  @Test("finds members by their names, few and many", arguments: [1, 8, 9, 500])
  func members(count: Int) throws {
    let members = (0..<count).map { #""n\#($0)":\#($0)"# }.joined(separator: ",")
    let json = try Self.parsed("{\(members)}")
    for index in 0..<count {
      let name = Array("n\(index)".utf8)
      let node = try #require(json.member(of: 0, named: name[...], hash: JSONHash.of(name)))
      #expect(json.text(of: node).elementsEqual("\(index)".utf8))
      #expect(json.pointer(to: node) == "/n\(index)")
    }
    #expect(json.member(of: 0, named: "n") == nil && json.member(of: 0, named: "") == nil)
  }

  @Test("refuses a name that comes twice, few and many, with its place", arguments: [2, 8, 9, 500])
  func repeated(count: Int) {
    for twice in [0, (count - 1) / 2, count - 2] {
      let names = (0..<count - 1).map { "\"n\($0)\":1" } + ["\"\\u006e\(twice)\":2"]
      let fault = #expect(throws: ParsedJSON.Fault.self) {
        try Self.parsed("[0,{\(names.joined(separator: ","))}]")
      }
      guard case .repeatedName("/1/n\(twice)") = fault else {
        Issue.record("\(String(describing: fault))")
        continue
      }
    }
  }

  @Test("tells a fault's place as far as it is asked for")
  func places() {
    for (bytes, place) in [(99, "/a/0/b~1c"), (8, "/a/0"), (4, "/a/0"), (3, "/a"), (0, "")] {
      do throws(ParsedJSON.Fault) {
        let text = Array(#"{"a":[{"b/c":1,"b/c":2}]}"#.utf8)
        _ = try ParsedJSON(text.span.bytes, pointerBytes: bytes)
        Issue.record("taken")
      } catch {
        guard case .repeatedName(place) = error else {
          Issue.record("\(bytes): \(error)")
          continue
        }
      }
    }
  }

  @Test("is no deeper than it may be")
  func depth() {
    for (limit, isTaken) in [(3, true), (2, false)] {
      let text = Array("[[[1]]]".utf8)
      #expect(((try? ParsedJSON(text.span.bytes, depthLimit: limit)) != nil) == isTaken)
    }
  }
}
