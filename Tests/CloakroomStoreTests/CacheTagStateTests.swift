import NIOCore
import Testing

@testable import CloakroomStore

@Suite("A tag of caches", .timeLimit(.minutes(1)))
struct CacheTagStateTests {
  @Test(
    "is read as it was written",
    arguments: [(0, 0), (1, 0), (1_767_225_600_000_000, 0), (999_999_999_999_999_999, 7)])
  func read(hard: Int64, soft: Int64) {
    let state = CacheTagState(hard: hard, soft: soft)
    #expect(CacheTagState(state.text) == state)
  }

  @Test(
    "is nothing else",
    arguments: [
      "", " ", "1", "1 ", " 1", "1  2", "1 2 3", "1 2 ", "1\n2", "-1 2", "1 x", "x 1", "1 2x",
      "1234567890123456789 0", "0 1234567890123456789",
    ])
  func refused(text: String) {
    #expect(CacheTagState(ByteBuffer(string: text)) == nil)
  }
}
