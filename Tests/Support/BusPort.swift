internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The half of a harness that lives on the loop: it writes down what it is told.
final class BusPort: BusListener {
  var link: (any BusLink)?
  private(set) var notes: [BusNote] = []
  /// How often it was told that a burst has ended.
  private(set) var bursts = 0
  private var lastID: UInt32 = 0

  func subscribe(_ topics: [Topic]) -> [UInt32] {
    topics.map { topic in
      lastID += 1
      link?.subscribe(topic, id: lastID)
      return lastID
    }
  }

  func subscribed(_ id: UInt32) { notes.append(.subscribed(id)) }

  func received(_ message: ByteBuffer, on name: ByteBuffer, id: UInt32) {
    notes.append(.received(String(buffer: message), on: String(buffer: name), id))
  }

  func interrupted(_ id: UInt32, by cause: BusInterruption) { notes.append(.interrupted(id)) }

  func failed(_ id: UInt32, with error: RPCError) { notes.append(.failed(id, error.reason)) }

  func finishedBurst() { bursts += 1 }
}
