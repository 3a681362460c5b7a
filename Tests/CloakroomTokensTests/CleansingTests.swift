import Glibc
import Testing

@testable import CloakroomTokens

/// What is left of a secret in memory that was given back. The kernel reads it: to the program it is
/// nobody's.
@Suite("A secret that is not needed any more", .timeLimit(.minutes(1)))
struct CleansingTests {
  /// So long that the allocator's own notes cover only a small part of it.
  private static let length = 512

  /// The bytes at an address of this process, no matter whose they are.
  private static func memory(at address: UInt, count: Int) throws -> [UInt8] {
    let file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
    try #require(file >= 0)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(file, &bytes, count, off_t(address))
    return Array(bytes.prefix(max(got, 0)))
  }

  /// How many bytes stand where they stood. By chance it is one of 256.
  private static func remaining(of bytes: [UInt8], at address: UInt) throws -> Int {
    zip(bytes, try memory(at: address, count: bytes.count)).count { $0 == $1 }
  }

  @Test("is overwritten before its memory is given back")
  func secretBytes() throws {
    var secret: SecretBytes? = try .random(count: Self.length)
    let (address, bytes) = try #require(
      secret?.withBytes { (UInt(bitPattern: $0.baseAddress), Array($0)) })
    #expect(try Self.remaining(of: bytes, at: address) == Self.length)
    secret = nil
    #expect(try Self.remaining(of: bytes, at: address) < 64)
  }

  @Test("is overwritten in the array that it was read into")
  func array() {
    var bytes = [UInt8](repeating: 7, count: Self.length)
    bytes.cleanse()
    #expect(bytes == [UInt8](repeating: 0, count: Self.length))
    var none: [UInt8] = []
    none.cleanse()
    #expect(none.isEmpty)
  }

  @Test("is overwritten in the text that a new key was written from")
  func text() throws {
    var text = JWKText(secret: try .random(count: 64), id: "a", .hs512)
    #expect(String(decoding: text.bytes, as: UTF8.self).contains(#""k":""#))
    text.cleanse()
    #expect(text.bytes.allSatisfy { $0 == 0 })
  }
}
