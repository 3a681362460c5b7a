import Foundation
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct LineBufferTests {
  private func text(_ body: (inout LineBuffer) -> Void) -> String {
    var line = LineBuffer(capacity: 1)
    body(&line)
    return line.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    "Strings are escaped so that nothing in them ends the string or the line",
    arguments: [
      ("", #""""#),
      ("plain, and longer than eight bytes", #""plain, and longer than eight bytes""#),
      (#"a"b\c"#, #""a\"b\\c""#),
      ("a\nb\rc\td\u{0}e\u{1b}[31m\u{7f}", #""a\nb\rc\td\u0000e\u001b[31m\u007f""#),
      ("12345678\n\n12345678\"", #""12345678\n\n12345678\"""#),
      ("\u{80}\u{85}\u{9b}\u{9f}\u{a0}©", "\"\\u0080\\u0085\\u009b\\u009f\u{a0}©\""),
      ("żółć 名札 🧥 \u{2028}", "\"żółć 名札 🧥 \u{2028}\""),
    ])
  func escaping(string: String, expected: String) throws {
    let written = text { $0.append(string: string) }
    #expect(written == expected)
    let read = try JSONSerialization.jsonObject(
      with: Data(written.utf8), options: .fragmentsAllowed)
    #expect(read as? String == string)
  }

  @Test("A byte that needs escaping is found wherever it stands", arguments: 0..<40)
  func positions(position: Int) {
    var string = Array(repeating: "x", count: 40)
    for (dirty, escaped) in [("\n", "\\n"), ("\"", "\\\""), ("\\", "\\\\"), ("\u{7f}", "\\u007f")] {
      string[position] = dirty
      let expected = string.joined().replacingOccurrences(of: dirty, with: escaped)
      #expect(text { $0.append(string: string.joined()) } == "\"\(expected)\"")
    }
  }

  @Test("Long strings are cut between two scalars, and say so", arguments: 0..<4)
  func cutting(shift: Int) {
    let padding = String(repeating: "x", count: shift)
    let written = text { $0.append(string: padding + String(repeating: "🧥", count: 5_000)) }
    let coats = (LineBuffer.longestString - shift) / 4
    #expect(written == "\"\(padding)\(String(repeating: "🧥", count: coats))…\"")
  }

  @Test("A string of the greatest length is not cut")
  func longest() {
    let string = String(repeating: "x", count: LineBuffer.longestString)
    #expect(text { $0.append(string: string) } == "\"\(string)\"")
  }

  @Test(
    "Numbers are written digit by digit", arguments: [0, 1, 9, 10, 99, 100, 12_345, UInt64.max])
  func numbers(number: UInt64) {
    #expect(text { $0.append(decimal: number) } == "\(number)")
    #expect(text { $0.append(hexadecimal: number) } == String(format: "%016lx", number))
  }

  @Test("Negative numbers have a sign", arguments: [-1, 0, 1, Int64.min, Int64.max])
  func signs(number: Int64) {
    #expect(text { $0.append(decimal: number) } == "\(number)")
  }
}
