internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `events.*`: what happens, told to all who listen at that moment, in any sidecar of the store.
enum EventMethods {
  static let all = [publish, subscribe, unsubscribe, define]

  private static let channel = Parameter(
    "channel", #"{"type":"string","minLength":1}"#, required: true,
    "The channel, at most 1,024 bytes.")

  static let publish = Method(
    "events.publish",
    "Tells all who listen to a channel that something happened. It is kept nowhere: who does not listen at that moment misses it.",
    [
      channel, Parameter("data", "true", required: true, "Any JSON; it arrives byte for byte."),
      Parameter(
        "validatePublish", #"{"type":"boolean","default":true}"#,
        "Hold the data against the channel's schema, if it has one; else VALIDATION_FAILED, with the JSON Pointers of what is wrong."
      ),
    ],
    result:
      #"{"type":"object","properties":{"receivers":{"type":"integer"}},"required":["receivers"]}"#,
    reasons: [.validationFailed],
    effect: .step,
    example: (#"{"channel":"order.paid","data":{"order":7}}"#, #"{"receivers":0}"#),
    counts: .publishedEvent,
    .procedure { arguments throws(RPCError) in
      let (name, count) = try arguments.splitStoreKey(0, "channel", in: .events)
      let data = try arguments.value(1, "data")
      let envelope = EventEnvelope.make(
        channel: name.bytes.readableBytesView.suffix(count), data: data, scope: arguments.scope,
        actor: arguments.actor, milliseconds: Timestamp.now.milliseconds)
      guard try arguments.flag(2, "validatePublish", otherwise: true) else {
        return .ask(.publish(name, envelope)) { reply, _, result throws(RPCError) in
          guard case .number(let receivers) = try reply.orThrow() else { throw .unexpectedReply }
          result.writeReceivers(receivers)
          return nil
        }
      }
      return try EventPublication(
        channel: name, data: data, envelope: envelope, life: arguments.settings.schemaTTL,
        cache: arguments.settings.schemas
      ).opening(&arguments.allowance)
    })

  static let subscribe = Method(
    "events.subscribe",
    "Begins to listen to a channel, or to all that a pattern matches, as long as the connection is open. Events come as notifications `events.message`.",
    [
      Parameter(
        "channel", #"{"type":"string","minLength":1}"#, "The channel; or give a pattern."),
      Parameter(
        "pattern", #"{"type":"string","minLength":1}"#,
        "Which channels: * stands for any characters, all others for themselves."),
    ],
    result:
      #"{"type":"object","properties":{"subscription":{"type":"string"}},"required":["subscription"]}"#,
    effect: .connection,
    example: (#"{"pattern":"order.*"}"#, #"{"subscription":"s1"}"#),
    .subscription { arguments throws(RPCError) in
      guard arguments.has(0) != arguments.has(1) else {
        throw RPCError(.invalidParams, "either channel or pattern is given")
      }
      if arguments.has(0) {
        let (name, count) = try arguments.splitStoreKey(0, "channel", in: .events)
        return .subscribe(.name(name), prefixCount: name.bytes.readableBytes - count)
      }
      let (name, count) = try arguments.splitStoreKey(1, "pattern", in: .events)
      return .subscribe(
        .pattern(try EventPattern.glob(of: name.bytes, patternCount: count)),
        prefixCount: name.bytes.readableBytes - count)
    })

  static let unsubscribe = Method(
    "events.unsubscribe", "Ends a subscription of the connection, and tells whether there was one.",
    [
      Parameter(
        "subscription", #"{"type":"string"}"#, required: true,
        "What `events.subscribe` answered.")
    ],
    result: #"{"type":"boolean"}"#, effect: .connection,
    example: (#"{"subscription":"s1"}"#, "false"),
    .subscription { arguments throws(RPCError) in
      .unsubscribe(try arguments.string(0, "subscription", longest: 64))
    })

  static let define = Method(
    "events.define",
    "Gives a channel a schema that what is published has to fit, for all sidecars of the store. It is kept for 30 days after it was last defined or used.",
    [
      channel,
      Parameter(
        "schema", #"{"type":["object","boolean","null"]}"#, required: true,
        "A JSON Schema (draft 2020-12); null takes the channel's schema away."),
    ],
    result: #"{"type":"object","properties":{"ok":{"const":true}},"required":["ok"]}"#,
    effect: .set,
    example: (
      #"{"channel":"order.paid","schema":{"type":"object","required":["order"]}}"#, #"{"ok":true}"#
    ),
    .primitive(
      begin: { arguments throws(RPCError) in
        let name = try arguments.storeKey(0, "channel", in: .events)
        guard arguments.kind(1) != .null else { return .remove(name) }
        let text = try arguments.value(1, "schema")
        let schema = try ChannelSchema(defining: text, arguments.allowance)
        return .set(
          name, value: ChannelSchema.definition(text, digest: schema.digest),
          .after(arguments.settings.schemaTTL), .none)
      },
      end: { reply, _, result throws(RPCError) in
        _ = try reply.orThrow()
        result.writeStaticString("{\"ok\":true}")
      }
    ))
}
