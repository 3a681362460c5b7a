internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `kv.*`: plain values, each with a life.
enum KeyValueMethods {
  static let all = [get, set, exists, remove, expire, touch, take]

  static let get = Method(
    "kv.get", "Reads a value.",
    [
      .key,
      Parameter(
        "withMeta", #"{"type":"boolean","default":false}"#,
        "Also answer the value's etag and how long it still lives (null: for ever)."),
    ],
    result:
      #"{"type":"object","properties":{"found":{"type":"boolean"},"value":true,"etag":{"type":"string"},"ttlMs":{"type":["integer","null"]}},"required":["found","value"]}"#,
    effect: .read,
    example: (#"{"key":"user:123"}"#, #"{"found":true,"value":{"name":"Alice"}}"#),
    .primitive(
      begin: { arguments throws(RPCError) in
        let key = try arguments.storeKey(0, "key", in: .kv)
        return try arguments.flag(1, "withMeta") ? .getWithMeta(key) : .get(key)
      },
      end: writeFound
    ))

  static let set = Method(
    "kv.set", "Writes a value.",
    [
      .key, .value, .ttl,
      Parameter(
        "onlyIf", #"{"enum":["absent","present"]}"#,
        "Write only when there is no value yet, or only when there is one; else CONFLICT."),
      Parameter(
        "ifMatch", #"{"type":"string"}"#,
        "Write only when the value there has this etag; else CONFLICT, or NOT_FOUND when there is none."
      ),
      Parameter(
        "withMeta", #"{"type":"boolean","default":false}"#,
        "Also answer the etag of what was written."),
    ],
    result:
      #"{"type":"object","properties":{"ok":{"const":true},"etag":{"type":"string"}},"required":["ok"]}"#,
    reasons: [.conflict, .notFound, .ttlInvalid],
    effect: .set, effectWith: ["onlyIf": .step, "ifMatch": .step],
    example: (#"{"key":"user:123","value":{"name":"Alice"},"ttl":"1h"}"#, #"{"ok":true}"#),
    .primitive(
      begin: { arguments throws(RPCError) in
        let key = try arguments.storeKey(0, "key", in: .kv)
        let value = try arguments.value(1, "value")
        let expiry = try arguments.expiry(2)
        let condition = try condition(&arguments)
        if try arguments.flag(5, "withMeta") {
          try arguments.allowance.checkSize(value.readableBytes, atMost: ComputePool.copiedBytes)
          arguments.replyContext.etag = ETag(of: value)
        }
        return .set(key, value: value, expiry, condition)
      },
      end: { reply, context, result throws(RPCError) in
        guard case .done = reply else { throw reply.unexpected }
        guard let etag = context.etag else {
          result.write(atMost: 16) { $0.write("{\"ok\":true}") }
          return
        }
        result.writeStaticString("{\"ok\":true,\"etag\":\"")
        result.writeString(etag.text)
        result.writeStaticString("\"}")
      }
    ))

  static let exists = Method(
    "kv.exists", "Tells whether there is a value.", [.key], result: #"{"type":"boolean"}"#,
    effect: .read,
    example: (#"{"key":"user:123"}"#, "true"),
    .primitive(
      begin: { arguments throws(RPCError) in
        .exists(try arguments.storeKey(0, "key", in: .kv))
      }, end: writeBoolean))

  static let remove = Method(
    "kv.remove", "Removes a value, and tells whether there was one.", [.key],
    result: #"{"type":"boolean"}"#, effect: .step, example: (#"{"key":"user:123"}"#, "true"),
    .primitive(
      begin: { arguments throws(RPCError) in
        .remove(try arguments.storeKey(0, "key", in: .kv))
      }, end: writeBoolean))

  static let expire = Method(
    "kv.expire", "Gives a value a new life, and tells whether there is one.",
    [.key, .requiredTTL], result: #"{"type":"boolean"}"#, reasons: [.ttlInvalid],
    effect: .set,
    example: (#"{"key":"user:123","ttl":1800}"#, "true"),
    .primitive(
      begin: { arguments throws(RPCError) in
        .expire(try arguments.storeKey(0, "key", in: .kv), try arguments.expiry(1))
      }, end: writeBoolean))

  static let touch = Method(
    "kv.touch", "Begins a value's life anew (with the default, if no other is given).",
    [.key, .ttl], result: #"{"type":"boolean"}"#, reasons: [.ttlInvalid],
    effect: .set,
    example: (#"{"key":"user:123","ttl":3600}"#, "true"),
    .primitive(
      begin: { arguments throws(RPCError) in
        .expire(try arguments.storeKey(0, "key", in: .kv), try arguments.expiry(1))
      }, end: writeBoolean))

  static let take = Method(
    "kv.take", "Reads a value and removes it, in one step: of many callers one gets it.", [.key],
    result:
      #"{"type":"object","properties":{"found":{"type":"boolean"},"value":true},"required":["found","value"]}"#,
    effect: .step,
    example: (#"{"key":"ticket:7"}"#, #"{"found":true,"value":[1,2]}"#), givesOnlyCopy: true,
    .primitive(
      begin: { arguments throws(RPCError) in
        .take(try arguments.storeKey(0, "key", in: .kv))
      }, end: writeFound))

  private static func condition(
    _ arguments: inout Arguments
  ) throws(RPCError) -> SetCondition {
    if arguments.has(4) {
      guard !arguments.has(3) else {
        throw RPCError(.invalidParams, "onlyIf and ifMatch can't both be given")
      }
      return .matches(etag: try arguments.string(4, "ifMatch", longest: ETag.length))
    }
    guard arguments.has(3) else { return .none }
    switch try arguments.string(3, "onlyIf", longest: 16) {
    case "absent": return .absent
    case "present": return .present
    default: throw RPCError(.invalidParams, "onlyIf is \"absent\" or \"present\"")
    }
  }

  @Sendable
  private static func writeFound(
    _ reply: StoreReply, _ context: ReplyContext, _ result: inout ByteBuffer
  ) throws(RPCError) {
    switch reply {
    case .value(let value?):
      try result.writeStored(value, after: "{\"found\":true,\"value\":", before: "}")
      return
    case .entry(let value, let ttlMs):
      result.writeStaticString("{\"found\":true,\"value\":")
      try result.writeStored(value)
      result.writeStaticString(",\"etag\":\"")
      result.writeString(ETag.of(value))
      result.writeStaticString("\",\"ttlMs\":")
      if let ttlMs { result.writeDecimal(ttlMs) } else { result.writeStaticString("null") }
    case .value(nil):
      result.writeStaticString("{\"found\":false,\"value\":null")
    default:
      throw reply.unexpected
    }
    result.writeStaticString("}")
  }

  @Sendable
  private static func writeBoolean(
    _ reply: StoreReply, _ context: ReplyContext, _ result: inout ByteBuffer
  ) throws(RPCError) {
    guard case .boolean(let answer) = reply else { throw reply.unexpected }
    result.writeJSON(answer)
  }
}

extension Parameter {
  fileprivate static let value = Parameter(
    "value", "true", required: true, "Any JSON; it comes back byte for byte.")
}
