public import CloakroomCore
public import NIOCore

/// One atomic step on a claim: a name that one owner at a time holds, for a while.
///
/// Held means that its end is past the store's own clock, whatever the sidecars' clocks say.
public enum ClaimStep: Sendable {
  /// Takes the claim, unless somebody holds it or others wait for it. → `.held`, or `.waiting` when
  /// the request is to wait, or `.state`; OVERLOADED when too many wait.
  ///
  /// An owner that holds the claim already doesn't wait for itself: `.state` at once.
  case take(ClaimRequest)
  /// Gives the claim a new life from now on. → `.held`; CLAIM_NOT_HELD unless the owner holds it,
  /// FENCE_STALE when a fence is given that isn't the one held.
  case renew(owner: String, life: TimeToLive, fence: Int64?)
  /// Ends the claim. → `.done`; failures as `renew`.
  case release(owner: String, fence: Int64?)
  /// Takes back a request: it waits no more, and what it was granted in the meantime is freed.
  /// → `.done`, also when there is nothing to take back.
  case withdraw(ClaimTicket)
  /// Who holds the claim. → `.state`
  case inspect

  /// How long a claim's last fence is kept after the claim has ended, in milliseconds: 24 hours.
  ///
  /// Past it, or when the store has lost its data, the store's clock takes over: a fence is never
  /// less than the microseconds since 1970 when it is given out.
  public static let retentionMs: Int64 = 86_400_000
}

/// Who wants a claim, and how long that may take.
public struct ClaimRequest: Sendable {
  /// Whom to grant it to.
  public let owner: String
  /// How long it is held, from the moment it is granted.
  public let life: TimeToLive
  /// The request itself. A step that is sent again with the ticket of one that was granted is
  /// answered as that one was.
  public var ticket: ClaimTicket
  /// How to wait when it is not granted; nil doesn't wait, and ends a wait that the ticket had begun.
  public var wait: ClaimWait?

  /// Asks for a claim.
  public init(owner: String, life: TimeToLive, ticket: ClaimTicket, wait: ClaimWait?) {
    self.owner = owner
    self.life = life
    self.ticket = ticket
    self.wait = wait
  }
}

/// One request for a claim: what nobody else can name, and its place in the queue.
public struct ClaimTicket: Sendable, Hashable {
  /// 128 random bits in hexadecimal; also what is published on the claim's name when this request is
  /// the one to look again.
  public let id: String
  /// The number that it waits under; nil until it waits. Numbers grow in the order of arrival.
  public var number: Int64?

  /// A new request, which doesn't wait yet.
  public init() {
    var random = SystemRandomNumberGenerator()
    let bits: [UInt64] = [random.next(), random.next()]
    id = bits.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

extension ClaimTicket {
  /// Whether a message is meant for this request.
  public func isNamed(by message: ByteBuffer) -> Bool {
    message.readableBytesView.elementsEqual(id.utf8)
  }
}

/// How a request waits for a claim.
public struct ClaimWait: Sendable {
  /// How long it may be silent before its place is given up, in milliseconds: a waiter asks
  /// again more often than that.
  public let patienceMs: Int64
  /// How many may wait for one claim.
  public let limit: Int

  /// Waits with a patience in milliseconds, as one of a limited number.
  public init(patienceMs: Int64, limit: Int) {
    self.patienceMs = patienceMs
    self.limit = limit
  }
}
