internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// `claim.*`: names that one owner at a time holds, with a number that tells a later holder from an
/// earlier one.
enum ClaimMethods {
  static let all = [once, renew, release, inspect]

  static let once = Method(
    "claim.once",
    "Takes a claim unless another owner holds it, or waits for it; an owner that holds it already is told so and doesn't get it twice.",
    [.claimKey, .owner, .claimTTL, .waitMs, .bindToConnection],
    result:
      #"{"type":"object","properties":{"claimed":{"type":"boolean"},"owner":{"type":["string","null"]},"fence":{"type":["integer","null"]},"expiresAt":{"type":["string","null"],"format":"date-time"}},"required":["claimed","owner","fence","expiresAt"]}"#,
    reasons: [.ttlInvalid],
    effect: .step, effectWith: ["bindToConnection": .connection],
    example: (
      #"{"key":"nightly-report","owner":"worker-1"}"#,
      #"{"claimed":true,"owner":"worker-1","fence":1767225600000000,"expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = ClaimCall(
        key: try arguments.storeKey(0, "key", in: .claim), owner: try arguments.owner(1),
        life: try arguments.life(2, "ttl", otherwise: .halfMinute), waitMs: try arguments.waitMs(3),
        isBound: try arguments.flag(4, "bindToConnection"),
        waiterLimit: arguments.settings.claimWaiters)
      return call.opening
    })

  static let renew = Method(
    "claim.renew", "Gives a claim a new life; only its owner can.",
    [.claimKey, .owner, .claimTTL, .fence],
    result:
      #"{"type":"object","properties":{"fence":{"type":"integer"},"expiresAt":{"type":"string","format":"date-time"}},"required":["fence","expiresAt"]}"#,
    reasons: [.claimNotHeld, .fenceStale, .ttlInvalid],
    effect: .set,
    example: (
      #"{"key":"nightly-report","owner":"worker-1","ttl":"2m"}"#,
      #"{"fence":1767225600000000,"expiresAt":"20…"}"#
    ),
    .step(
      begin: { arguments throws(RPCError) in
        let key = try arguments.storeKey(0, "key", in: .claim)
        let owner = try arguments.owner(1)
        let life = try arguments.life(2, "ttl", otherwise: .halfMinute)
        let fence = arguments.has(3) ? try arguments.integer(3, "fence") : nil
        return RenewClaim(key, owner: owner, life: life, fence: fence)
      },
      end: { hold, result in
        result.writeStaticString("{")
        result.writeClaim(fence: hold.fence, expiresAtMs: hold.expiresAtMs)
      }))

  static let release = Method(
    "claim.release", "Ends a claim; only its owner can.", [.claimKey, .owner, .fence],
    result:
      #"{"type":"object","properties":{"released":{"const":true}},"required":["released"]}"#,
    reasons: [.claimNotHeld, .fenceStale],
    effect: .step,
    example: (#"{"key":"nightly-report","owner":"worker-1"}"#, #"{"released":true}"#),
    .procedure { arguments throws(RPCError) in
      let key = try arguments.storeKey(0, "key", in: .claim)
      let owner = try arguments.owner(1)
      let fence = arguments.has(2) ? try arguments.integer(2, "fence") : nil
      return .ask(ReleaseClaim(key, owner: owner, fence: fence)) { _, context, result in
        context.forgetOnClose(key)
        result.writeStaticString(#"{"released":true}"#)
        return nil
      }
    })

  static let inspect = Method(
    "claim.inspect", "Tells who holds a claim, and the last fence that was given out.",
    [.claimKey],
    result:
      #"{"type":"object","properties":{"held":{"type":"boolean"},"owner":{"type":["string","null"]},"fence":{"type":["integer","null"]},"expiresAt":{"type":["string","null"],"format":"date-time"}},"required":["held","owner","fence","expiresAt"]}"#,
    effect: .read,
    example: (
      #"{"key":"nightly-report"}"#,
      #"{"held":true,"owner":"worker-1","fence":1767225600000000,"expiresAt":"20…"}"#
    ),
    .step(
      begin: { arguments throws(RPCError) in
        InspectClaim(try arguments.storeKey(0, "key", in: .claim))
      },
      end: { state, result in
        result.writeStaticString("{\"held\":")
        result.writeJSON(state.owner != nil)
        result.writeStaticString(",")
        result.writeClaim(state)
      }))
}

extension ByteBuffer {
  /// Writes how a claim stands, and ends the object that it is a part of.
  mutating func writeClaim(_ state: ClaimState) {
    writeStaticString("\"owner\":")
    if let owner = state.owner { writeJSONString(owner) } else { writeStaticString("null") }
    writeStaticString(",")
    writeClaim(fence: state.fence, expiresAtMs: state.expiresAtMs)
  }

  /// Writes a claim's fence and end, and ends the object that they are a part of.
  mutating func writeClaim(fence: Int64?, expiresAtMs: Int64?) {
    writeStaticString("\"fence\":")
    if let fence { writeDecimal(fence) } else { writeStaticString("null") }
    writeStaticString(",\"expiresAt\":")
    if let expiresAtMs {
      writeStaticString("\"")
      writeBytes(Timestamp(milliseconds: expiresAtMs).text)
      writeStaticString("\"}")
    } else {
      writeStaticString("null}")
    }
  }
}
