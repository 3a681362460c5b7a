import CloakroomWire
import Testing

@testable import CloakroomMethods

@Suite("A short name", .timeLimit(.minutes(1)))
struct ShortNameTests {
  static let texts = [
    "", "a", "b", "ab", "ba", "key", "kez", "value", "1234567", "12345678", "12345679", "02345678",
    "123456789", "1234567890123456", "12345678901234567",
  ]

  /// The name as it stands behind `before` other bytes and before `behind` more.
  static func name(_ text: String, before: Int, behind: Int) -> ShortName {
    let bytes =
      Array(repeating: UInt8(ascii: "k"), count: before) + Array(text.utf8)
      + Array(repeating: UInt8(ascii: "y"), count: behind)
    let range = ByteRange(before..<before + text.utf8.count)
    return ShortName(range, in: bytes.span.bytes)
  }

  @Test("is the same wherever in a text it stands", arguments: texts)
  func places(text: String) {
    let expected = Self.name(text, before: 0, behind: 0)
    #expect(expected.count == text.utf8.count)
    for before in 0...9 {
      for behind in [0, 1, 7, 8, 9] {
        #expect(Self.name(text, before: before, behind: behind) == expected)
      }
    }
  }

  @Test("is one that the program knows only when every byte is the same", arguments: texts)
  func equality(text: String) {
    let known: [StaticString] = ["a", "ab", "key", "1234567", "12345678", "1234567890123456"]
    for other in known {
      let isSame = ShortName(other) == Self.name(text, before: 3, behind: 3)
      #expect(isSame == (text == "\(other)"))
    }
  }

  @Test("differs from those that differ in any one byte", arguments: 1...16)
  func bytes(count: Int) {
    let text = [UInt8](repeating: UInt8(ascii: "n"), count: count)
    let name = ShortName(ByteRange(0..<count), in: text.span.bytes)
    for index in 0..<count {
      var other = text
      other[index] = UInt8(ascii: "m")
      #expect(ShortName(ByteRange(0..<count), in: other.span.bytes) != name)
    }
  }

  @Test("of a long text is not whole, and not the same as its beginning")
  func long() {
    let long = Self.name("12345678901234567", before: 0, behind: 0)
    #expect(!long.isWhole && Self.name("1234567890123456", before: 0, behind: 0).isWhole)
    #expect(long != Self.name("1234567890123456", before: 0, behind: 0))
  }

  @Test("outside of the text has no bytes")
  func outside() {
    let text = Array("abc".utf8)
    #expect(ShortName(ByteRange(1..<4), in: text.span.bytes).count == 0)
    #expect(ShortName(ByteRange(4..<5), in: text.span.bytes) != ShortName("c"))
  }

  @Test("holds every parameter's name, so that comparing one is comparing all of it")
  func parameters() {
    for method in MethodTable.standard.methods {
      for parameter in method.allParameters {
        #expect(parameter.name.utf8CodeUnitCount <= ShortName.longest, "\(parameter.name)")
      }
    }
  }
}
