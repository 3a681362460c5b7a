import Foundation
import Testing

@testable import CloakroomTokens

@Suite("Base64url", .timeLimit(.minutes(1)))
struct Base64URLTests {
  private func decode(_ text: String) -> [UInt8]? {
    Array(text.utf8).withUnsafeBytes { Base64URL.decode($0) }
  }

  @Test("of RFC 4648's examples, without their padding")
  func examples() {
    for (bytes, text) in [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ] {
      #expect(Base64URL.text(Array(bytes.utf8)) == text)
      #expect(decode(text) == Array(bytes.utf8))
    }
  }

  @Test("goes there and back for every byte at every place")
  func everyByte() {
    for byte in UInt8.min...UInt8.max {
      for count in 1...4 {
        for place in 0..<count {
          var bytes = [UInt8](repeating: 0xA5, count: count)
          bytes[place] = byte
          #expect(decode(Base64URL.text(bytes)) == bytes)
        }
      }
    }
  }

  @Test("is the same that others write, for every length and any bytes")
  func others() {
    var bytes: [UInt8] = []
    for count in 0..<200 {
      let padded = Data(bytes).base64EncodedString()
      let expected = padded.replacing("+", with: "-").replacing("/", with: "_")
        .replacing("=", with: "")
      #expect(Base64URL.text(bytes) == expected)
      #expect(Base64URL.encodedCount(count) == expected.utf8.count)
      #expect(decode(expected) == bytes)
      bytes.append(.random(in: .min ... .max))
    }
  }

  @Test("with any other character at any place is refused")
  func characters() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for count in [2, 3, 4, 6, 7, 8] {
      for place in 0..<count {
        for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
          var text = [UInt8](repeating: UInt8(ascii: "A"), count: count)
          text[place] = byte
          #expect(text.withUnsafeBytes { Base64URL.decode($0) } == nil)
        }
      }
    }
  }

  @Test(
    "that is not strict is refused",
    arguments: [
      "Zg==", "Zg=", "Zm8=", "=", "Z", "Zm9vY", "Zh", "Zm9", "Z g", "Zg\n", " Zg", "Zm+v", "Zm/v",
      "Zm.v", "Zm9v\0", "Zmö",
    ])
  func refused(text: String) {
    #expect(decode(text) == nil)
  }

  @Test("has one text only for any bytes: every other last character is refused")
  func oneText() {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    #expect(alphabet.filter { decode("Z\($0)") != nil }.count == 4)
    #expect(alphabet.filter { decode("Zm\($0)") != nil }.count == 16)
  }
}
