internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The half of a harness that lives on the loop: it writes down what it is told.
final class BusPort {
  var link: (any BusLink)?
  private(set) var notes: [BusNote] = []
  /// How often it was told that a burst has ended.
  private(set) var bursts = 0
  /// How long it takes over each message.
  var pace = TimeAmount.zero
  private var lastID: UInt64 = 0

  func subscribe(_ topics: [Topic]) -> [UInt64] {
    topics.map { topic in
      lastID += 1
      link?.subscribe(topic, id: lastID, listener: Listener(id: lastID, port: self))
      return lastID
    }
  }

  func start(on loop: any EventLoop) {
    link?.start(later: { loop.assumeIsolated().execute($0) }) { _ in self.bursts += 1 }
  }

  /// One subscription.
  private final class Listener: BusListener {
    private let id: UInt64
    private let port: BusPort

    init(id: UInt64, port: BusPort) {
      self.id = id
      self.port = port
    }

    func subscribed() { port.notes.append(.subscribed(id)) }

    func received(_ message: ByteBuffer, on name: ByteBuffer) {
      port.notes.append(.received(String(buffer: message), on: String(buffer: name), id))
      let end = NIODeadline.now() + port.pace
      while NIODeadline.now() < end {}
    }

    func interrupted(by cause: BusInterruption) { port.notes.append(.interrupted(id)) }

    func failed(with error: RPCError) { port.notes.append(.failed(id, error.reason)) }
  }
}
