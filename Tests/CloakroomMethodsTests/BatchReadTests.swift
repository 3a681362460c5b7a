import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("A reading of many values", .timeLimit(.minutes(1)))
struct BatchReadTests {
  private static func keys(_ count: Int) -> [StoreKey] {
    (0..<count).map { StoreKey(bytes: ByteBuffer(string: "k\($0)")) }
  }

  /// Takes a reading's steps, so many keys each, from a store that has a value at every other key.
  private static func read(
    _ count: Int, atOnce: [Int], limit: Int = 1000
  ) throws -> (result: String, steps: [Int]) {
    var step: any RepeatedStep = BatchRead(keys(count), limit: limit)
    var result = ByteBuffer()
    var steps: [Int] = []
    while true {
      step = step.reading(atMost: atOnce[min(steps.count, atOnce.count - 1)])
      let asked: [StoreKey]
      if case .getMany(let keys) = step.command { asked = keys } else { asked = [] }
      steps.append(asked.count)
      let values = asked.map { key -> ByteBuffer? in
        let text = String(buffer: key.bytes)
        return text.last.flatMap(\.wholeNumberValue).map { $0 % 2 } == 0
          ? ByteBuffer(string: "\"\(text)\"") : nil
      }
      let reply: StoreReply = asked.isEmpty ? .done : .values(values)
      switch try step.end(reply, writingTo: &result) {
      case .done: return (String(buffer: result), steps)
      case .next(let next): step = next
      case .nothing: Issue.record("it has come to nothing")
      }
    }
  }

  @Test(
    "comes to the same whatever pieces it is in", arguments: [[1], [2, 3], [4, 1], [7], [100]])
  func pieces(atOnce: [Int]) throws {
    for count in 0...9 {
      let (result, steps) = try Self.read(count, atOnce: atOnce)
      #expect(result == (try Self.read(count, atOnce: [1000]).result))
      #expect(steps.reduce(0, +) == count)
    }
    let three = try Self.read(3, atOnce: atOnce).result
    #expect(
      three
        == #"[{"found":true,"value":"k0"},{"found":false,"value":null},{"found":true,"value":"k2"}]"#
    )
    #expect(try Self.read(0, atOnce: atOnce).result == "[]")
  }

  @Test("holds the next calls as long as others of its steps follow")
  func holding() {
    let read = BatchRead(Self.keys(5), limit: 1000)
    #expect(!read.holdsCalls)
    #expect(read.reading(atMost: 4).holdsCalls)
    #expect(!read.reading(atMost: 5).holdsCalls)
    #expect(!BatchRead([], limit: 0).reading(atMost: 4).holdsCalls)
  }

  @Test("is refused as soon as it has too many bytes")
  func limit() throws {
    // Five values of four bytes each.
    #expect(try Self.read(10, atOnce: [3], limit: 20).steps == [3, 3, 3, 1])
    let error = #expect(throws: RPCError.self) { try Self.read(10, atOnce: [3], limit: 19) }
    #expect(error?.reason == .tooLarge)
    var result = ByteBuffer()
    let values = StoreReply.values([ByteBuffer(string: "\"long\""), nil])
    #expect(throws: RPCError.self) {
      _ = try BatchRead(Self.keys(100), limit: 5).reading(atMost: 2).end(
        values, writingTo: &result)
    }
  }
}
