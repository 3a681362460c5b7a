import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("The flows that are at hand", .timeLimit(.minutes(1)))
struct FlowCacheTests {
  private static func record(_ number: Int) -> StoreKey {
    StoreKey(bytes: ByteBuffer(string: "flow:\(number)"))
  }

  @Test("are 256 at most: one more, and another is let go")
  func count() throws {
    let (cache, flow) = (FlowCache(), try Flow(steps: #"{"id":"a"}"#))
    for number in 0..<256 { #expect(!cache.keep(flow, in: Self.record(number), lifeMs: 1)) }
    // Kept anew, it is none more.
    #expect(!cache.keep(flow, in: Self.record(0), lifeMs: 2))
    #expect(cache.life(in: Self.record(0), flow.digest) == 2)
    #expect(cache.keep(flow, in: Self.record(256), lifeMs: 1))
    let there = (0...256).count { cache.flow(in: Self.record($0), flow.digest) != nil }
    #expect(there == 256 && cache.flow(in: Self.record(256), flow.digest) != nil)
  }

  @Test("take 32 MiB at most, and the last one is kept whatever it takes")
  func size() throws {
    let title = String(repeating: "t", count: 250)
    let steps = (0..<64).map { #"{"id":"s\#($0)","title":"\#(title)"}"# }.joined(separator: ",")
    let schema = #"{"title":"\#(String(repeating: "x", count: 200_000))"}"#
    let flow = try Flow(#"{"steps":[\#(steps)],"schema":\#(schema)}"#)
    let most = (32 << 20) / flow.size
    try #require((1..<256).contains(most))
    let cache = FlowCache()
    for number in 0..<most { #expect(!cache.keep(flow, in: Self.record(number), lifeMs: 1)) }
    #expect(cache.keep(flow, in: Self.record(most), lifeMs: 1))
    #expect(cache.flow(in: Self.record(most), flow.digest) != nil)
  }
}
