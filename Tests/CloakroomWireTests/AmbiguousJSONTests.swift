import CloakroomWire
import Testing

@Suite("JSON that readers may take one way or another", .timeLimit(.minutes(1)))
struct AmbiguousJSONTests {
  private static let cases: [(text: String, AmbiguousJSON.Fault?, pointer: String)] = [
    (#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#, nil, ""),
    (#"{"a":1,"a":2}"#, .repeatedName, "/a"),
    (#"{"a":1,"\u0061":2}"#, .repeatedName, "/a"),
    (#" {"x":[0,{"y/z":{"b":1,"b":2}}]} "#, .repeatedName, "/x/1/y~1z/b"),
    (#"["\ud83d\ude00","\ud800"]"#, .loneSurrogate, "/1"),
    (#"{"a":{"\udc00":1}}"#, .loneSurrogate, "/a"),
    (#""\ud800""#, .loneSurrogate, ""),
    // To Unicode these are one letter; to everybody who compares bytes they are two names.
    (#"{"\u00e9":1,"e\u0301":2}"#, nil, ""),
    ("[]", nil, ""), ("7", nil, ""), (#""a""#, nil, ""), ("{}", nil, ""), ("", nil, ""),
  ]

  @Test("is found with its place", arguments: cases)
  func found(text: String, fault: AmbiguousJSON.Fault?, pointer: String) {
    do throws(AmbiguousJSON) {
      try AmbiguousJSON.check(Array(text.utf8).span.bytes)
      #expect(fault == nil)
    } catch {
      #expect(error.fault == fault && error.pointer == pointer)
    }
  }

  @Test("is not looked for in a text of too many values")
  func tooMany() throws {
    for (count, isTooMany) in [
      (AmbiguousJSON.mostValues - 1, false), (AmbiguousJSON.mostValues, true),
    ] {
      let text = "[" + String(repeating: "1,", count: count - 1) + "1]"
      do throws(AmbiguousJSON) {
        try AmbiguousJSON.check(Array(text.utf8).span.bytes)
        #expect(!isTooMany)
      } catch {
        #expect(isTooMany && error.fault == .tooManyValues && error.pointer.isEmpty)
      }
    }
  }
}
