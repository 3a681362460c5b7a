import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

extension StoreHarness {
  /// Takes a step on a stream.
  func stream(_ key: StoreKey, _ step: StreamStep) async -> StoreReply {
    await perform(.stream(key, step))
  }

  /// Appends texts, each of which has to be appended, and answers with their ids.
  @discardableResult
  func append(
    _ texts: [String], to key: StoreKey, limit: StreamLimit? = nil,
    life: StreamLife = .atLeast(.ms(900_000)), sourceLocation: SourceLocation = #_sourceLocation
  ) async -> [StreamID] {
    var ids: [StreamID] = []
    for text in texts {
      let reply = await stream(
        key, .append(message: ByteBuffer(string: text), limit: limit, life: life))
      guard case .stream(.appended(let id)) = reply else {
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
      let reply = await stream(key, .ensure(group: name, from: start, life: .ms(900_000)))
      #expect(reply == .boolean(true), sourceLocation: sourceLocation)
    }
  }

  /// Reads, and answers with the messages; nil when the step has failed.
  func read(
    _ key: StoreKey, _ group: String = "g", _ consumer: String = "c", count: Int = 1000,
    bytes: Int = 1 << 20
  ) async -> [StreamMessage]? {
    let portion = StreamPortion(count: count, bytes: bytes)
    let reply = await stream(
      key, .read(StreamReader(group: group, consumer: consumer), portion))
    guard case .stream(.messages(let messages)) = reply else { return nil }
    return messages
  }

  /// Reclaims; nil when the step has failed.
  func reclaim(
    _ key: StoreKey, _ group: String = "g", by consumer: String, idle: Int64 = 0,
    count: Int = 1000, bytes: Int = 1 << 20, maxDeliveries: Int64? = nil
  ) async -> (messages: [StreamMessage], deadLettered: Int)? {
    let step = StreamStep.reclaim(
      StreamReader(group: group, consumer: consumer), StreamPortion(count: count, bytes: bytes),
      minIdleMs: idle, maxDeliveries: maxDeliveries)
    let reply = await stream(key, step)
    guard case .stream(.reclaimed(let messages, let deadLettered)) = reply else { return nil }
    return (messages, deadLettered)
  }

  /// A group's unacknowledged messages; nil when the step has failed.
  func unacknowledged(_ key: StoreKey, _ group: String = "g") async -> UnacknowledgedMessages? {
    guard
      case .stream(.unacknowledged(let unacknowledged)) = await stream(
        key, .unacknowledged(group: group))
    else {
      return nil
    }
    return unacknowledged
  }

  /// How many messages a stream has; nil when the step has failed.
  func length(_ key: StoreKey) async -> Int64? {
    guard case .stream(.count(let count)) = await stream(key, .length) else { return nil }
    return count
  }

  /// How many messages were acknowledged; nil when the step has failed.
  func acknowledge(
    _ key: StoreKey, _ ids: [StreamID], in group: String = "g"
  ) async -> Int64? {
    let reply = await stream(key, .acknowledge(group: group, ids))
    guard case .stream(.count(let count)) = reply else { return nil }
    return count
  }
}

extension [StreamMessage] {
  /// The messages' texts.
  var texts: [String] { map { $0.message.map { String(buffer: $0) } ?? "nothing" } }
}
