internal import CloakroomCore
internal import CloakroomMethods
internal import DequeModule

/// What the connections of one peer, a process, have under way together on one loop: its share of the way to the
/// store.
///
/// All calls of a loop go over one link to the store, where what is large stands before what others ask for. So a
/// peer has only so many calls under way as are about `windowBytes` of requests and replies. How long a reply will
/// be is not known before: a peer begins with few calls, and has one more with each that is answered, as long as all
/// are short. The longest of late counts; what is late fades with time, and not with calls, so that a peer can't make
/// the sidecar forget it. Its connections take turns.
///
/// Peers whose requests or replies are long share what one of them may have under way (`LinkWindow`): an application of
/// thirty processes would otherwise have thirty times as much stand before others' calls.
///
/// Bound to its loop.
final class PeerShare: LinkWindowMember {
  /// About how many bytes of requests and replies a peer has under way.
  static let windowBytes = 4 << 20
  /// How many calls it has under way in any case: the next is on its way when one is answered.
  static let fewestCalls = 2
  /// How many it has at most: so many long replies stand before others' where only short ones were seen.
  static let mostCalls = 1024
  /// How many it begins with.
  static let firstCalls = 16
  /// What a step of the store counts as at least, in bytes, where a call takes many.
  private static let stepBytes = 4 << 10
  /// What is no longer than this bounds nothing, in bytes.
  static let shortBytes = windowBytes / mostCalls
  /// How long it takes until half of the longest is forgotten, in nanoseconds.
  private static let halfLife: UInt64 = 250_000_000

  /// How many calls are under way, those that wait for something else than the store not counted.
  private(set) var active = 0
  /// How many may be.
  private(set) var limit = PeerShare.firstCalls
  /// How many have been answered, as far as that is of interest.
  private var proven = PeerShare.firstCalls
  /// How long the longest request or reply of late is, in bytes.
  private var longest = FadingMaximum(halfLife: PeerShare.halfLife)
  /// Whether all of late are short.
  private var areShort: Bool { callBytes == 0 }
  /// What peers with long requests or replies have on the link together.
  let window: LinkWindow<PeerShare>
  // Until something is known, all that it begins with fill the window.
  private(set) var callBytes = PeerShare.windowBytes / PeerShare.firstCalls
  /// Whether nothing is known of it yet.
  private var isNew = true
  /// How many of its calls are on the link, those of procedures not counted, which may be elsewhere.
  private var onLink = 0
  /// What the window knows of that, in bytes.
  private var taken = 0
  var isWaiting = false
  /// How many values its calls read at a time.
  var pace = ReadingPace()
  /// Its connections that have calls to start, and wait for their turn.
  var ready = Deque<any RunQueueMember>()
  /// Those whose next call needs room in the share.
  var held = Deque<any RunQueueMember>()
  /// What has calls go on that were woken while there was no room.
  var woken = Deque<() -> Void>()
  /// Whether the run queue has it.
  var isQueued = false

  /// A share of a peer that has nothing under way.
  init(of window: LinkWindow<PeerShare>) { self.window = window }

  /// Whether one more call may be started: one in any case while nothing is known of it, as a short one need not wait
  /// for others' long ones.
  var hasRoom: Bool {
    hasOwnRoom && (window.hasRoom(for: self) || isNew && active == 0)
  }
  var hasOwnRoom: Bool { active < limit }
  var needsRoom: Bool { !held.isEmpty || !woken.isEmpty }

  /// A call has been started.
  ///
  /// - Parameters:
  ///   - bytes: how long its request is.
  ///   - now: nanoseconds of a clock that never goes back.
  func began(_ bytes: Int, now: @autoclosure () -> UInt64) {
    active += 1
    expects(bytes, now: now())
  }

  /// One of its calls is on the link.
  func entered() {
    onLink += 1
    guard !areShort else { return }
    window.entered(by: self)
    settle()
  }

  /// It no longer is, as the store has answered.
  ///
  /// - Returns: whether others may have room now.
  func left() -> Bool {
    onLink -= 1
    guard !areShort else { return false }
    settle()
    return true
  }

  /// A call has ended.
  ///
  /// - Parameters:
  ///   - bytes: how long its reply is; nil when the store was not asked.
  ///   - now: nanoseconds of a clock that never goes back.
  func ended(_ bytes: Int?, now: @autoclosure () -> UInt64) {
    active -= 1
    guard let bytes else { return }
    if proven < Self.mostCalls {
      proven += 1
      learn(bytes, now())
    } else if bytes > Self.shortBytes || !areShort {
      learn(bytes, now())
    }
  }

  /// A call takes many steps of the store at once, or one that keeps it busy as long.
  func takesSteps(_ count: Int, now: @autoclosure () -> UInt64) {
    guard count > 1 else { return }
    learn(min(count, Self.mostCalls) * Self.stepBytes, now())
  }

  /// A call sends a request, or asks for a value.
  ///
  /// - Parameter bytes: how long that is, as far as is known.
  func expects(_ bytes: Int, now: @autoclosure () -> UInt64) {
    if bytes > Self.shortBytes { learn(bytes, now()) }
  }

  /// A call waits for something else than the store: another client, or a time.
  func parked() { active -= 1 }

  /// It goes on.
  func resumed() { active += 1 }

  private func learn(_ bytes: Int, _ now: UInt64) {
    isNew = false
    longest.see(bytes, now: now)
    let longest = longest.value(now: now)
    callBytes = longest <= Self.shortBytes ? 0 : longest
    if bytes > Self.shortBytes {
      proven = min(proven, max(Self.windowBytes / bytes, Self.firstCalls))
    }
    limit = areShort ? proven : min(max(Self.windowBytes / longest, Self.fewestCalls), proven)
    settle()
  }

  private func settle() {
    let bytes = onLink * min(callBytes, Self.windowBytes)
    guard bytes != taken else { return }
    window.change(from: taken, to: bytes)
    taken = bytes
  }
}

/// The shares of one loop, by peer.
struct PeerShares {
  private struct Holder {
    let share: PeerShare
    var connections = 0
  }

  private let window = LinkWindow<PeerShare>(limit: PeerShare.windowBytes)
  private var holders: [Peer.Process: Holder] = [:]

  /// One more connection of a peer.
  mutating func join(_ peer: Peer) -> PeerShare {
    let share = holders[peer.process]?.share ?? PeerShare(of: window)
    holders[peer.process, default: Holder(share: share)].connections += 1
    return share
  }

  /// One fewer.
  mutating func leave(_ peer: Peer) {
    guard let holder = holders[peer.process] else { return }
    holders[peer.process]?.connections -= 1
    if holder.connections <= 1 { holders[peer.process] = nil }
  }
}
