internal import NIOCore

/// The decision when a connection to Redis is dead: when no byte has moved for as long as a command may
/// take, although something is owed, or when a reply is ten times as late.
///
/// A byte moves when it is read, or when the server takes it of the command that it owes the next reply
/// to: what it takes of later ones says nothing, as a server that stands still has a socket that goes on
/// taking. How long the loop itself was busy with something else counts for nothing.
///
/// Without I/O and without timers, so that tests drive it moment by moment.
struct LinkPatience {
  /// What can be seen of a connection that owes something.
  struct Sight {
    /// How many bytes the commands have that were sent and have no reply.
    var owed: Int
    /// How many of them the oldest has.
    var oldest: Int
    /// When the oldest one's time is over, as long as bytes don't move.
    var deadline: NIODeadline
    /// How many of all bytes that were sent the server has not taken.
    var untaken: Int
    /// Whether something has arrived that was not read.
    var hasUnread: Bool
  }

  /// What to do.
  enum Verdict: Equatable {
    /// Look again at this time.
    case patient(until: NIODeadline)
    /// Give the connection up.
    case dead
  }

  /// How many times as long as a command may take a reply may, as long as bytes move.
  private static let longest: Int64 = 10

  /// How often a connection is looked at while something is owed.
  let interval: TimeAmount
  /// The same at most.
  let shortestInterval: TimeAmount
  private let timeout: TimeAmount
  /// When a byte was last seen to move, or something to be owed.
  private var moved = NIODeadline.uptimeNanoseconds(0)
  /// How many bytes were sent over the connection.
  private var sentBytes = 0
  /// How many of them the server was seen to have taken.
  private var takenBytes = 0

  /// - Parameter timeout: how long a command may take.
  init(_ timeout: TimeAmount) {
    self.timeout = timeout
    interval = .nanoseconds(max(timeout.nanoseconds / 4, 1_000_000))
    shortestInterval = .nanoseconds(max(timeout.nanoseconds / 100, 1_000_000))
  }

  /// A connection stands.
  mutating func began(now: NIODeadline = .now()) {
    moved = now
    sentBytes = 0
    takenBytes = 0
  }

  /// Bytes were handed to the socket.
  ///
  /// - Parameter isOwedMore: whether a reply was owed before.
  mutating func sent(_ count: Int, isOwedMore: Bool, now: @autoclosure () -> NIODeadline = .now()) {
    sentBytes &+= count
    if !isOwedMore { moved = now() }
  }

  /// Bytes were read.
  mutating func read(now: NIODeadline = .now()) { moved = now }

  /// Looks at the connection.
  ///
  /// - Parameters:
  ///   - sight: what is to be seen; nil where nothing is owed.
  ///   - plannedAt: when the look was to be taken: what has passed since, the loop was busy.
  mutating func judge(_ sight: Sight?, now: NIODeadline, plannedAt: NIODeadline) -> Verdict {
    guard let sight else { return .patient(until: now + interval) }
    let hasTaken = takesMore(sight)
    if sight.hasUnread || hasTaken { moved = now }
    moved = min(now, moved + max(now - plannedAt, .zero))
    let isTooLate =
      !sight.hasUnread
      && sight.deadline + .nanoseconds(timeout.nanoseconds * (Self.longest - 1)) <= now
    guard !isTooLate, now - moved < timeout else { return .dead }
    return .patient(until: min(now + interval, moved + timeout))
  }

  /// Whether the server has taken more of the oldest command, or the ones before it, than was known.
  private mutating func takesMore(_ sight: Sight) -> Bool {
    let answered = sentBytes &- sight.owed
    let taken = min(sentBytes &- sight.untaken, answered &+ sight.oldest)
    guard taken > max(takenBytes, answered) else { return false }
    takenBytes = taken
    return true
  }
}
