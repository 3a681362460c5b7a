internal import CloakroomCore
internal import CloakroomStore
internal import Glibc
internal import NIOCore

/// What is asked of a cache's key, with what is known of tags.
struct CacheRequest: Sendable {
  let step: CacheStep
  var tags: CacheTags

  /// Describes a step.
  init(_ step: CacheStep, _ names: CacheNames) {
    self.step = step
    tags = CacheTags(names)
  }

  fileprivate init(_ step: CacheStep, _ tags: CacheTags) {
    self.step = step
    self.tags = tags
  }

  /// The same with tags that have to be read first.
  func reading(_ unknown: [String]) -> EventNeed<CacheRequest> {
    let (step, tags) = (step, tags)
    return EventNeed(command: tags.reading(unknown)) { reply throws(RPCError) in
      var tags = tags
      try tags.learn(unknown, reply)
      return CacheRequest(step, tags)
    }
  }

  /// The same with the counter, which has to be read first, and tags that have to be there.
  ///
  /// - Parameter step: the step from then on.
  func keeping(
    _ kept: [String], lifeMs: Int64, as step: @escaping @Sendable () -> CacheStep
  ) -> EventNeed<CacheRequest> {
    let tags = tags
    return EventNeed(command: tags.keeping(kept, lifeMs: lifeMs)) { reply throws(RPCError) in
      var tags = tags
      try tags.learnKept(kept, reply)
      return CacheRequest(step(), tags)
    }
  }
}

/// What to do with a cache's key.
enum CacheStep: Sendable {
  /// Reads the value, and leases the key to the caller where there is something to be made. → `.found` or
  /// `.busy`
  case get(CacheLook)
  /// Writes a value. → `.stored`, or `.lost` where the lease that comes with it is void
  case set(CacheFill)
  /// Gives a lease back. → `.released`
  case release(lease: String)
  /// Voids the value and the lease; or, soft, makes the value stale. → `.invalidated`
  case invalidate(isSoft: Bool)
}

/// What `cache.get` wants.
struct CacheLook: Sendable {
  /// What the lease is held by that the caller wants.
  enum Wish: Sendable, Equatable {
    /// None: it only looks.
    case none
    /// A new one, made only where it is needed: random bits cost time.
    case new
    case receipt(String)
  }

  var wish: Wish
  var leaseMs: Int64
  /// The tags that the caller knows the entry to have.
  var tags: [String] = []
  /// −ln of a number between 0 and 1 at random: by how many of the times that the value takes to make it may
  /// be made too early.
  var chance: @Sendable () -> Double = { -log(Double.random(in: Double.leastNormalMagnitude...1)) }

  /// The same with a receipt to hold the lease by.
  var withReceipt: CacheLook {
    guard wish == .new else { return self }
    var look = self
    look.wish = .receipt(Receipt.random())
    return look
  }
}

/// What `cache.set` writes.
struct CacheFill: Sendable {
  let value: ByteBuffer
  /// How long it is fresh.
  let lifeMs: Int64
  /// How long it may be given after that.
  var graceMs: Int64 = 0
  /// How long it took to make; 0 is not known.
  var tookMs: Int64 = 0
  var isNegative = false
  var tags: [String] = []
  /// The digest of what the caller holds the lease by; nil for none.
  var lease: String?
}

/// What a step on a cache's key comes to.
enum CacheOutcome: Sendable, Equatable {
  /// What there is, and for the one who is to make it anew the receipt of the lease.
  case found(CacheFinding, lease: String?)
  /// There is nothing, and another has the lease for so many milliseconds.
  case busy(restMs: Int64)
  case stored(expiresAtMs: Int64)
  case lost
  case released(Bool)
  case invalidated
}

/// What there is under a cache's key.
struct CacheFinding: Sendable, Equatable {
  enum Status: String, Sendable {
    case hit, stale, negative, miss
  }

  let status: Status
  /// JSON; empty for a miss.
  var value = ByteBuffer()
  var ageMs: Int64 = 0

  static let nothing = CacheFinding(status: .miss)
}
