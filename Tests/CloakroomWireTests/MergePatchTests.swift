import CloakroomWire
import NIOCore
import Testing

@Suite("A merge patch", .timeLimit(.minutes(1)))
struct MergePatchTests {
  private static func apply(_ patch: String, to target: String) throws -> String {
    var result = ByteBuffer()
    try MergePatch.apply(patch.utf8.span.bytes, to: target.utf8.span.bytes, into: &result)
    return String(buffer: result)
  }

  /// RFC 7396, appendix A.
  private static let appendix: [(target: String, patch: String, result: String)] = [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
    (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
    (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
    (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
    (#"{"a":"foo"}"#, "null", "null"),
    (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
    (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
    ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ]

  @Test("comes to what RFC 7396 says", arguments: appendix)
  func standard(target: String, patch: String, result: String) throws {
    #expect(try Self.apply(patch, to: target) == result)
  }

  @Test(
    "leaves alone what it doesn't touch, and takes over what it has, byte for byte",
    arguments: [
      (
        #"{"a":9007199254740993,"b":1.10,"c":1e400,"d":[],"e":"\u0041"}"#, #"{"z":-0.0}"#,
        #"{"a":9007199254740993,"b":1.10,"c":1e400,"d":[],"e":"\u0041","z":-0.0}"#
      ),
      (#"{"a":{"x":1.10,"y":2},"b":3}"#, #"{"a":{"y":1E5}}"#, #"{"a":{"x":1.10,"y":1E5},"b":3}"#),
      (#"{ "a" : [ 1 , 2 ] }"#, "{}", #"{"a":[ 1 , 2 ]}"#),
      // A name is what it stands for, and stays as it was written.
      (#"{"\u0061":1}"#, #"{"a":2}"#, #"{"\u0061":2}"#),
      (#"{"a":1}"#, #"{"\u0061":null}"#, "{}"),
      (#"{"\ud800":1,"b":2}"#, #"{"\ud800":3}"#, #"{"\ud800":3,"b":2}"#),
      // Of several the last one counts.
      (#"{"a":1,"a":{"x":1}}"#, #"{"a":{"y":2}}"#, #"{"a":{"x":1,"y":2}}"#),
      (#"{"a":1}"#, #"{"a":2,"a":3,"a":null,"b":1,"b":2}"#, #"{"b":2}"#),
      (#"{"a":1,"a":2}"#, #"{"b":3}"#, #"{"a":1,"a":2,"b":3}"#),
      // Nulls within an array are values.
      (#"{"a":1}"#, #"{"a":[null,{"b":null}]}"#, #"{"a":[null,{"b":null}]}"#),
      ("1", #"{"a":{"b":null,"c":{"d":null,"e":1}}}"#, #"{"a":{"c":{"e":1}}}"#),
    ])
  func fidelity(target: String, patch: String, result: String) throws {
    #expect(try Self.apply(patch, to: target) == result)
  }

  @Test("may be nested as deep as JSON may be")
  func depth() throws {
    let depth = JSONScanner.greatestDepthLimit - 1
    func nested(_ value: String) -> String {
      String(repeating: #"{"a":"#, count: depth) + value + String(repeating: "}", count: depth)
    }
    #expect(
      try Self.apply(nested(#"{"b":2}"#), to: nested(#"{"c":1}"#)) == nested(#"{"c":1,"b":2}"#))
  }
}
