internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `cache.*`: values that can be made again, each made by one caller at a time, and voided by their keys or by
/// tags.
enum CacheMethods {
  static let all = [get, set, invalidate, release, key]

  static let get = Method(
    "cache.get",
    "Reads a cached value. Where there is none, or a stale one, one caller gets a lease with it and makes the value; the others get the stale value at once, or wait.",
    [.cacheKey, .knownTags, .cacheWaitMs, .leaseWish, .cacheLeaseTTL],
    result:
      #"{"type":"object","properties":{"status":{"enum":["hit","stale","negative","miss"]},"value":true,"ageMs":{"type":"integer"},"lease":{"type":"string"}},"required":["status","value"]}"#,
    reasons: [.ttlInvalid, .tooLarge],
    effect: .receipt,
    example: (
      #"{"key":"order:123","tags":["orders"]}"#,
      #"{"status":"miss","value":null,"lease":"ckr_…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      .look(
        CacheLooking(
          try arguments.cacheCall(),
          CacheLook(
            wish: try arguments.leaseWish(3), leaseMs: try arguments.leaseMs(4),
            tags: try arguments.cacheTags(1, atMost: CacheTags.most)),
          waitMs: try arguments.waitMs(2)))
    })

  static let set = Method(
    "cache.set",
    "Writes a value to be cached. With the lease of cache.get it is refused (LEASE_LOST) when the key, or one of the tags, was invalidated since, or when somebody else has set the key.",
    [
      .cacheKey, .cacheValue, .cacheTTL, .tags, .jitter, .grace, .tookMs, .leaseOfGet, .negative,
    ],
    result:
      #"{"type":"object","properties":{"ok":{"const":true},"expiresAt":{"type":"string","format":"date-time"}},"required":["ok","expiresAt"]}"#,
    reasons: [.leaseLost, .ttlInvalid, .tooLarge],
    effect: .set, effectWith: ["lease": .step],
    example: (
      #"{"key":"order:123","value":{"total":199.99},"ttl":"5m","grace":"1m","tags":["orders"],"tookMs":120}"#,
      #"{"ok":true,"expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.cacheCall()
      return call.opening(.set(try arguments.cacheFill())) { outcome, result throws(RPCError) in
        switch outcome {
        case .stored(let expiresAtMs):
          result.writeMoment(expiresAtMs, after: "{\"ok\":true,\"expiresAt\":")
          result.writeStaticString("}")
          return { $0.count(CacheEvent.stored) }
        case .lost: throw RPCError(.leaseLost)
        case .found, .busy, .released, .invalidated: throw .unexpectedReply
        }
      }
    })

  static let invalidate = Method(
    "cache.invalidate",
    "Voids values by their keys and by tags. Hard: what was there is a miss for every call that begins after the answer, in any sidecar. Soft: it is stale, and may be given within its grace. Leases are void in either case. A tag takes the same time whatever it reaches.",
    [
      Parameter(
        "keys", #"{"type":"array","items":{"type":"string","minLength":1}}"#,
        "The keys, at most 1,000."),
      Parameter(
        "tags", #"{"type":"array","items":{"type":"string","minLength":1}}"#,
        "The tags, at most 1,000."),
      Parameter(
        "soft", #"{"type":"boolean","default":false}"#,
        "Whether values become stale and not void. Default: false."),
    ],
    result:
      #"{"type":"object","properties":{"keys":{"type":"integer"},"tags":{"type":"integer"}},"required":["keys","tags"]}"#,
    reasons: [.tooLarge],
    effect: .set,
    example: (#"{"keys":["order:123"],"tags":["orders"]}"#, #"{"keys":1,"tags":1}"#),
    .procedure { arguments throws(RPCError) in
      guard arguments.has(0) || arguments.has(1) else {
        throw RPCError(.invalidParams, "keys or tags have to be given")
      }
      let limit = arguments.settings.batchLength
      let invalidation = CacheInvalidation(
        keys: try arguments.cacheKeys(0, atMost: limit),
        tags: try arguments.cacheTags(1, atMost: limit), isSoft: try arguments.flag(2, "soft"),
        names: try CacheNames(&arguments))
      return invalidation.opening(keepsAnswer: arguments.idempotency != nil)
    })

  static let release = Method(
    "cache.release",
    "Gives a lease back without a value: those who wait are leased the key in turn. Tells whether it was held.",
    [.cacheKey, .requiredLease],
    result:
      #"{"type":"object","properties":{"released":{"type":"boolean"}},"required":["released"]}"#,
    effect: .step,
    example: (
      #"{"key":"order:123","lease":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
      #"{"released":false}"#
    ),
    .procedure { arguments throws(RPCError) in
      let call = try arguments.cacheCall()
      let digest = Receipt.digest(of: try arguments.leaseReceipt(1))
      return call.opening(.release(lease: digest)) { outcome, result throws(RPCError) in
        guard case .released(let wasHeld) = outcome else { throw .unexpectedReply }
        result.writeStaticString("{\"released\":")
        result.writeJSON(wasHeld)
        result.writeStaticString("}")
        guard wasHeld else { return nil }
        return { $0.count(CacheEvent.released) }
      }
    })

  static let key = Method(
    "cache.key",
    "Makes a key of any JSON: a prefix and the SHA-256 of its canonical form (RFC 8785), so that the order of an object's members, white space and the spelling of strings and numbers make no other key.",
    [
      Parameter("value", "true", required: true, "Any JSON, at most 64 KiB of it."),
      Parameter("prefix", #"{"type":"string"}"#, "What the key begins with, as `orders:list:`."),
    ],
    result:
      #"{"type":"object","properties":{"key":{"type":"string"}},"required":["key"]}"#,
    reasons: [.tooLarge],
    effect: .read,
    example: (
      #"{"value":{"status":"open","page":1},"prefix":"orders:list:"}"#,
      #"{"key":"orders:list:2e989569b6181ed44f8e3e3bfe5781cd39ed6a77d7440b7759ced706a8b7b69b"}"#
    ),
    .procedure { arguments throws(RPCError) in
      // What is left of the longest key beside the digest.
      let prefix =
        arguments.has(1)
        ? try arguments.string(1, "prefix", longest: max(arguments.settings.keyBytes - 64, 0)) : ""
      let value = try arguments.value(0, "value")
      try arguments.allowance.checkSize(
        value.readableBytes, atMost: ComputePool.canonicalBytes)
      let key = try CacheKey.make(of: value, prefix: prefix)
      var result = ByteBuffer()
      result.writeStaticString("{\"key\":")
      result.writeJSONString(key)
      result.writeStaticString("}")
      return .answer(result)
    })
}

extension Arguments {
  /// The key in the first parameter.
  fileprivate mutating func cacheCall() throws(RPCError) -> CacheCall {
    CacheCall(key: try storeKey(0, "key", in: .cache), names: try CacheNames(&self))
  }

  /// Keys, each once.
  fileprivate mutating func cacheKeys(
    _ slot: Int, atMost limit: Int
  ) throws(RPCError) -> [StoreKey] {
    guard has(slot) else { return [] }
    var keys: [StoreKey] = []
    var seen: Set<StoreKey> = []
    for (place, element) in try elements(slot, "keys", atMost: limit).enumerated() {
      let key: StoreKey
      do throws(RPCError) {
        key = try storeKey(element, "a key", in: .cache)
      } catch {
        throw error.at("/keys/\(place)")
      }
      if seen.insert(key).inserted { keys.append(key) }
    }
    return keys
  }

  /// What `cache.set` writes.
  fileprivate mutating func cacheFill() throws(RPCError) -> CacheFill {
    let isNegative = try flag(8, "negative")
    guard isNegative || has(1) else { throw RPCError(.invalidParams, "value is missing") }
    let life = try life(2, "ttl", otherwise: .fiveMinutes).milliseconds
    let jitter = try jitter(4)
    let grace = try givenLife(5, "grace")?.milliseconds ?? 0
    guard !isNegative || grace == 0 else {
      throw RPCError(.invalidParams, "what says that there is nothing has no grace")
    }
    let part = jitter > 0 ? Double.random(in: 0...jitter) : 0
    return CacheFill(
      value: has(1) ? try value(1, "value") : ByteBuffer(string: "null"),
      lifeMs: max(life &- Int64(Double(life) * part), 1), graceMs: grace,
      tookMs: try tookMs(6), isNegative: isNegative,
      tags: try cacheTags(3, atMost: CacheTags.most),
      lease: has(7) ? Receipt.digest(of: try leaseReceipt(7)) : nil)
  }
}
