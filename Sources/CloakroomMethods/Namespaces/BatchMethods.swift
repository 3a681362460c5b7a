internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// `batch.*`: many plain values in one call, each with its own outcome.
enum BatchMethods {
  static let all = [get, set, remove]

  private static let keys = Parameter(
    "keys", #"{"type":"array","items":{"type":"string","minLength":1}}"#,
    required: true, "The keys, at most 1,000.")

  static let get = Method(
    "batch.get",
    "Reads many values; large ones in several steps, between which others may change what was not read yet.",
    [keys],
    result:
      #"{"type":"array","items":{"type":"object","properties":{"found":{"type":"boolean"},"value":true,"error":{"type":"object","required":["code","message","data"]}},"required":["found","value"]}}"#,
    reasons: [.tooLarge],
    effect: .read,
    example: (
      #"{"keys":["user:1","user:2"]}"#,
      #"[{"found":true,"value":{"name":"Alice"}},{"found":false,"value":null}]"#
    ),
    .repeated { arguments throws(RPCError) in
      BatchRead(try storeKeys(&arguments), limit: arguments.settings.replyBytes)
    })

  static let set = Method(
    "batch.set", "Writes many values, in the order of the entries.",
    [
      Parameter(
        "entries",
        #"{"type":"array","items":{"type":"object","properties":{"key":{"type":"string","minLength":1},"value":true,"ttl":{"type":["integer","string","null"]}},"required":["key","value"],"additionalProperties":false}}"#,
        required: true, "The keys with their values and lives, at most 1,000.")
    ],
    result:
      #"{"type":"array","items":{"type":"object","properties":{"ok":{"type":"boolean"},"error":{"type":"object","required":["code","message","data"]}},"required":["ok"]}}"#,
    reasons: [.tooLarge, .ttlInvalid],
    effect: .set,
    example: (
      #"{"entries":[{"key":"user:1","value":{"name":"Alice"},"ttl":3600}]}"#, #"[{"ok":true}]"#
    ),
    .many(
      begin: { arguments throws(RPCError) in
        var commands: [StoreCommand] = []
        let limit = arguments.settings.batchLength
        let entries = try arguments.elements(0, "entries", atMost: limit)
        for (place, entry) in entries.enumerated() {
          do throws(RPCError) {
            commands.append(try setting(entry, &arguments))
          } catch {
            throw error.at("/entries/\(place)")
          }
        }
        return commands
      },
      end: { replies, _, result throws(RPCError) in
        try writeOutcomes(replies, into: &result) { reply, result throws(RPCError) in
          switch reply {
          case .done:
            result.writeStaticString("{\"ok\":true}")
          case .failure(let error):
            result.writeStaticString("{\"ok\":false,\"error\":")
            result.writeJSON(error)
            result.writeStaticString("}")
          default:
            throw .unexpectedReply
          }
        }
      }))

  static let remove = Method(
    "batch.remove", "Removes many values, and tells for each whether there was one.", [keys],
    result:
      #"{"type":"array","items":{"type":"object","properties":{"removed":{"type":"boolean"},"error":{"type":"object","required":["code","message","data"]}},"required":["removed"]}}"#,
    reasons: [.tooLarge],
    effect: .step,
    example: (#"{"keys":["user:1","user:2"]}"#, #"[{"removed":true},{"removed":false}]"#),
    .many(
      begin: { arguments throws(RPCError) in
        try storeKeys(&arguments).map { .remove($0) }
      },
      end: { replies, _, result throws(RPCError) in
        try writeOutcomes(replies, into: &result) { reply, result throws(RPCError) in
          switch reply {
          case .boolean(let removed):
            result.writeStaticString("{\"removed\":")
            result.writeJSON(removed)
          case .failure(let error):
            result.writeStaticString("{\"removed\":false,\"error\":")
            result.writeJSON(error)
          default:
            throw .unexpectedReply
          }
          result.writeStaticString("}")
        }
      }))

  private static func storeKeys(
    _ arguments: inout Arguments
  ) throws(RPCError) -> [StoreKey] {
    var keys: [StoreKey] = []
    let limit = arguments.settings.batchLength
    for (place, element) in try arguments.elements(0, "keys", atMost: limit).enumerated() {
      do throws(RPCError) {
        keys.append(try arguments.storeKey(element, "a key", in: .kv))
      } catch {
        throw error.at("/keys/\(place)")
      }
    }
    return keys
  }

  private static func setting(
    _ entry: JSONMember, _ arguments: inout Arguments
  ) throws(RPCError) -> StoreCommand {
    guard entry.kind == .object else {
      throw RPCError(.invalidParams, "entries holds objects with key, value and ttl")
    }
    var key: StoreKey?
    var value: ByteBuffer?
    var expiry: Expiry?
    guard let members = arguments.parts(of: entry, atMost: 3) else {
      throw RPCError(.invalidParams, "an entry has key, value and ttl, each once")
    }
    for member in members {
      if key == nil, arguments.isNamed(member, "key") {
        key = try arguments.storeKey(member, "key", in: .kv)
      } else if value == nil, arguments.isNamed(member, "value") {
        value = arguments.value(member)
      } else if expiry == nil, arguments.isNamed(member, "ttl") {
        expiry = try arguments.expiry(member)
      } else {
        throw RPCError(.invalidParams, "an entry has key, value and ttl, each once")
      }
    }
    guard let key, let value else {
      throw RPCError(.invalidParams, "an entry has at least a key and a value")
    }
    return .set(key, value: value, expiry ?? .after(arguments.settings.defaultTTL), .none)
  }

  /// Writes the outcomes of independent steps. A key that is another call's is no step's outcome, but
  /// the whole call's.
  private static func writeOutcomes(
    _ replies: [StoreReply], into result: inout ByteBuffer,
    _ write: (StoreReply, inout ByteBuffer) throws(RPCError) -> Void
  ) throws(RPCError) {
    for reply in replies {
      if case .failure(let error) = reply, error.reason == .idempotencyMismatch { throw error }
    }
    try writeArray(replies, into: &result, write)
  }

  private static func writeArray<Element>(
    _ elements: [Element], into result: inout ByteBuffer,
    _ write: (Element, inout ByteBuffer) throws(RPCError) -> Void
  ) throws(RPCError) {
    result.writeStaticString("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { result.writeStaticString(",") }
      try write(element, &result)
    }
    result.writeStaticString("]")
  }
}
