internal import DequeModule

/// A connection, as the run queue sees it.
protocol RunQueueMember: AnyObject {
  /// Its peer's share.
  var share: PeerShare { get }
  /// Whether it is in one of its share's queues; for the run queue alone.
  var isReady: Bool { get set }
  /// Starts calls, as long as there are some, and there is room and time.
  func startCalls() -> StartedCalls
}

/// Why a connection has started no more calls.
enum StartedCalls {
  /// There are no more, or it will say so when it can start them.
  case over
  /// Its time was over.
  case untilTurn
  /// The next one needs room in its peer's share.
  case untilRoom
}

/// Who starts calls next, on one loop: peers take turns, and so do the connections of each. A turn of the loop has
/// a budget in time; what is left when it is over goes on once the loop has read what has arrived meanwhile.
///
/// Bound to its loop. Round robin in two levels, with time as the quantum (after *Efficient Fair Queuing
/// using Deficit Round Robin*, Shreedhar and Varghese, 1995).
final class RunQueue {
  /// How long one turn of the loop starts calls, in nanoseconds.
  static let turnTime: UInt64 = 2_000_000
  /// How long one connection does, while others wait.
  static let sliceTime: UInt64 = 500_000
  /// The clock is asked after so many small calls.
  private static let unitsPerLook = 8

  private var peers = Deque<PeerShare>()
  private let clock: () -> UInt64
  /// When the clock was asked last.
  private(set) var time: UInt64 = 0
  private var turnEnd: UInt64 = 0
  private var sliceEnd: UInt64 = 0
  /// What has been started since then.
  private var units = 0
  /// Whether calls are being started.
  private(set) var isRunning = false

  /// - Parameter clock: nanoseconds of a clock that never goes back.
  init(clock: @escaping () -> UInt64) { self.clock = clock }

  /// Whether somebody has calls to start, and may.
  var isEmpty: Bool { peers.isEmpty }

  /// A connection has calls to start.
  func add(_ member: any RunQueueMember) {
    guard !member.isReady else { return }
    member.isReady = true
    member.share.ready.append(member)
    roomMade(in: member.share)
  }

  /// A peer may start calls again, if it has some.
  func roomMade(in share: PeerShare) {
    if share.needsRoom, share.hasOwnRoom, !share.hasRoom { share.window.wait(for: share) }
    if !share.ready.isEmpty || share.needsRoom && share.hasRoom { queue(share) }
    if let next = share.window.next() { queue(next) }
  }

  private func queue(_ share: PeerShare) {
    guard !share.isQueued else { return }
    share.isQueued = true
    peers.append(share)
  }

  /// A turn of the loop begins.
  func beginTurn() {
    look()
    turnEnd = time + Self.turnTime
  }

  /// Whether the turn has time left.
  var hasTime: Bool { time < turnEnd }

  /// Starts calls until there are no more, or the turn's time is over.
  ///
  /// - Parameter sliceEnded: called after each connection's slice.
  func run(_ sliceEnded: () -> Void) {
    isRunning = true
    defer { isRunning = false }
    while hasTime, let share = peers.popFirst() {
      share.isQueued = false
      if share.hasRoom, let goOn = share.woken.popFirst() {
        goOn()
        _ = spend(0)
      }
      let held = share.hasRoom ? share.held.popFirst() : nil
      if let member = held ?? share.ready.popFirst() {
        member.isReady = false
        sliceEnd = min(time + Self.sliceTime, turnEnd)
        switch member.startCalls() {
        case .over: break
        case .untilTurn: add(member)
        case .untilRoom:
          member.isReady = true
          share.held.append(member)
        }
        sliceEnded()
      }
      roomMade(in: share)
    }
    look()
  }

  /// A call is started that takes more work than most: the clock is asked after it.
  func startsHeavy() { units = Self.unitsPerLook }

  /// A reply was written.
  ///
  /// - Parameter bytes: how long it is.
  func wrote(_ bytes: Int) { units += bytes >> 12 }

  /// A call was started.
  ///
  /// - Parameter bytes: how long its request is.
  /// - Returns: whether the slice has time for another one.
  func spend(_ bytes: Int) -> Bool {
    units += 1 + bytes >> 10
    guard units >= Self.unitsPerLook else { return true }
    look()
    return time < sliceEnd
  }

  private func look() {
    units = 0
    time = clock()
  }
}
