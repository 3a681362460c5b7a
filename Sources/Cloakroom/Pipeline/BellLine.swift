internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// Calls of one event loop that wait for the same thing: the first of them is rung for, and it is the
/// next one's turn when that has left. The line listens to the bus as long as somebody stands in it, so
/// that nothing is missed in between.
final class BellLine: TopicListener {
  /// What the line listens by; nil until it does.
  var subscription: UInt32?

  private var places: [(id: UInt32, bell: BellState)] = []
  private var isThere = false
  /// Whether it can't listen any more; whoever comes makes another line.
  private(set) var isBroken = false

  /// Whether nobody stands in it.
  var isEmpty: Bool { places.isEmpty }

  /// Takes a place at the end.
  func join(_ bell: BellState, id: UInt32) {
    places.append((id, bell))
    guard isThere else { return }
    bell.subscribed()
    if places.count == 1 { bell.missed() }
  }

  /// Gives a place up.
  func leave(_ id: UInt32) {
    guard let index = places.firstIndex(where: { $0.id == id }) else { return }
    places.remove(at: index)
    // What the one in front has heard, it may not have looked after any more.
    if index == 0, isThere { places.first?.bell.missed() }
  }

  func subscribed() {
    isThere = true
    for place in places { place.bell.subscribed() }
    places.first?.bell.missed()
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) {
    places.first?.bell.received(message, on: name)
  }

  func interrupted(by cause: BusInterruption) { places.first?.bell.missed() }

  func failed(with error: RPCError) {
    isThere = false
    isBroken = true
    for place in places { place.bell.failed(with: error) }
  }
}
