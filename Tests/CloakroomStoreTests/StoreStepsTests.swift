import CloakroomCore
import CloakroomRedis
import Foundation
import NIOCore
import Support
import Testing

@testable import CloakroomStore

@Suite("The steps that carry their parts", .timeLimit(.minutes(1)))
struct StoreStepsTests {
  /// A step that stands in no list.
  struct Unlisted: StoreStep {
    let key: StoreKey

    func perform(in store: MemoryStore) throws(RPCError) -> Bool {
      store.read(key) { table, key, now in table.contains(key, at: now) }
    }

    static let redis = RedisForm.command("UNLINK", .write)
    var keys: [StoreKey] { [key] }
    var arguments: [RedisArgument] { [] }
    static func read(_ reply: borrowing RESPReply) -> Bool? { reply.first.integer == 1 }
  }

  @Test("weigh as much as what they have the store look at")
  func weights() {
    let key = StoreKey(bytes: ByteBuffer(string: "{a}"))
    let short = StoreCommand.step(CountMessages(key))
    #expect(short.weight == 1)
    #expect(StoreCommand.get(key).weight == 1)
    #expect(StoreCommand.getMany([key, key, key]).weight == 3)
    #expect(StoreCommand.step(ReadCounts([key, key])).weight == 2)
    let scans = [10, 1600].map { ScanNames(prefix: ByteBuffer(), from: 0, count: $0).weight }
    #expect(scans == [1, 100])
    let reader = StreamReader(group: "g", consumer: "c")
    let reclaim = ReclaimMessages(
      key, reader, StreamPortion(count: 10, bytes: 1000), minIdleMs: 0,
      maxDeliveries: nil)
    #expect(StoreCommand.step(reclaim).weight > 10)
  }

  @Test("stand in the list, each once")
  func complete() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/CloakroomStore")
    let files = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String }
    var declared: [String] = []
    for file in files ?? [] where file.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      declared += text.matches(of: /struct (\w+): StoreStep\b/).map { String($0.1) }
    }
    #expect(declared.count > 10)
    #expect(declared.sorted() == StoreSteps.all.map { "\($0)" }.sorted())
  }

  @Test("are refused and not sent when they are missing from it")
  func unlisted() async throws {
    try await ContractStores.redis.run { store in
      let key = store.key("unlisted")
      _ = await store.perform(.set(key, value: ByteBuffer(string: "1"), .never, .none))
      let reply = await store.perform(.step(Unlisted(key: key)))
      guard case .failure(let error) = reply else {
        Issue.record("\(reply)")
        return
      }
      #expect(error.reason == .internal && error.message.contains("Unlisted"))
      #expect(await store.perform(.exists(key)) == .boolean(true))
    }
  }

  @Test("have replies that are theirs alone")
  func replies() {
    let reply = StoreReply.step(StepReply(3, to: CountMessages.self))
    #expect((try? reply.get(CountMessages.self)) == 3)
    #expect(throws: RPCError.unexpectedReply) { try reply.get(AcknowledgeMessages.self) }
    #expect(throws: RPCError.unexpectedReply) { try StoreReply.done.get(CountMessages.self) }
    #expect(throws: RPCError(.conflict)) {
      try StoreReply.failure(RPCError(.conflict)).get(CountMessages.self)
    }
    #expect(reply == .step(StepReply(3, to: CountMessages.self)))
    #expect(reply != .step(StepReply(4, to: CountMessages.self)))
    #expect(reply != .step(StepReply(3, to: AcknowledgeMessages.self)))
  }

  @Test("are refused what Redis answers to none of them", arguments: StoreSteps.all.indices)
  func unexpected(place: Int) throws {
    let reader = try #require(RESPReader())
    // Numbers where there are arrays, arrays where there are numbers, and too little of either.
    for line in ["+PONG\r\n", "*0\r\n", "*2\r\n*0\r\n*0\r\n", "*1\r\n$1\r\na\r\n", "$-1\r\n"] {
      reader.take(ByteBuffer(string: line))
      while try reader.next() {
        let reply = RedisReplyDecoder.step.read(reader.reply, step: place)
        let step = StoreSteps.all[place]
        let isEmpty =
          line == "*0\r\n"
          ? step == ReadMessages.self || step == ReadIndex.self
          : line == "*2\r\n*0\r\n*0\r\n" && step == ReadCounts.self
        if case .failure(let error) = reply {
          #expect(error.reason == .internal, "\(line)")
        } else {
          #expect(isEmpty, "\(reply)")
        }
      }
    }
    let none = RedisReplyDecoder.step.read(reader.reply, step: StoreSteps.all.count)
    #expect(none == .failure(RPCError(.internal)))
  }
}
