import Testing

@testable import Cloakroom

@Suite("Who starts calls next", .timeLimit(.minutes(1)))
struct RunQueueTests {
  /// A connection that has so many calls of one length to start, each of which takes a while.
  private final class Caller: RunQueueMember {
    let name: String
    let share: PeerShare
    var isReady = false
    var left: Int
    private let stage: Stage
    private let nanoseconds: UInt64
    private let bytes: Int

    init(
      _ name: String, _ share: PeerShare, calls: Int, on stage: Stage, nanoseconds: UInt64,
      bytes: Int = 100
    ) {
      self.name = name
      self.share = share
      self.stage = stage
      self.nanoseconds = nanoseconds
      self.bytes = bytes
      left = calls
    }

    func startCalls() -> StartedCalls {
      while left > 0 {
        guard share.hasRoom else { return .untilRoom }
        left -= 1
        stage.started.append(name)
        share.began(bytes, now: stage.time)
        share.entered()
        stage.time += nanoseconds
        stage.queue.startsHeavy()
        guard stage.queue.spend(bytes) else {
          return left > 0 ? .untilTurn : .over
        }
      }
      return .over
    }
  }

  /// A run queue with a clock that only its callers move.
  private final class Stage {
    var time: UInt64 = 1
    var started: [String] = []
    private(set) lazy var queue = RunQueue { [unowned self] in time }

    /// One turn; how long it took, in nanoseconds.
    func turn() -> UInt64 {
      let began = time
      queue.beginTurn()
      while !queue.isEmpty, queue.hasTime { queue.run {} }
      return time - began
    }
  }

  private static let millisecond: UInt64 = 1_000_000

  @Test("a turn is over when its time is, and what is left goes on in the next")
  func turns() {
    let stage = Stage()
    let caller = Caller(
      "a", Self.wide(), calls: 100, on: stage, nanoseconds: Self.millisecond / 10)
    stage.queue.add(caller)
    #expect(stage.turn() == 2 * Self.millisecond)
    #expect(stage.started.count == 20)
    for _ in 0..<4 { _ = stage.turn() }
    #expect(stage.started.count == 100)
    #expect(stage.queue.isEmpty)
  }

  @Test("a caller that has one call does not wait for one that has a thousand")
  func slices() {
    let stage = Stage()
    stage.queue.add(
      Caller("greedy", Self.wide(), calls: 1000, on: stage, nanoseconds: Self.millisecond / 10))
    stage.queue.add(
      Caller("calm", Self.wide(), calls: 1, on: stage, nanoseconds: Self.millisecond / 10))
    _ = stage.turn()
    #expect(stage.started.firstIndex(of: "calm") == 5, "after half a millisecond")
  }

  @Test("peers take turns, however many connections one of them has")
  func peers() {
    let stage = Stage()
    let crowd = Self.wide()
    for _ in 0..<50 {
      stage.queue.add(
        Caller("crowd", crowd, calls: 10, on: stage, nanoseconds: Self.millisecond / 2))
    }
    stage.queue.add(
      Caller("one", Self.wide(), calls: 10, on: stage, nanoseconds: Self.millisecond / 2))
    for _ in 0..<5 { _ = stage.turn() }
    #expect(stage.started.filter { $0 == "one" }.count == 10)
    #expect(stage.started.filter { $0 == "crowd" }.count == 10)
  }

  @Test("the connections of one peer take turns")
  func connections() {
    let stage = Stage()
    let share = Self.wide()
    for name in ["a", "b", "c"] {
      stage.queue.add(
        Caller(name, share, calls: 4, on: stage, nanoseconds: Self.millisecond / 2))
    }
    for _ in 0..<3 { _ = stage.turn() }
    #expect(stage.started.joined() == "abcabcabcabc")
  }

  @Test("a call longer than a turn is followed by others' calls")
  func longCalls() {
    let stage = Stage()
    stage.queue.add(
      Caller("long", Self.wide(), calls: 3, on: stage, nanoseconds: 30 * Self.millisecond))
    stage.queue.add(Caller("calm", Self.wide(), calls: 3, on: stage, nanoseconds: 1000))
    for _ in 0..<3 { _ = stage.turn() }
    #expect(stage.started == ["long", "calm", "calm", "calm", "long", "long"])
  }

  @Test("who has no room waits without a place, and goes on when room is made")
  func room() {
    let stage = Stage()
    let share = PeerShare()
    let caller = Caller("a", share, calls: 5, on: stage, nanoseconds: 1000, bytes: 4 << 20)
    stage.queue.add(caller)
    _ = stage.turn()
    #expect(stage.started.count == 2, "two calls of four mebibytes")
    #expect(stage.queue.isEmpty)
    _ = share.left()
    share.ended(10, now: stage.time)
    stage.queue.roomMade(in: share)
    _ = stage.turn()
    #expect(stage.started.count == 3)
  }

  @Test("those that are woken together go on one by one, as room is made, and before new calls")
  func woken() {
    let stage = Stage()
    let share = PeerShare()
    while share.hasRoom { share.began(100, now: stage.time) }
    for number in 0..<3 {
      share.woken.append {
        share.resumed()
        stage.started.append("woken \(number)")
      }
    }
    stage.queue.add(Caller("new", share, calls: 1, on: stage, nanoseconds: 1000))
    _ = stage.turn()
    #expect(stage.started.isEmpty)
    for count in 1...3 {
      share.ended(nil, now: stage.time)
      stage.queue.roomMade(in: share)
      _ = stage.turn()
      #expect(stage.started == (0..<count).map { "woken \($0)" })
    }
    share.ended(nil, now: stage.time)
    stage.queue.roomMade(in: share)
    _ = stage.turn()
    #expect(stage.started.last == "new" && stage.queue.isEmpty)
  }

  /// Peers of one loop that have had replies of a mebibyte, and 20 calls each for as long ones.
  private static func longReaders(_ count: Int, on stage: Stage) -> [Caller] {
    let window = LinkWindow<PeerShare>(limit: PeerShare.windowBytes)
    return (0..<count).map { number in
      let share = PeerShare(of: window)
      PeerShareTests.answer(10, of: 1 << 20, in: share)
      return Caller("p\(number)", share, calls: 20, on: stage, nanoseconds: 1000)
    }
  }

  @Test(
    "a peer with long replies has four mebibytes under way; several share two, and take turns call by call",
    arguments: [(1, 4), (2, 2), (3, 2), (10, 2)])
  func longReplies(peers: Int, mebibytes: Int) {
    let stage = Stage()
    let callers = Self.longReaders(peers, on: stage)
    for caller in callers { stage.queue.add(caller) }
    _ = stage.turn()
    #expect(stage.started.count == 4, "nobody has waited when the first one began")
    for answered in 0..<20 * peers {
      guard answered < stage.started.count else { break }
      let oldest = stage.started[answered]
      guard let share = callers.first(where: { $0.name == oldest })?.share else { break }
      _ = share.left()
      share.ended(1 << 20, now: 0)
      stage.queue.roomMade(in: share)
      _ = stage.turn()
      if answered > 2, callers.count(where: { $0.left > 0 }) > (peers == 1 ? 0 : 1) {
        #expect(stage.started.count - (answered + 1) == mebibytes)
      }
    }
    #expect(stage.started.count == 20 * peers)
    // The first has begun with four, and has 16 left.
    for start in stride(from: 4, to: 4 + 16 * peers, by: peers)
    where stage.started.count == 20 * peers {
      let round = Set(stage.started[start..<start + peers])
      #expect(round.count == peers, "\(stage.started)")
    }
  }

  @Test("a peer with short replies does not wait for those with long ones")
  func shortReplies() {
    let stage = Stage()
    let window = LinkWindow<PeerShare>(limit: PeerShare.windowBytes)
    for caller in Self.longReaders(10, on: stage) { stage.queue.add(caller) }
    let calm = PeerShare(of: window)
    PeerShareTests.answer(100, of: 10, in: calm)
    stage.queue.add(Caller("calm", calm, calls: 50, on: stage, nanoseconds: 1000))
    _ = stage.turn()
    #expect(stage.started.filter { $0 == "calm" }.count == 50)
  }

  @Test("a peer that waits for its turn, and has nothing more to ask for then, holds nobody up")
  func emptyTurns() {
    let stage = Stage()
    let callers = Self.longReaders(3, on: stage)
    for caller in callers { stage.queue.add(caller) }
    _ = stage.turn()
    for caller in callers[..<2] { caller.left = 0 }
    for caller in callers {
      while caller.share.active > 0 {
        _ = caller.share.left()
        caller.share.ended(1 << 20, now: 0)
        stage.queue.roomMade(in: caller.share)
        _ = stage.turn()
        if caller.name == "p2" { break }
      }
    }
    #expect(stage.started.suffix(2) == ["p2", "p2"])
  }

  @Test("is fair to random crowds: nobody who may start is passed over twice by one peer")
  func property() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let stage = Stage()
      let names = (0..<Int.random(in: 2...6, using: &random)).map { "p\($0)" }
      var left: [String: Int] = [:]
      for name in names {
        let share = Self.wide()
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let calls = Int.random(in: 1...8, using: &random)
          left[name, default: 0] += calls
          stage.queue.add(
            Caller(name, share, calls: calls, on: stage, nanoseconds: Self.millisecond))
        }
      }
      while !stage.queue.isEmpty { _ = stage.turn() }
      // Each call takes a whole slice: as long as others have calls, none goes twice in a row.
      for (place, name) in stage.started.enumerated() {
        left[name, default: 0] -= 1
        guard place > 0, stage.started[place - 1] == name else { continue }
        #expect(left.allSatisfy { $0.key == name || $0.value == 0 }, "\(stage.started)")
      }
    }
  }

  /// The share of a peer whose requests and replies have been short.
  private static func wide() -> PeerShare {
    let share = PeerShare()
    PeerShareTests.answer(1100, of: 10, in: share)
    return share
  }
}

@Suite("A peer's share of the way to the store", .timeLimit(.minutes(1)))
struct PeerShareTests {
  /// Has so many calls answered, one after the other, all at one moment.
  static func answer(_ count: Int, of bytes: Int?, in share: PeerShare, at now: UInt64 = 0) {
    for _ in 0..<count {
      share.began(10, now: now)
      share.ended(bytes, now: now)
    }
  }

  private static let second: UInt64 = 1_000_000_000

  @Test("begins with a few calls, and has one more with each that is answered, up to a thousand")
  func growth() {
    let share = PeerShare()
    #expect(share.limit == 16)
    Self.answer(64, of: 100, in: share)
    #expect(share.limit == 80)
    Self.answer(5000, of: 100, in: share)
    #expect(share.limit == 1024)
  }

  @Test(
    "has about four mebibytes under way",
    arguments: [(4 << 10, 1024), (64 << 10, 64), (1 << 20, 4), (16 << 20, 2)])
  func window(bytes: Int, calls: Int) {
    let share = PeerShare()
    Self.answer(2000, of: bytes, in: share)
    #expect(share.limit == calls)
  }

  @Test("shrinks with the first long reply, or request, and grows again with time, not with calls")
  func shrinking() {
    let share = PeerShare()
    Self.answer(2000, of: 10, in: share)
    Self.answer(1, of: 1 << 20, in: share)
    #expect(share.limit == 4)
    Self.answer(100_000, of: 10, in: share, at: Self.second / 10)
    #expect(share.limit == 4)
    var limits: [Int] = []
    for quarter in 1...9 {
      Self.answer(1, of: 10, in: share, at: Self.second / 4 * UInt64(quarter))
      limits.append(share.limit)
    }
    #expect(limits == [8, 16, 32, 64, 128, 256, 512, 1024, 1024])
    share.began(3 << 20, now: 3 * Self.second)
    #expect(share.limit == 2)
  }

  @Test("shrinks before a value is read that is known to be long", arguments: [0, 4096, 1 << 20])
  func knownValues(bytes: Int) {
    let share = PeerShare()
    Self.answer(2000, of: 10, in: share)
    share.began(10, now: 0)
    share.expects(bytes, now: 0)
    #expect(share.limit == (bytes > 4096 ? 4 : 1024))
  }

  @Test("learns nothing from what did not ask the store")
  func sidecar() {
    let share = PeerShare()
    Self.answer(100, of: nil, in: share)
    #expect(share.limit == 16)
    #expect(share.active == 0)
  }

  @Test("counts a call of many steps, or of one that takes as long, as many bytes")
  func steps() {
    let share = PeerShare()
    Self.answer(2000, of: 10, in: share)
    share.takesSteps(1, now: 0)
    #expect(share.limit == 1024)
    share.takesSteps(128, now: 0)
    #expect(share.limit == 8)
    share.takesSteps(.max, now: 0)
    #expect(share.limit == 2)
  }

  @Test("does not count calls that wait for others")
  func parking() {
    let share = PeerShare()
    for _ in 0..<16 { share.began(10, now: 0) }
    #expect(!share.hasRoom)
    share.parked()
    #expect(share.hasRoom)
    share.resumed()
    #expect(!share.hasRoom)
  }

  @Test("survives a clock that stands still, and times that are far apart")
  func clock() {
    let share = PeerShare()
    Self.answer(1, of: .max, in: share, at: 5)
    Self.answer(1, of: 1, in: share, at: 1)
    Self.answer(1, of: .max, in: share, at: .max)
    Self.answer(1, of: 0, in: share, at: 0)
    #expect(share.limit == 2)
  }
}

extension PeerShare {
  /// A share that is alone on its link.
  fileprivate convenience init() { self.init(of: LinkWindow(limit: Self.windowBytes)) }
}
