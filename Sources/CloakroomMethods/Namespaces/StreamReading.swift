internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `streams.read`, which can wait for messages.
///
/// A call reads once, in the order of its connection's calls; only one that finds nothing and may wait
/// becomes a task. The calls of one event loop that wait for the same stream and group stand in line:
/// an append wakes the first of them, and when that has got something, or gives up, it is the next
/// one's turn to look. So however many wait, an append makes each loop read a few times, and whoever
/// has waited longest is served first. No connection to Redis is held up by a wait.
enum StreamReading {
  static let read = Method(
    "streams.read",
    "Hands a consumer messages that nobody of its group was handed before, oldest first, and waits for some if there are none.",
    [
      Parameter(
        "stream", #"{"type":"string","minLength":1}"#, required: true,
        "The stream, or its dead letters: its name and \":dead-letters\". At most 1,024 bytes."),
      .group, .consumer, .streamCount,
      Parameter(
        "blockMs", #"{"type":"integer","minimum":0,"maximum":3600000,"default":0}"#,
        "How many milliseconds to wait for a message, at most an hour. Default: 0, not at all."),
    ],
    result:
      #"{"type":"object","properties":{"messages":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"message":true,"deliveries":{"type":"integer"},"from":{"type":"object"},"error":{"type":"object"}},"required":["id","message","deliveries"]}}},"required":["messages"]}"#,
    reasons: [.notFound],
    example: (
      #"{"stream":"orders","group":"billing","consumer":"worker-1","blockMs":5000}"#,
      #"{"messages":[{"id":"1763712345678-0","message":{"order":17},"deliveries":1}]}"#
    ),
    .procedure { arguments throws(RPCError) in
      let key = try arguments.stream().name
      let reader = try arguments.reader()
      let portion = try arguments.portion(3)
      let blockMs = arguments.has(4) ? try arguments.integer(4, "blockMs", in: 0...3_600_000) : 0
      let wait = StreamWait(
        key: key, reader: reader, portion: portion, time: .milliseconds(blockMs))
      return .ask(wait.command) { reply, _, result throws(RPCError) in
        let messages = try StreamWait.messages(in: reply)
        guard messages.isEmpty, blockMs > 0 else {
          write(messages, into: &result)
          return nil
        }
        return { context throws(RPCError) in
          var result = ByteBuffer()
          write(try await wait.messages(context), into: &result)
          return result
        }
      }
    })

  private static func write(_ messages: [StreamMessage], into result: inout ByteBuffer) {
    result.writeStaticString("{\"messages\":")
    result.writeJSON(messages)
    result.writeStaticString("}")
  }
}

/// One call's wait for a stream's messages.
private struct StreamWait: Sendable {
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
  var command: StoreCommand { .stream(key, .read(reader, portion)) }

  /// What a reply hands over.
  static func messages(in reply: StoreReply) throws(RPCError) -> [StreamMessage] {
    guard case .stream(.messages(let messages)) = try reply.orThrow() else {
      throw .unexpectedReply
    }
    return messages
  }

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
        let messages = try Self.messages(in: await context.perform(command))
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
