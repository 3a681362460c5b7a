import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct KeyHasherTests {
  @Test(
    "Hashes are the first 8 bytes of SipHash-2-4 with 128 bits, by the reference's vectors",
    arguments: [
      (0, 0xa381_7f04_ba25_a8e6), (1, 0xda87_c1d8_6b99_af44), (8, 0x3b62_a9ba_6258_f561),
    ] as [(Int, UInt64)])
  func vectors(length: Int, expected: UInt64) throws {
    let hasher = try KeyHasher(key: Array(0..<16))
    let input = [UInt8]((0..<16).prefix(length))
    // Twice, as nothing of one hash may be left in the next.
    for _ in 0..<2 {
      #expect(input.withUnsafeBufferPointer(hasher.hash) == expected)
    }
  }

  @Test("Every hasher without a given key has one of its own")
  func random() throws {
    let input = [UInt8]("user:123".utf8)
    let one = try KeyHasher(key: nil)
    let other = try KeyHasher(key: nil)
    #expect(input.withUnsafeBufferPointer(one.hash) != input.withUnsafeBufferPointer(other.hash))
  }

  @Test("A key of another length is refused", arguments: [0, 15, 17])
  func lengths(length: Int) {
    #expect(throws: AccessLogError.badHashKeyLength(length)) {
      _ = try KeyHasher(key: [UInt8](repeating: 1, count: length))
    }
  }
}
