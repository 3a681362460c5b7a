import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

extension StoreHarness {
  /// Appends texts, each of which has to be appended, and answers with their ids.
  @discardableResult
  func append(
    _ texts: [String], to key: StoreKey, limit: StreamLimit? = nil,
    life: StreamLife = .atLeast(.ms(900_000)), sourceLocation: SourceLocation = #_sourceLocation
  ) async -> [StreamID] {
    var ids: [StreamID] = []
    for text in texts {
      let reply = await step(
        AppendMessage(key, message: ByteBuffer(string: text), limit: limit, life: life))
      guard case .success(let id) = reply else {
        Issue.record("\(reply)", sourceLocation: sourceLocation)
        continue
      }
      ids.append(id)
    }
    return ids
  }

  /// Makes groups that have to be new.
  func group(
    _ names: String..., on key: StoreKey, from start: StreamStart = .after(.zero),
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    for name in names {
      let reply = await step(EnsureGroup(key, group: name, from: start, life: .ms(900_000)))
      #expect(reply == .boolean(true), sourceLocation: sourceLocation)
    }
  }

  /// Reads, and answers with the messages; nil when the step has failed.
  func read(
    _ key: StoreKey, _ group: String = "g", _ consumer: String = "c", count: Int = 1000,
    bytes: Int = 1 << 20
  ) async -> [StreamMessage]? {
    let portion = StreamPortion(count: count, bytes: bytes)
    let reader = StreamReader(group: group, consumer: consumer)
    return try? await step(ReadMessages(key, reader, portion)).get()
  }

  /// Reclaims; nil when the step has failed.
  func reclaim(
    _ key: StoreKey, _ group: String = "g", by consumer: String, idle: Int64 = 0,
    count: Int = 1000, bytes: Int = 1 << 20, maxDeliveries: Int64? = nil
  ) async -> ReclaimMessages.Reply? {
    let reclaim = ReclaimMessages(
      key, StreamReader(group: group, consumer: consumer),
      StreamPortion(count: count, bytes: bytes), minIdleMs: idle, maxDeliveries: maxDeliveries)
    return try? await step(reclaim).get()
  }

  /// What a group has in hand; nil when the step has failed.
  func unacknowledged(_ key: StoreKey, _ group: String = "g") async -> UnacknowledgedMessages? {
    try? await step(InspectGroup(key, group: group)).get()
  }

  /// How many messages a stream has; nil when the step has failed.
  func length(_ key: StoreKey) async -> Int64? {
    try? await step(CountMessages(key)).get()
  }

  /// How many messages were acknowledged; nil when the step has failed.
  func acknowledge(
    _ key: StoreKey, _ ids: [StreamID], in group: String = "g"
  ) async -> Int64? {
    try? await step(AcknowledgeMessages(key, group: group, ids)).get()
  }
}

extension [StreamMessage] {
  /// The messages' texts.
  var texts: [String] { map { $0.message.map { String(buffer: $0) } ?? "nothing" } }
}
