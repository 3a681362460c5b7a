internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call's wait for a stream's messages.
struct StreamWait: Sendable {
  /// The stream is read so often even without a wake-up: a program that writes to Redis directly
  /// publishes nothing.
  private static let longestSilence = Duration.seconds(5)
  /// How long to wait before asking again a store, or a bus, that can't be reached.
  private static let outagePause = Duration.milliseconds(250)

  let key: StoreKey
  let reader: StreamReader
  let portion: StreamPortion
  /// How long to wait at most.
  let time: Duration

  /// The step that reads.
  var step: ReadMessages { ReadMessages(key, reader, portion) }

  /// The name of the queue of those who wait for the same.
  private var queue: WaiterQueue {
    var name = key.bytes
    name.writeInteger(UInt8(0))
    name.writeString(reader.group)
    return WaiterQueue(StoreKey(bytes: name), waking: .first)
  }

  /// Waits for messages; none when the time is over.
  func messages(_ context: CallContext) async throws(RPCError) -> [StreamMessage] {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
      let waiter: Waiter
      do throws(RPCError) {
        waiter = try await context.waiter(on: key, in: queue)
      } catch {
        try await pause(context, after: error, until: end)
        continue
      }
      // Leaving the queue makes it the next one's turn.
      defer { waiter.close() }
      return try await messages(context, waiter, until: end)
    }
    return []
  }

  private func messages(
    _ context: CallContext, _ waiter: Waiter, until end: ContinuousClock.Instant
  ) async throws(RPCError) -> [StreamMessage] {
    var isFirst = false
    while true {
      let rest = end - .now
      guard rest > .zero else { return [] }
      let wakeUp = try await waiter.wait(atMost: isFirst ? min(rest, Self.longestSilence) : rest)
      if wakeUp != .timeOver { isFirst = true }
      guard isFirst, ContinuousClock.now < end else { continue }
      do throws(RPCError) {
        let messages = try await context.perform(step, idempotentStep: 0)
        if !messages.isEmpty { return messages }
      } catch {
        try await pause(context, after: error, until: end)
      }
    }
  }

  /// Lets an outage pass, for which a call that waits anyhow need not fail; throws any other failure.
  ///
  /// A read whose answer was lost may have handed messages over to nobody. They are the consumer's then,
  /// unacknowledged, as those of one that has crashed, and are reclaimed as those are.
  private func pause(
    _ context: CallContext, after error: RPCError, until end: ContinuousClock.Instant
  ) async throws(RPCError) {
    if let cancellation = context.cancellation { throw cancellation }
    guard error.reason == .unavailable || error.reason == .outcomeUnknown else { throw error }
    try await context.wait(for: min(Self.outagePause, max(end - .now, .zero)))
  }
}
