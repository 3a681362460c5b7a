internal import CloakroomCore
internal import Synchronization

/// How much memory all clients together make the sidecar hold, by process and connection; and who has to give way
/// when that is as much as it may be.
///
/// A process has a fair share: the limit, divided by those that hold something. At the limit one that holds more than
/// that gets nothing more: its calls are refused, and where it can't be told, the connection that asks is closed, or
/// its largest if that one is small among its own. One that holds less still gets what it wants, and the largest
/// connection of the largest holder is closed for it.
///
/// Any thread may ask. As long as there is room, nobody waits for a lock that another connection could have.
final class MemoryAccount: Sendable {
  private typealias Entry = (holder: MemoryHolder, shares: [UInt64: MemoryShare])

  /// The largest holder.
  struct Largest: Equatable, Sendable {
    let uid: UInt32
    let pid: Int32
    let bytes: Int
  }

  /// How long after a refusal, or a connection that was closed, the account still counts as full.
  private static let memory = Duration.seconds(5)

  /// How many bytes there may be.
  let limit: Int
  /// Where calls begin to be refused, and closing connections ends: a little below the limit, so that what can be
  /// refused does not make it necessary to close one, and not every byte begins it anew.
  private let goal: Int
  /// What all clients together use and no one holds.
  private let common: @Sendable () -> Int
  private let now: @Sendable () -> ContinuousClock.Instant

  private let total = Atomic<Int>(0)
  /// What connections hold that are being closed.
  private let leaving = Atomic<Int>(0)
  /// How many processes hold something.
  private let holders = Atomic<Int>(0)
  private let isShort = Atomic<Bool>(false)
  private let lastShortage = Mutex<ContinuousClock.Instant?>(nil)
  private let registry = Mutex<[Peer.Process: Entry]>([:])

  /// An account that is empty.
  ///
  /// - Parameters:
  ///   - limit: how many bytes there may be.
  ///   - common: what all clients together use and no one holds, in bytes.
  init(
    limit: Int, common: @escaping @Sendable () -> Int = { 0 },
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.limit = limit
    self.common = common
    self.now = now
    goal = limit - limit / 64
  }

  /// What clients hold.
  var bytes: Int { total.load(ordering: .relaxed) }

  /// What each may hold at least.
  private var fairShare: Int {
    max(0, goal - common()) / max(1, holders.load(ordering: .relaxed))
  }

  /// What there is, without what is about to go.
  private var lasting: Int {
    total.load(ordering: .relaxed) - leaving.load(ordering: .relaxed) + common()
  }

  // MARK: Coming and going

  /// A connection enters the account.
  func open(
    _ connection: UInt64, of peer: Peer, drop: @escaping @Sendable () -> Void
  ) -> MemoryShare {
    let process = peer.process
    return registry.withLock { registry in
      let holder = registry[process]?.holder ?? MemoryHolder(process)
      let share = MemoryShare(connection, of: holder, drop: drop)
      registry[process, default: (holder, [:])].shares[connection] = share
      holder.count(1)
      return share
    }
  }

  /// It leaves it.
  func close(_ share: MemoryShare) {
    change(share, to: 0)
    registry.withLock { registry in
      let process = share.holder.process
      guard registry[process]?.shares.removeValue(forKey: share.connection) != nil else { return }
      share.holder.count(-1)
      if registry[process]?.shares.isEmpty == true { registry[process] = nil }
    }
  }

  // MARK: Asking and telling

  /// Whether a connection may have the sidecar hold more.
  ///
  /// - Parameters:
  ///   - bytes: how many more, beside what the account knows of.
  ///   - share: what the account knows of; nil is nothing.
  func hasRoom(for bytes: Int, _ share: MemoryShare?) -> Bool {
    guard lasting + bytes > goal, (share?.holder.bytes ?? 0) + bytes > fairShare else {
      return true
    }
    noteShortage()
    return false
  }

  /// A connection holds something else now. Where that is too much, one is closed.
  func settle(_ share: MemoryShare, to bytes: Int) {
    let (difference, isLeaving) = change(share, to: bytes)
    guard difference > 0, !isLeaving, lasting > limit else { return }
    noteShortage()
    let holder = share.holder
    // The usual case, in which nobody has to be looked for: it asks for too much, and has as much as its others.
    if holder.bytes > fairShare, bytes >= holder.bytes / max(1, holder.connections) {
      if leave(share) { share.drop() }
      return
    }
    for other in makeRoom(for: holder) { other.drop() }
  }

  @discardableResult
  private func change(
    _ share: MemoryShare, to bytes: Int
  ) -> (difference: Int, isLeaving: Bool) {
    let (difference, isLeaving) = share.change(to: bytes)
    guard difference != 0 else { return (0, isLeaving) }
    let (before, now) = share.holder.add(difference)
    if before != now { holders.add(now ? 1 : -1, ordering: .relaxed) }
    total.add(difference, ordering: .relaxed)
    if isLeaving { leaving.add(difference, ordering: .relaxed) }
    return (difference, isLeaving)
  }

  private func leave(_ share: MemoryShare) -> Bool {
    guard let bytes = share.leave() else { return false }
    leaving.add(bytes, ordering: .relaxed)
    return true
  }

  // MARK: Giving way

  /// Picks connections to be closed, until the rest has room.
  private func makeRoom(for asking: MemoryHolder) -> [MemoryShare] {
    registry.withLock { registry in
      var victims: [MemoryShare] = []
      while lasting > goal, let victim = largest(in: registry, for: asking) {
        if leave(victim) { victims.append(victim) }
      }
      return victims
    }
  }

  /// The largest connection of the process that has to give way: of the one that asks, if it has more than its share.
  private func largest(
    in registry: [Peer.Process: Entry], for asking: MemoryHolder
  ) -> MemoryShare? {
    var candidate: (bytes: Int, share: MemoryShare)?
    var most = 0
    let fairShare = fairShare
    for entry in registry.values {
      var sum = 0
      var greatest: (bytes: Int, share: MemoryShare)?
      for share in entry.shares.values {
        let state = share.current
        guard !state.isLeaving, state.bytes > 0 else { continue }
        sum += state.bytes
        if state.bytes > greatest?.bytes ?? 0 { greatest = (state.bytes, share) }
      }
      if entry.holder === asking, sum > fairShare { return greatest?.share }
      if sum > most {
        most = sum
        candidate = greatest
      }
    }
    return candidate?.share
  }

  // MARK: Telling people

  private func noteShortage() {
    lastShortage.withLock { $0 = now() }
    isShort.store(true, ordering: .relaxed)
  }

  /// Whether somebody was refused something just now, or a connection closed.
  var isRefusing: Bool {
    guard isShort.load(ordering: .relaxed), let last = lastShortage.withLock(\.self) else {
      return false
    }
    if now() - last < Self.memory { return true }
    isShort.store(false, ordering: .relaxed)
    return false
  }

  /// Why clients are refused more memory; nil while none is.
  var problem: String? {
    guard isRefusing else { return nil }
    let most = largestHolder.map { "; uid \($0.uid), pid \($0.pid) holds most, \($0.bytes) bytes" }
    return
      "clients have the sidecar hold as much as it may (limits.clientMemory, \(limit) bytes): a process "
      + "that holds more than its share is refused\(most ?? "")"
  }

  /// Who holds most; nil when nobody holds anything.
  var largestHolder: Largest? {
    registry.withLock { registry in
      let holder = registry.values.map(\.holder).max { $0.bytes < $1.bytes }
      guard let holder, holder.bytes > 0 else { return nil }
      return Largest(
        uid: holder.process.uid, pid: holder.process.pid, bytes: holder.bytes)
    }
  }
}

extension RPCError {
  /// The same for one that can't be refused anything, as it has sent half of a request.
  static let closingForMemory = RPCError(
    .overloaded,
    "the clients have the sidecar hold as much as it may (limits.clientMemory), and this process more than its share: the connection is closed; of what it has not sent whole nothing was done",
    retryAfterMs: 1000, details: [.text("limit", "limits.clientMemory")])
  /// The clients hold as much as they may, and the one that asks more than its share.
  static let clientMemory = RPCError(
    .overloaded,
    "the clients have the sidecar hold as much as it may (limits.clientMemory), and this process more than its share: nothing was done; read what was answered, or ask for less at once",
    retryAfterMs: 1000, details: [.text("limit", "limits.clientMemory")], limit: .clientMemory)
}
