import Testing

@testable import Cloakroom

@Suite("A small file", .timeLimit(.minutes(1)))
struct SmallFileTests {
  @Test("is read to the limit's last byte, and one byte more is too many", arguments: [0, 1, 10])
  func limit(size: Int) throws {
    let file = try TemporaryFile(String(repeating: "x", count: size))
    #expect(try SmallFile.read(file.path, limit: size).count == size)
    guard size > 0 else { return }
    #expect(throws: SmallFile.Fault("has more than \(size - 1) bytes")) {
      try SmallFile.read(file.path, limit: size - 1)
    }
  }
}
