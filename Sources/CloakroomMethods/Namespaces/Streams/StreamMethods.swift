internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// `streams.*`: messages that groups of consumers share out among themselves, each acknowledged when
/// its work is done.
enum StreamMethods {
  static let all = [append, ensure, StreamReading.read, ack, unacknowledged, reclaim, length]

  static let append = Method(
    "streams.append",
    "Appends a message to a stream, which is made if there is none, and wakes those who wait for it.",
    [
      Parameter(
        "stream", #"{"type":"string","minLength":1}"#, required: true,
        "The stream, at most 1,024 bytes; not one of dead letters."),
      Parameter(
        "message", "true", required: true, "Any JSON; it comes back byte for byte."),
      Parameter(
        "maxLen", #"{"type":"integer","minimum":1}"#,
        "How many messages the stream keeps; the oldest go, read or not. Default: all, as long as the stream lives."
      ),
      Parameter(
        "approximate", #"{"type":"boolean","default":true}"#,
        "Whether it may keep some more than maxLen, which is quicker in Redis; the store in memory is always exact."
      ),
      Parameter(
        "ttl", #"{"type":["integer","string","null"]}"#,
        #"How long the whole stream lives from now on, as for kv.set; "keep" leaves it as it is. Default: 24h, or what is left if that is more."#
      ),
    ],
    result: #"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
    reasons: [.ttlInvalid],
    effect: .step,
    example: (
      #"{"stream":"orders","message":{"order":17}}"#, #"{"id":"1763712345678-0"}"#
    ),
    .step(
      begin: { arguments throws(RPCError) in
        let key = try arguments.stream()
        guard !key.isDeadLetters else {
          throw RPCError(.invalidParams, "only streams.reclaim appends to dead letters")
        }
        let message = try arguments.value(1, "message")
        var limit: StreamLimit?
        let isApproximate = try arguments.flag(3, "approximate", otherwise: true)
        if arguments.has(2) {
          let count = try arguments.integer(2, "maxLen", in: 1 ... .max)
          limit = StreamLimit(count: count, isApproximate: isApproximate)
        }
        let expiry = try arguments.expiry(4)
        let life =
          arguments.has(4) ? .set(expiry) : StreamLife.atLeast(arguments.settings.defaultTTL)
        return AppendMessage(key.name, message: message, limit: limit, life: life)
      },
      end: { id, result in
        result.writeStaticString("{\"id\":\"")
        result.writeString(id.text)
        result.writeStaticString("\"}")
      }))

  static let ensure = Method(
    "streams.ensure",
    "Makes a group of consumers, and a stream for it, if there is none; tells whether the group is new.",
    [
      .stream, .group,
      Parameter(
        "startId", #"{"type":"string","default":"0"}"#,
        #"Where a new group begins: "0" with what the stream has, "$" with what comes next, or behind an id."#
      ),
    ],
    result:
      #"{"type":"object","properties":{"created":{"type":"boolean"}},"required":["created"]}"#,
    effect: .set,
    example: (#"{"stream":"orders","group":"billing"}"#, #"{"created":true}"#),
    .step(
      begin: { arguments throws(RPCError) in
        let key = try arguments.stream()
        let group = try arguments.name(1, "group")
        return EnsureGroup(
          key.name, group: group, from: try start(&arguments), life: arguments.settings.defaultTTL)
      },
      end: { isNew, result in
        result.writeStaticString("{\"created\":")
        result.writeJSON(isNew)
        result.writeStaticString("}")
      }))

  static let ack = Method(
    "streams.ack",
    "Acknowledges messages: the group is done with them. Tells how many of them it had not acknowledged yet.",
    [
      .stream, .group,
      Parameter(
        "ids", #"{"type":"array","items":{"type":"string"}}"#, required: true,
        "The messages' ids, at most 1,000."),
    ],
    result: #"{"type":"object","properties":{"acked":{"type":"integer"}},"required":["acked"]}"#,
    reasons: [.tooLarge],
    effect: .set,
    example: (
      #"{"stream":"orders","group":"billing","ids":["1763712345678-0"]}"#, #"{"acked":1}"#
    ),
    .primitive(
      begin: { arguments throws(RPCError) in
        let key = try arguments.stream()
        let group = try arguments.name(1, "group")
        var ids: [StreamID] = []
        for member in try arguments.elements(2, "ids", atMost: mostIDs) {
          ids.append(try id(try arguments.string(member, "an id", longest: 64)))
        }
        return ids.isEmpty
          ? .nothing : .step(AcknowledgeMessages(key.name, group: group, ids))
      },
      end: { reply, _, result throws(RPCError) in
        let count =
          if case .done = reply { Int64(0) } else { try reply.get(AcknowledgeMessages.self) }
        result.writeStaticString("{\"acked\":")
        result.writeDecimal(count)
        result.writeStaticString("}")
      }))

  static let unacknowledged = Method(
    "streams.pending",
    "Tells what a group has read and not acknowledged. Of more than 1,000 consumers the first 1,000 are named.",
    [.stream, .group],
    result:
      #"{"type":"object","properties":{"count":{"type":"integer"},"consumers":{"type":"array","items":{"type":"object","properties":{"consumer":{"type":"string"},"count":{"type":"integer"}},"required":["consumer","count"]}},"oldest":{"type":["object","null"],"properties":{"id":{"type":"string"},"idleMs":{"type":"integer"},"consumer":{"type":"string"},"deliveries":{"type":"integer"}},"required":["id","idleMs","consumer","deliveries"]}},"required":["count","consumers","oldest"]}"#,
    reasons: [.notFound],
    effect: .read,
    example: (
      #"{"stream":"orders","group":"billing"}"#,
      #"{"count":1,"consumers":[{"consumer":"worker-1","count":1}],"oldest":{"id":"1763712345678-0","idleMs":150,"consumer":"worker-1","deliveries":1}}"#
    ),
    .step(
      begin: { arguments throws(RPCError) in
        InspectGroup(try arguments.stream().name, group: try arguments.name(1, "group"))
      },
      end: { pending, result in result.writeJSON(pending) }))

  static let reclaim = Method(
    "streams.reclaim",
    "Hands a consumer messages that others of its group have not acknowledged for too long; what was handed over too often is moved to the stream's dead letters.",
    [
      .stream, .group, .consumer,
      Parameter(
        "minIdleMs", #"{"type":"integer","minimum":0,"default":15000}"#,
        "For how many milliseconds, at least, a message has been unacknowledged. Default: 15,000."),
      .streamCount,
      Parameter(
        "maxDeliveries", #"{"type":"integer","minimum":1}"#,
        "How often a message is handed over; after that it is moved. Default: without end."),
    ],
    result:
      #"{"type":"object","properties":{"messages":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"message":true,"fields":{"type":"object","additionalProperties":{"type":"string"}},"deliveries":{"type":"integer"},"from":{"type":"object","properties":{"id":{"type":"string"},"group":{"type":"string"},"deliveries":{"type":"integer"}},"required":["id","group","deliveries"]},"error":{"type":"object","required":["code","message","data"]}},"required":["id","message","deliveries"]}},"deadLettered":{"type":"integer"}},"required":["messages","deadLettered"]}"#,
    reasons: [.notFound, .crossSlot],
    effect: .step,
    example: (
      #"{"stream":"orders","group":"billing","consumer":"worker-2","minIdleMs":0}"#,
      #"{"messages":[{"id":"1763712345678-0","message":{"order":17},"deliveries":2}],"deadLettered":0}"#
    ),
    .repeated { arguments throws(RPCError) in
      let key = try arguments.stream()
      let reader = try arguments.reader()
      let minIdleMs =
        arguments.has(3)
        ? try arguments.integer(3, "minIdleMs", in: 0...TimeToLive.longest.milliseconds) : 15_000
      let portion = try arguments.portion(4).atMost(.max, bytes: StreamRead.wholeBytes)
      var maxDeliveries: Int64?
      if arguments.has(5) {
        maxDeliveries = try arguments.integer(5, "maxDeliveries", in: 1 ... .max)
        guard !key.isDeadLetters else {
          throw RPCError(.invalidParams, "dead letters have no dead letters of their own")
        }
      }
      return StreamReclaim(
        step: ReclaimMessages(
          key.name, reader, portion, minIdleMs: minIdleMs, maxDeliveries: maxDeliveries))
    })

  static let length = Method(
    "streams.length", "Counts a stream's messages; a stream that is not there has none.", [.stream],
    result: #"{"type":"object","properties":{"length":{"type":"integer"}},"required":["length"]}"#,
    effect: .read,
    example: (#"{"stream":"orders"}"#, #"{"length":2}"#),
    .step(
      begin: { arguments throws(RPCError) in CountMessages(try arguments.stream().name) },
      end: { count, result in
        result.writeStaticString("{\"length\":")
        result.writeDecimal(count)
        result.writeStaticString("}")
      }))

  /// How many ids one acknowledgement has at most.
  private static let mostIDs = 1000

  private static func start(_ arguments: inout Arguments) throws(RPCError) -> StreamStart {
    guard arguments.has(2) else { return .after(.zero) }
    switch try arguments.string(2, "startId", longest: 64) {
    case "0": return .after(.zero)
    case "$": return .end
    case let text: return .after(try id(text))
    }
  }

  private static func id(_ text: String) throws(RPCError) -> StreamID {
    guard let id = StreamID(text) else {
      throw RPCError(.invalidParams, "an id is what streams.append answered, as 1763712345678-0")
    }
    return id
  }
}
