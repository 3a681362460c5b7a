/// The calls of a connection that take several steps, or wait; in no order. Each knows its place, so that it is
/// taken out as fast as it was put in.
struct ConnectionCalls {
  private(set) var all: [any ConnectionCall] = []
  /// What they are taken to cost together, in bytes.
  private(set) var heldBytes = 0

  /// A call begins.
  mutating func add(_ call: any ConnectionCall) {
    call.place = all.count
    all.append(call)
    heldBytes += type(of: call).heldBytes
  }

  /// It has ended: the last takes its place.
  mutating func remove(_ call: any ConnectionCall) {
    guard let last = all.popLast() else { return }
    heldBytes -= type(of: call).heldBytes
    guard last !== call else { return }
    last.place = call.place
    all[call.place] = last
  }

  /// The calls that have this id, in JSON; a careful client has one at most.
  ///
  /// Those that are one step of the store are not here: their answers are under way.
  func called(_ id: RawSpan) -> [any ConnectionCall] { all.filter { $0.isCalled(id) } }
}
