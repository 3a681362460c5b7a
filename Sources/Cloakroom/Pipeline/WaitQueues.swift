internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// What waits in a queue: it is told what the queue is.
protocol QueueMember: AnyObject {
  /// The queue listens.
  func subscribed()
  /// A message has arrived.
  func received(_ message: ByteBuffer, on name: ByteBuffer)
  /// It has to look for itself, without a message.
  func missed()
  /// The queue listens no more, or never will.
  func failed(with error: RPCError)
}

/// The wait queues of one event loop, by name and by waiter.
struct WaitQueues {
  private var queues: [StoreKey: WaitQueue] = [:]
  private var members: [UInt64: WaitQueue.Place] = [:]

  /// Adds a waiter at the end of a queue.
  ///
  /// - Returns: the queue if it is new, and needs a subscription.
  mutating func join(
    _ place: WaiterQueue, _ waiter: any QueueMember, id: UInt64
  ) -> WaitQueue? {
    if let queue = queues[place.name], !queue.isBroken {
      members[id] = queue.join(waiter)
      return nil
    }
    let queue = WaitQueue(place)
    queues[place.name] = queue
    members[id] = queue.join(waiter)
    return queue
  }

  /// Removes a waiter.
  ///
  /// - Returns: the queue if that was its last one, and its subscription has to end.
  mutating func leave(_ id: UInt64) -> WaitQueue? {
    guard let place = members.removeValue(forKey: id), let queue = place.queue else { return nil }
    queue.leave(place)
    guard queue.isEmpty else { return nil }
    if queues[queue.place.name] === queue { queues[queue.place.name] = nil }
    return queue.isBroken ? nil : queue
  }

  /// Whether no other is before a waiter, or its queue has no order any more.
  func isFirst(_ id: UInt64) -> Bool {
    guard let place = members[id], let queue = place.queue else { return true }
    return queue.isFirst(place)
  }
}

/// Calls of one event loop that wait for the same thing, in their order. When the first leaves, it is the next
/// one's turn. The queue stays subscribed as long as it has a waiter, so that nothing is missed in between.
///
/// A linked list: to leave it takes the same time from any place, however many there are.
final class WaitQueue: BusListener {
  /// Where one waits.
  final class Place {
    fileprivate let waiter: any QueueMember
    fileprivate unowned(unsafe) var previous: Place?
    fileprivate var next: Place?
    /// Nil once it was given up.
    fileprivate(set) var queue: WaitQueue?

    fileprivate init(_ waiter: any QueueMember, _ queue: WaitQueue) {
      self.waiter = waiter
      self.queue = queue
    }
  }

  /// Its name, and whom a message wakes.
  let place: WaiterQueue
  /// The queue's subscription; nil until it has one.
  var subscription: UInt64?

  private var first: Place?
  private var last: Place?
  private var isSubscribed = false
  /// Whether it has lost its subscription; the next waiter starts a new queue, and those in it look each for
  /// themselves.
  private(set) var isBroken = false

  init(_ place: WaiterQueue) { self.place = place }

  deinit {
    // One by one: a list that lets go of its first would else let go of all within each other.
    var place = first.take()
    while let current = place { place = current.next.take() }
  }

  var isEmpty: Bool { first == nil }

  /// Whether no other is before a waiter.
  func isFirst(_ place: Place) -> Bool { isBroken || first === place }

  /// Adds a waiter at the end.
  func join(_ waiter: any QueueMember) -> Place {
    let place = Place(waiter, self)
    place.previous = last
    if let last { last.next = place } else { first = place }
    last = place
    if isSubscribed {
      waiter.subscribed()
      if first === place { begin() }
    }
    return place
  }

  /// Removes a waiter.
  func leave(_ place: Place) {
    guard place.queue === self else { return }
    place.queue = nil
    let wasFirst = first === place
    let next = place.next.take()
    if let previous = place.previous { previous.next = next } else { first = next }
    if let next { next.previous = place.previous } else { last = place.previous }
    place.previous = nil
    // The first may have left without acting on its last wake-up.
    if wasFirst, isSubscribed { first?.waiter.missed() }
  }

  func subscribed() {
    isSubscribed = true
    forEach { $0.subscribed() }
    begin()
  }

  /// Where all are woken, each looks once for itself when it has joined.
  private func begin() {
    if place.reach == .first { first?.waiter.missed() }
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) {
    wake { $0.received(message, on: name) }
  }

  func interrupted(by cause: BusInterruption) { wake { $0.missed() } }

  func failed(with error: RPCError) {
    isSubscribed = false
    isBroken = true
    forEach { $0.failed(with: error) }
  }

  private func wake(_ body: (any QueueMember) -> Void) {
    switch place.reach {
    case .first: if let first { body(first.waiter) }
    case .all: forEach(body)
    }
  }

  /// Does something for all who are there now, and still are when it is their turn.
  private func forEach(_ body: (any QueueMember) -> Void) {
    var places: [Place] = []
    var place = first
    while let current = place {
      places.append(current)
      place = current.next
    }
    for place in places where place.queue === self { body(place.waiter) }
  }
}
