internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call's wait for a stream's messages.
struct StreamWait: Sendable {
  /// Even without a ring the stream is looked at so often: who writes to Redis past the sidecars does
  /// not ring.
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

  /// The name of the line of those who wait for the same.
  private var line: StoreKey {
    var name = key.bytes
    name.writeInteger(UInt8(0))
    name.writeString(reader.group)
    return StoreKey(bytes: name)
  }

  /// Waits for messages; none when the time is over.
  func messages(_ context: CallContext) async throws(RPCError) -> [StreamMessage] {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
      let bell: Bell
      do throws(RPCError) {
        bell = try await context.bell(on: key, inLine: line)
      } catch {
        try await pause(context, after: error, until: end)
        continue
      }
      // Leaving the line makes it the next one's turn.
      defer { bell.close() }
      return try await messages(context, bell, until: end)
    }
    return []
  }

  private func messages(
    _ context: CallContext, _ bell: Bell, until end: ContinuousClock.Instant
  ) async throws(RPCError) -> [StreamMessage] {
    var isFirst = false
    while true {
      let rest = end - .now
      guard rest > .zero else { return [] }
      let ring = try await bell.wait(atMost: isFirst ? min(rest, Self.longestSilence) : rest)
      if ring != .timeOver { isFirst = true }
      guard isFirst, ContinuousClock.now < end else { continue }
      do throws(RPCError) {
        let messages = try await context.perform(step, once: 0)
        if !messages.isEmpty { return messages }
      } catch {
        try await pause(context, after: error, until: end)
      }
    }
  }

  /// Lets an outage pass, for which a call that waits anyhow need not fail; throws any other failure.
  ///
  /// A read whose answer was lost may have handed messages over to nobody. They are in the consumer's
  /// hand then, as those of one that has crashed, and are reclaimed as those are.
  private func pause(
    _ context: CallContext, after error: RPCError, until end: ContinuousClock.Instant
  ) async throws(RPCError) {
    if let cancellation = context.cancellation { throw cancellation }
    guard error.reason == .unavailable || error.reason == .outcomeUnknown else { throw error }
    try await context.wait(for: min(Self.outagePause, max(end - .now, .zero)))
  }
}
