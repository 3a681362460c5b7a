internal import CloakroomCore
internal import CloakroomObservability
internal import NIOCore

/// One connection's side of the account of memory; bound to its loop.
///
/// The account is told in steps: most connections never hold as much as one, and pay an addition.
final class ConnectionMemory {
  /// By how much what a connection holds may differ from what the account knows, in bytes.
  static let step = 8 << 10

  /// The requests of its calls under way, in bytes.
  private(set) var requestBytes = 0
  /// What has been gathered for batches that are not answered whole, in bytes.
  private(set) var gatheredBytes = 0
  /// Whether the connection is to be closed for what it holds.
  private(set) var isDropped = false
  /// Closes it.
  var onDrop: () -> Void = {}

  private let connection: UInt64
  private let peer: Peer
  private let account: MemoryAccount
  private let loop: any EventLoop
  private let observer: LoopObserver
  /// What the account knows.
  private var reported = HeldBytes()
  private var reportedTotal = 0
  private var share: MemoryShare?

  init(
    of connection: UInt64, _ peer: Peer, in account: MemoryAccount, on loop: any EventLoop,
    _ observer: LoopObserver
  ) {
    self.connection = connection
    self.peer = peer
    self.account = account
    self.loop = loop
    self.observer = observer
  }

  /// Whether the account knows of it.
  var isLarge: Bool { reportedTotal > 0 || isDropped }

  /// Whether clients have the sidecar hold much less than it may.
  var isRoomy: Bool { account.bytes < account.limit / 2 }

  /// A call has been started.
  func began(_ bytes: Int) { requestBytes += bytes }

  /// A call has ended.
  func ended(_ bytes: Int) { requestBytes -= bytes }

  /// A batch's reply has grown; or has been written, and so is shorter by all of it.
  func gathered(_ bytes: Int) { gatheredBytes += bytes }

  /// Whether there is room for more.
  ///
  /// - Parameter bytes: what the connection would hold with it.
  func hasRoom(upTo bytes: Int) -> Bool {
    !isDropped && account.hasRoom(for: bytes - reportedTotal, share)
  }

  /// Tells the account what the connection holds, if that has changed by much. Where it is too much, this connection
  /// or another one is closed, in a turn of its loop of its own.
  @inline(__always)
  func settle(_ held: HeldBytes) {
    let total = held.total
    let difference = total - reportedTotal
    guard difference >= Self.step || difference <= -Self.step || total < Self.step else { return }
    guard total >= Self.step || reportedTotal > 0 else { return }
    report(total < Self.step ? HeldBytes() : held)
  }

  private func report(_ held: HeldBytes) {
    for (new, old) in zip(held.byKind, reported.byKind) where new.bytes != old.bytes {
      observer.change(new.kind, by: new.bytes - old.bytes)
    }
    reported = held
    reportedTotal = held.total
    account.settle(entry(), to: reportedTotal)
  }

  /// Its place in the account, which it has from now on.
  private func entry() -> MemoryShare {
    if let share { return share }
    let bound = NIOLoopBound(self, eventLoop: loop)
    let share = account.open(connection, of: peer) {
      bound.eventLoop.execute { bound.value.drop() }
    }
    self.share = share
    return share
  }

  private func drop() {
    guard share != nil, !isDropped else { return }
    isDropped = true
    onDrop()
  }

  /// The connection is gone, and nothing of it is left.
  func close() {
    onDrop = {}
    guard let share else { return }
    report(HeldBytes())
    account.close(share)
    self.share = nil
  }
}
