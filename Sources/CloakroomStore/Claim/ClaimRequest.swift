public import CloakroomCore
public import NIOCore

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
