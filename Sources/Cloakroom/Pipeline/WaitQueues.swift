internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import DequeModule
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
  /// Does something in another turn of the loop, when that has looked at its sockets.
  var later: (@escaping () -> Void) -> Void = { $0() }
  private var queues: [StoreKey: WaitQueue] = [:]
  private var members: [UInt64: WaitQueue.Place] = [:]

  /// Adds a waiter at the end of a queue.
  ///
  /// - Returns: the queue if it is new, and needs a subscription.
  mutating func join(
    _ place: WaiterQueue, _ waiter: any QueueMember, id: UInt64
  ) -> WaitQueue? {
    if let queue = queues[place.name], !queue.isBroken {
      members[id] = queue.join(waiter, place.reach)
      return nil
    }
    let queue = WaitQueue(place, later: later)
    queues[place.name] = queue
    members[id] = queue.join(waiter, place.reach)
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
    /// What it is told by, where one is told by a name.
    fileprivate let name: ByteBuffer?

    fileprivate init(_ waiter: any QueueMember, _ reach: WaiterQueue.Reach, _ queue: WaitQueue) {
      self.waiter = waiter
      self.queue = queue
      name = if case .named(let name) = reach { name } else { nil }
    }
  }

  /// The clock is asked after so many that were told something.
  private static let toldPerLook = 32

  /// Its name, and whom a message wakes.
  let place: WaiterQueue
  /// The queue's subscription; nil until it has one.
  var subscription: UInt64?

  private var first: Place?
  private var last: Place?
  /// Those who are told by a name.
  private var named: [ByteBuffer: Place] = [:]
  /// Those who are to be told something, and what.
  private var untold = Deque<(places: ArraySlice<Place>, what: (any QueueMember) -> Void)>()
  private var isTelling = false
  private let later: (@escaping () -> Void) -> Void
  private var isSubscribed = false
  /// Whether it has lost its subscription; the next waiter starts a new queue, and those in it look each for
  /// themselves.
  private(set) var isBroken = false

  /// - Parameter later: does something in another turn of the loop.
  init(_ place: WaiterQueue, later: @escaping (@escaping () -> Void) -> Void) {
    self.place = place
    self.later = later
  }

  deinit {
    // One by one: a list that lets go of its first would else let go of all within each other.
    var place = first.take()
    while let current = place { place = current.next.take() }
  }

  var isEmpty: Bool { first == nil }

  /// Whether no other is before a waiter.
  func isFirst(_ place: Place) -> Bool { isBroken || first === place }

  /// Adds a waiter at the end.
  func join(_ waiter: any QueueMember, _ reach: WaiterQueue.Reach) -> Place {
    let place = Place(waiter, reach, self)
    if let name = place.name { named[name] = place }
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
    if let name = place.name, named[name] === place { named[name] = nil }
    let wasFirst = first === place
    let next = place.next.take()
    if let previous = place.previous { previous.next = next } else { first = next }
    if let next { next.previous = place.previous } else { last = place.previous }
    place.previous = nil
    // The first may have left without acting on its last wake-up.
    if wasFirst, isSubscribed, place.name == nil { first?.waiter.missed() }
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
    switch place.reach {
    case .first: first?.waiter.received(message, on: name)
    case .all: forEach { $0.received(message, on: name) }
    case .named: named[message]?.waiter.received(message, on: name)
    }
  }

  func interrupted(by cause: BusInterruption) {
    switch place.reach {
    case .first: first?.waiter.missed()
    case .all, .named: forEach { $0.missed() }
    }
  }

  func failed(with error: RPCError) {
    isSubscribed = false
    isBroken = true
    forEach { $0.failed(with: error) }
  }

  /// Does something for all who are there now, and still are when it is their turn.
  private func forEach(_ body: @escaping (any QueueMember) -> Void) {
    var places: [Place] = []
    var place = first
    while let current = place {
      places.append(current)
      place = current.next
    }
    untold.append((places[...], body))
    if !isTelling { tell() }
  }

  /// Tells those who are to be told, as long as the turn has time: a hundred thousand may wait.
  private func tell() {
    isTelling = true
    let budget = TurnBudget()
    while let (places, what) = untold.popFirst() {
      let now = places.prefix(Self.toldPerLook)
      if now.count < places.count { untold.prepend((places.dropFirst(now.count), what)) }
      for place in now where place.queue === self { what(place.waiter) }
      if budget.isOver(), !untold.isEmpty { return later { self.tell() } }
    }
    isTelling = false
  }
}
