internal import CloakroomCore
internal import DequeModule

/// What the connections of one peer, a process, have under way together on one loop: its share of the way to the
/// store.
///
/// All calls of a loop go over one link to the store, where what is large stands before what others ask for. So a
/// peer has only so many calls under way as are about `windowBytes` of requests and replies. How long a reply will
/// be is not known before: a peer begins with few calls, has more under way while replies are short, and fewer as
/// soon as one is long (a decaying maximum). Its connections take turns.
///
/// Bound to its loop.
final class PeerShare {
  /// About how many bytes of requests and replies a peer has under way.
  static let windowBytes = 1 << 20
  /// How many calls it has under way in any case: the next is on its way when one is answered.
  static let fewestCalls = 2
  /// How many it has at most.
  static let mostCalls = 1024
  /// How many it begins with.
  private static let firstCalls = 8
  /// What a step of the store counts as at least, in bytes, where a call takes many.
  private static let stepBytes = 1 << 10

  /// What a request and a reply are taken to have at least, in bytes.
  private static let fewestBytes = windowBytes / mostCalls

  /// How many calls are under way, those that wait for something else than the store not counted.
  private(set) var active = 0
  /// How many may be.
  private(set) var limit = PeerShare.firstCalls
  /// How long a request or a reply is, the longest of late, in bytes.
  private var usualBytes = PeerShare.windowBytes / PeerShare.firstCalls {
    didSet { limit = max(Self.windowBytes / usualBytes, Self.fewestCalls) }
  }
  /// Its connections that have calls to start, and wait for their turn.
  var ready = Deque<any RunQueueMember>()
  /// Those whose next call needs room in the share.
  var held = Deque<any RunQueueMember>()
  /// Whether the run queue has it.
  var isQueued = false

  /// A share of a peer that has nothing under way.
  init() {}

  /// Whether one more call may be started.
  var hasRoom: Bool { active < limit }

  /// A call has been started.
  ///
  /// - Parameter bytes: how long its request is.
  func began(_ bytes: Int) {
    active += 1
    if bytes > usualBytes { usualBytes = bytes }
  }

  /// A call has ended.
  ///
  /// - Parameter bytes: how long its reply is.
  func ended(_ bytes: Int) {
    active -= 1
    guard max(bytes, usualBytes) > Self.fewestBytes else { return }
    usualBytes = max(bytes, usualBytes - usualBytes / 4, Self.fewestBytes)
  }

  /// A call takes many steps of the store at once.
  func takesSteps(_ count: Int) {
    let bytes = min(count, Self.windowBytes) * Self.stepBytes
    if bytes > usualBytes { usualBytes = bytes }
  }

  /// A call waits for something else than the store: another client, or a time.
  func parked() { active -= 1 }

  /// It goes on.
  func resumed() { active += 1 }
}

/// The shares of one loop, by peer.
struct PeerShares {
  private struct Holder {
    let share = PeerShare()
    var connections = 0
  }

  /// Which process it is; one that acts for several users has as many shares.
  private struct Key: Hashable {
    let uid: UInt32
    let pid: Int32

    init(_ peer: Peer) {
      uid = peer.uid
      pid = peer.pid
    }
  }

  private var holders: [Key: Holder] = [:]

  /// One more connection of a peer.
  mutating func join(_ peer: Peer) -> PeerShare {
    holders[Key(peer), default: Holder()].connections += 1
    return holders[Key(peer)]?.share ?? PeerShare()
  }

  /// One fewer.
  mutating func leave(_ peer: Peer) {
    guard let holder = holders[Key(peer)] else { return }
    holders[Key(peer)]?.connections -= 1
    if holder.connections <= 1 { holders[Key(peer)] = nil }
  }
}
