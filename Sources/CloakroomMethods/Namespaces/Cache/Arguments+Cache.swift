internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// The parameters of `cache.*`.
extension Arguments {
  /// The tags that a call names, each once and in order; none when it names none.
  ///
  /// - Throws: INVALID_PARAMS for what is no array of strings without control characters; TOO_LARGE for too
  ///   many, and for one that is longer than a key may be.
  mutating func cacheTags(_ slot: Int, atMost limit: Int) throws(RPCError) -> [String] {
    guard has(slot) else { return [] }
    let elements = try elements(slot, "tags", atMost: limit)
    var tags: [String] = []
    tags.reserveCapacity(elements.count)
    // As most callers name them always alike, they mostly stand in their order.
    var isOrdered = true
    for element in elements {
      let tag = try string(element, "a tag", longest: settings.keyBytes)
      guard tag.isTag else {
        throw RPCError(.invalidParams, "a tag may not be empty, and has no control characters")
      }
      if isOrdered, let last = tags.last { isOrdered = last.precedes(tag) }
      tags.append(tag)
    }
    guard !isOrdered else { return tags }
    tags.sort { $0.precedes($1) }
    var unique: [String] = []
    unique.reserveCapacity(tags.count)
    for tag in tags where !(unique.last?.utf8.elementsEqual(tag.utf8) ?? false) {
      unique.append(tag)
    }
    return unique
  }

  /// How `cache.get` wants to hold a lease. A call with an idempotency key holds it by what its repetition holds it
  /// by: that is answered alike.
  mutating func leaseWish(_ slot: Int) throws(RPCError) -> CacheLook.Wish {
    switch kind(slot) {
    case nil, .true:
      return idempotency.map { .receipt(Receipt.repeated($0, token: "")) } ?? .new
    case .false: return .none
    default: return .receipt(try leaseReceipt(slot))
    }
  }

  /// What a lease is held by.
  ///
  /// - Throws: INVALID_PARAMS for what is none.
  mutating func leaseReceipt(_ slot: Int) throws(RPCError) -> String {
    guard let receipt = try ownReceipt(slot, "lease") else {
      throw RPCError(.invalidParams, "lease is missing")
    }
    return receipt
  }

  /// How long a lease is, in milliseconds: an hour at most, as invalidations are remembered for longer than any
  /// lease.
  mutating func leaseMs(_ slot: Int) throws(RPCError) -> Int64 {
    let life = try givenLife(slot, "leaseTtl")?.milliseconds ?? 10_000
    guard life <= TimeToLive.hour.milliseconds else {
      throw RPCError(.ttlInvalid, "leaseTtl is one hour at most")
    }
    return life
  }

  /// By what part of it a life is shortened at most.
  ///
  /// - Throws: INVALID_PARAMS for what is no number from 0 to 0.9.
  mutating func jitter(_ slot: Int) throws(RPCError) -> Double {
    guard has(slot) else { return 0.1 }
    let member = try member(slot, "jitter")
    guard member.kind == .number, let jitter = Double(String(buffer: slice(member.value))),
      (0...0.9).contains(jitter)
    else { throw RPCError(.invalidParams, "jitter is a number from 0 to 0.9") }
    return jitter
  }

  /// How long a value took to make, in milliseconds; 0 when the caller doesn't say.
  mutating func tookMs(_ slot: Int) throws(RPCError) -> Int64 {
    let took = has(slot) ? try integer(slot, "tookMs") : 0
    guard (0...TimeToLive.day.milliseconds).contains(took) else {
      throw RPCError(.invalidParams, "tookMs is between 0 and 86400000, one day")
    }
    return took
  }
}

extension String {
  /// Whether it can be a tag.
  fileprivate var isTag: Bool {
    !isEmpty && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  /// Whether it comes before another by its bytes.
  fileprivate func precedes(_ other: String) -> Bool {
    var (one, other) = (self, other)
    return one.withUTF8 { one in
      other.withUTF8 { other in
        guard let left = one.baseAddress, let right = other.baseAddress else {
          return one.count < other.count
        }
        let order = memcmp(left, right, min(one.count, other.count))
        return order == 0 ? one.count < other.count : order < 0
      }
    }
  }
}

extension Parameter {
  static let cacheKey = Parameter(
    "key", #"{"type":"string","minLength":1}"#, required: true,
    "The key, at most 1,024 bytes; of an object that has many members, cache.key makes one.")
  static let knownTags = Parameter(
    "tags", #"{"type":"array","items":{"type":"string","minLength":1},"maxItems":32}"#,
    "The tags that the value is set with, at most 32: named here, they are read in the same round trip, and void the lease from its beginning."
  )
  static let tags = Parameter(
    "tags", #"{"type":"array","items":{"type":"string","minLength":1},"maxItems":32}"#,
    "What the value is invalidated by beside its key, at most 32.")
  static let cacheWaitMs = Parameter(
    "waitMs", #"{"type":"integer","minimum":0,"maximum":3600000,"default":0}"#,
    "How long to wait, in milliseconds, while another makes a value that is missing. Default: 0.")
  static let leaseWish = Parameter(
    "lease", #"{"type":["boolean","string"],"default":true}"#,
    "Whether to be leased the key where there is something to make; a string of 128 random bits is a lease of the caller's own making, and the call that is repeated with it is answered alike. Default: true."
  )
  static let cacheLeaseTTL = Parameter(
    "leaseTtl", #"{"type":["integer","string"]}"#,
    "How long nobody else gets the lease: seconds, or a string with a unit; an hour at most. Default: 10s."
  )
  static let cacheValue = Parameter(
    "value", "true",
    "Any JSON; it comes back byte for byte. It has to be given unless negative is, and is null then."
  )
  static let cacheTTL = Parameter(
    "ttl", #"{"type":["integer","string"]}"#,
    "How long the value is fresh: seconds, or a string with a unit. Default: 5m.")
  static let jitter = Parameter(
    "jitter", #"{"type":"number","minimum":0,"maximum":0.9,"default":0.1}"#,
    "By what part of it ttl is shortened at most, at random, so that what was set together is not missing together; it is never made longer. Default: 0.1."
  )
  static let grace = Parameter(
    "grace", #"{"type":["integer","string"]}"#,
    "For how long after it is stale the value may still be given: seconds, or a string with a unit. Default: none."
  )
  static let tookMs = Parameter(
    "tookMs", #"{"type":"integer","minimum":0,"maximum":86400000}"#,
    "How long it took to make, in milliseconds: by that, one caller is leased the key a little before the value is stale."
  )
  static let leaseOfGet = Parameter(
    "lease", #"{"type":"string"}"#,
    "The lease that cache.get has given: with it, nothing is written that was read before an invalidation, or before somebody else has set the key."
  )
  static let requiredLease = Parameter(
    "lease", #"{"type":"string"}"#, required: true, "The lease that cache.get has given.")
  static let negative = Parameter(
    "negative", #"{"type":"boolean","default":false}"#,
    "Whether the value says that there is nothing to be cached, as of an order that does not exist. It has no grace. Default: false."
  )
}
