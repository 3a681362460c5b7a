import CloakroomCore
import Glibc
import NIOCore
import Support
import Testing

@testable import CloakroomTokens

@Suite("A sealed note", .timeLimit(.minutes(1)))
struct SealedNoteTests {
  private static let place = ByteBuffer(string: "place")
  private static let note = ByteBuffer(string: "cks_s3cr3t")

  private static func fault(
    _ ring: KeyRing, _ sealed: ByteBuffer, for place: ByteBuffer = place
  ) -> KeyRing.NoteFault? {
    do throws(KeyRing.NoteFault) {
      _ = try ring.unseal(sealed, for: place)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "opens by the key that it was sealed by, of whatever algorithm, active or not",
    arguments: KeyAlgorithm.allCases)
  func opens(algorithm: KeyAlgorithm) throws {
    let scratch = try Folder()
    chmod(scratch.path, 0o700)
    let folder = KeyFolder(scratch.path)
    let file = try folder.generate(algorithm, id: "a")
    let sealed = try KeyRing([file.key]).seal(Self.note, for: Self.place)
    #expect(!String(decoding: sealed.readableBytesView, as: UTF8.self).contains("s3cr3t"))
    // Another key is the active one from now on.
    _ = try folder.rotate("a")
    let rotated = try KeyRing(try folder.read().map(\.key))
    #expect(rotated.keys.count == 2 && rotated.noteKey?.id != "a")
    #expect(try rotated.unseal(sealed, for: Self.place) == Self.note)
    try folder.retire("a")
    let retired = try KeyRing(try folder.read().map(\.key))
    #expect(Self.fault(retired, sealed) == .noKey(id: "a"))
  }

  @Test("opens in no other place, and by no other key of the same name")
  func elsewhere() throws {
    let ring = try KeyRing([TestKeys.make(.a256GCM)])
    let sealed = try ring.seal(Self.note, for: Self.place)
    for other in ["", "Place", "place\0", "plac"] {
      #expect(Self.fault(ring, sealed, for: ByteBuffer(string: other)) == .broken)
    }
    let other = try KeyRing([TestKeys.make(.hs256, id: KeyAlgorithm.a256GCM.rawValue)])
    #expect(Self.fault(other, sealed) == .broken)
    let none = try KeyRing([TestKeys.make(.hs256)])
    #expect(Self.fault(none, sealed) == .noKey(id: "A256GCM"))
  }

  @Test("is another one each time, of whatever length, and so are its places' keys")
  func lengths() throws {
    let ring = try TestKeys.ring()
    for count in [0, 1, 16, 31, 70_000] {
      let note = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
      let sealed = try (0..<2).map { _ in try ring.seal(note, for: Self.place) }
      #expect(sealed[0] != sealed[1])
      for sealed in sealed { #expect(try ring.unseal(sealed, for: Self.place) == note) }
    }
    // Places are of any length too: OpenSSL takes little to derive a key for.
    let long = ByteBuffer(bytes: [UInt8](repeating: 7, count: 100_000))
    #expect(try ring.unseal(try ring.seal(Self.note, for: long), for: long) == Self.note)
  }

  @Test(
    "is refused, whichever bit was changed, wherever it was cut off, whatever is behind it")
  func tampered() throws {
    let ring = try KeyRing([TestKeys.make(.hs256, id: "a")])
    let sealed = Array(try ring.seal(Self.note, for: Self.place).readableBytesView)
    for index in sealed.indices {
      for bit in 0..<8 {
        var wrong = sealed
        wrong[index] ^= 1 << UInt8(bit)
        #expect(Self.fault(ring, ByteBuffer(bytes: wrong)) != nil, "bit \(bit) of \(index)")
      }
      #expect(Self.fault(ring, ByteBuffer(bytes: sealed.prefix(index))) == .broken)
    }
    #expect(Self.fault(ring, ByteBuffer(bytes: sealed + [0])) == .broken)
    #expect(Self.fault(ring, ByteBuffer()) == .broken)
    #expect(Self.fault(ring, ByteBuffer(bytes: [UInt8](repeating: 0xFF, count: 300))) == .broken)
  }

  @Test("needs an active key to be sealed, and a private half to be opened")
  func keys() throws {
    let old = try TestKeys.make(.hs256, state: .verifyOnly)
    let error = #expect(throws: RPCError.self) {
      try KeyRing([old]).seal(Self.note, for: Self.place)
    }
    #expect(error?.reason == .unavailable)

    let pair = try TestKeys.make(.es256, id: "a")
    let sealed = try KeyRing([pair]).seal(Self.note, for: Self.place)
    let half = try TokenKey(
      jwk: String(decoding: try JWKText(publicHalfOf: pair).bytes, as: UTF8.self), name: "a")
    #expect(Self.fault(try KeyRing([half]), sealed) == .noKey(id: "a"))
  }

  /// RFC 5869, appendix A.3, the one example without a salt.
  @Test("has keys that are derived as RFC 5869 says")
  func vector() throws {
    let secret = try SecretBytes(count: 22) { memory throws(CryptoFault) in
      for index in memory.indices { memory[index] = 0x0b }
    }
    let key = try HKDF.key(of: secret, info: [], count: 42)
    let text = key.withBytes { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) } }
    #expect(
      text.joined()
        == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
  }
}
