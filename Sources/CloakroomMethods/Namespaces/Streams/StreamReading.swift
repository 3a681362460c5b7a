internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `streams.read`, which can wait for messages.
///
/// A call reads once, in the order of its connection's calls; one that finds nothing may wait. The calls of one event loop that wait for the same stream and group queue up:
/// an append wakes the first of them, and when that has got something, or gives up, it is the next
/// one's turn to look. So however many wait, an append makes each loop read a few times, and the one
/// that has waited longest is served first. No connection to Redis is held up by a wait.
enum StreamReading {
  static let read = Method(
    "streams.read",
    "Hands a consumer messages that nobody of its group was handed before, oldest first, and waits for some if there are none.",
    [
      .stream, .group, .consumer, .streamCount,
      Parameter(
        "blockMs", #"{"type":"integer","minimum":0,"maximum":3600000,"default":0}"#,
        "How many milliseconds to wait for a message, at most an hour. Default: 0, not at all."),
    ],
    result:
      #"{"type":"object","properties":{"messages":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"message":true,"fields":{"type":"object","additionalProperties":{"type":"string"}},"deliveries":{"type":"integer"},"from":{"type":"object","properties":{"id":{"type":"string"},"group":{"type":"string"},"deliveries":{"type":"integer"}},"required":["id","group","deliveries"]},"error":{"type":"object","required":["code","message","data"]}},"required":["id","message","deliveries"]}}},"required":["messages"]}"#,
    reasons: [.notFound],
    effect: .step,
    example: (
      #"{"stream":"orders","group":"billing","consumer":"worker-1","blockMs":5000}"#,
      #"{"messages":[{"id":"1763712345678-0","message":{"order":17},"deliveries":1}]}"#
    ),
    .repeated { arguments throws(RPCError) in
      let key = try arguments.stream().name
      let reader = try arguments.reader()
      let portion = try arguments.portion(3)
      let blockMs = arguments.has(4) ? try arguments.integer(4, "blockMs", in: 0...3_600_000) : 0
      // An answer that is kept is that of one step.
      return StreamRead(
        ReadMessages(key, reader, portion), time: .milliseconds(blockMs),
        isInPieces: arguments.idempotency == nil && portion.count > StreamRead.pieceCount)
    })
}

/// One call's reading of a stream, and its wait for messages. Many are read in pieces: what one step costs Redis is
/// bounded, and others' come between.
struct StreamRead: RepeatedStep {
  /// The stream is read so often even without a wake-up: a program that writes to Redis directly
  /// publishes nothing.
  private static let longestSilence = Duration.seconds(5)

  /// How many messages a piece has at most: some two hundred take Redis a millisecond.
  static let pieceCount = 200
  /// A piece is full with so many bytes.
  private static let pieceBytes = 512 * 1024
  /// What is read in one piece is: others' replies come behind it.
  static let wholeBytes = 1 << 20

  /// The step that reads what is still asked for.
  private let step: ReadMessages
  /// How long to wait at most.
  private let time: Duration
  private let isInPieces: Bool
  /// What was read before.
  private var messages: [StreamMessage] = []

  init(_ step: ReadMessages, time: Duration, isInPieces: Bool) {
    self.step = step
    self.time = time
    self.isInPieces = isInPieces
  }

  /// What this step reads.
  private var piece: StreamPortion {
    isInPieces
      ? step.portion.atMost(Self.pieceCount, bytes: Self.pieceBytes)
      : step.portion.atMost(.max, bytes: Self.wholeBytes)
  }

  var command: StoreCommand { .step(ReadMessages(step.key, step.reader, piece)) }
  var holdsCalls: Bool { isInPieces }
  var hasResult: Bool { !messages.isEmpty }

  var wait: RepeatedStepWait? {
    guard time > .zero else { return nil }
    var name = step.key.bytes
    name.writeInteger(UInt8(0))
    name.writeString(step.reader.group)
    return RepeatedStepWait(
      on: step.key, in: WaiterQueue(StoreKey(bytes: name), waking: .first), time: time,
      longestSilence: Self.longestSilence)
  }

  func end(
    _ reply: borrowing StoreReply, writingTo result: inout ByteBuffer
  ) throws(RPCError) -> RepeatedStepOutcome {
    let found: [StreamMessage]
    do throws(RPCError) {
      found = try reply.get(ReadMessages.self)
    } catch {
      // What was read before is the caller's already.
      guard hasResult else { throw error }
      found = []
    }
    guard hasResult || !found.isEmpty else { return .nothing }
    if let rest = rest(behind: found) { return .next(rest) }
    write(messages + found, into: &result)
    return .done
  }

  /// The step behind a piece; nil where there is no more to be had, or enough was.
  private func rest(behind found: [StreamMessage]) -> StreamRead? {
    let bytes = found.reduce(0) { $0 + $1.payloadBytes }
    // Redis counts names of fields as well: from half on it may have been full.
    let isFull = found.count == piece.count || bytes >= piece.bytes / 2
    let portion = StreamPortion(
      count: step.portion.count - found.count, bytes: step.portion.bytes - bytes)
    guard isInPieces, isFull, portion.count > 0, portion.bytes > 0 else { return nil }
    var rest = StreamRead(
      ReadMessages(step.key, step.reader, portion), time: time, isInPieces: true)
    rest.messages = messages + found
    return rest
  }

  func endInVain(writingTo result: inout ByteBuffer) { write(messages, into: &result) }

  private func write(_ messages: [StreamMessage], into result: inout ByteBuffer) {
    result.writeStaticString("{\"messages\":")
    result.writeJSON(messages)
    result.writeStaticString("}")
  }
}

/// One call's search for messages that others have had in hand for too long: in pieces, until one has some.
struct StreamReclaim: RepeatedStep {
  /// The piece that is looked through.
  let step: ReclaimMessages

  var command: StoreCommand { .step(step) }
  var wait: RepeatedStepWait? { nil }

  func end(
    _ reply: borrowing StoreReply, writingTo result: inout ByteBuffer
  ) throws(RPCError) -> RepeatedStepOutcome {
    let found = try reply.get(ReclaimMessages.self)
    if let next = found.next { return .next(StreamReclaim(step: step.after(next))) }
    write(found, into: &result)
    return .done
  }

  func endInVain(writingTo result: inout ByteBuffer) {
    write(ReclaimMessages.Reply(messages: [], deadLettered: 0), into: &result)
  }

  private func write(_ found: ReclaimMessages.Reply, into result: inout ByteBuffer) {
    result.writeStaticString("{\"messages\":")
    result.writeJSON(found.messages)
    result.writeStaticString(",\"deadLettered\":")
    result.writeDecimal(found.deadLettered)
    result.writeStaticString("}")
  }
}
