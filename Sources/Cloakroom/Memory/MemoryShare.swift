internal import CloakroomCore
internal import Synchronization

/// What one connection holds, as the account of memory has it. Its own loop changes it, others look at it.
final class MemoryShare: Sendable {
  /// What it holds, and whether it is being closed for it.
  struct State {
    fileprivate(set) var bytes = 0
    fileprivate(set) var isLeaving = false
  }

  /// The connection's number.
  let connection: UInt64
  /// Whose it is.
  let holder: MemoryHolder
  /// Closes the connection, from any thread.
  let drop: @Sendable () -> Void

  private let state = Mutex(State())

  init(_ connection: UInt64, of holder: MemoryHolder, drop: @escaping @Sendable () -> Void) {
    self.connection = connection
    self.holder = holder
    self.drop = drop
  }

  /// What it holds now.
  var current: State { state.withLock(\.self) }

  /// It holds something else now.
  ///
  /// - Returns: by how much that is more, and whether the connection is being closed.
  func change(to bytes: Int) -> (difference: Int, isLeaving: Bool) {
    state.withLock { state in
      let difference = bytes - state.bytes
      state.bytes = bytes
      return (difference, state.isLeaving)
    }
  }

  /// The connection is going to be closed.
  ///
  /// - Returns: what it still holds; nil when it was being closed already.
  func leave() -> Int? {
    state.withLock { state in
      guard !state.isLeaving else { return nil }
      state.isLeaving = true
      return state.bytes
    }
  }
}

/// What all connections of one process hold together.
final class MemoryHolder: Sendable {
  let process: Peer.Process
  private let total = Atomic<Int>(0)
  private let shares = Atomic<Int>(0)

  init(_ process: Peer.Process) { self.process = process }

  /// What they hold.
  var bytes: Int { total.load(ordering: .relaxed) }
  /// How many of them have held enough to be in the account.
  var connections: Int { shares.load(ordering: .relaxed) }

  /// They hold more, or less.
  ///
  /// - Returns: whether they hold something, before that and now.
  func add(_ difference: Int) -> (before: Bool, now: Bool) {
    let (old, new) = total.add(difference, ordering: .relaxed)
    return (old > 0, new > 0)
  }

  /// One of them has entered the account, or has left it.
  func count(_ difference: Int) { shares.add(difference, ordering: .relaxed) }
}
