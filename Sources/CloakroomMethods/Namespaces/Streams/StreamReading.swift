internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `streams.read`, which can wait for messages.
///
/// A call reads once, in the order of its connection's calls; only one that finds nothing and may wait
/// becomes a task. The calls of one event loop that wait for the same stream and group queue up:
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
    .procedure { arguments throws(RPCError) in
      let key = try arguments.stream().name
      let reader = try arguments.reader()
      let portion = try arguments.portion(3)
      let blockMs = arguments.has(4) ? try arguments.integer(4, "blockMs", in: 0...3_600_000) : 0
      let wait = StreamWait(
        key: key, reader: reader, portion: portion, time: .milliseconds(blockMs))
      return .ask(wait.step) { messages, _, result in
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
