/// The requests of one connection that are owed a reply, and since when.
struct OpenRequests {
  /// A request in a slot of its own, which its id names: the id of an answered request is never
  /// used again before nine thousand million others.
  private struct Slot {
    var id = 0
    var since: UInt64 = 0
  }

  private var slots: [Slot]
  private var free: [Int]
  /// Where replies come in order, the slots in the order of their requests: a ring.
  private var order: [Int]
  private var oldest = 0
  private var generation = 0
  /// The slots of requests that were written down, but not sent yet.
  private var fresh: [Int] = []

  init(capacity: Int) {
    slots = Array(repeating: Slot(), count: capacity)
    free = Array((0..<capacity).reversed())
    order = Array(repeating: 0, count: capacity)
    fresh.reserveCapacity(capacity)
  }

  /// How many requests are open.
  var count: Int { slots.count - free.count }

  /// Opens a request and gives its id; nil when as many are open as may be.
  mutating func open() -> Int? {
    let newest = oldest + count
    guard let slot = free.popLast() else { return nil }
    order[newest % order.count] = slot
    generation &+= 1
    let cycles = (9 * RequestTemplate.firstID) / slots.count
    let id = RequestTemplate.firstID + generation % cycles * slots.count + slot
    slots[slot].id = id
    fresh.append(slot)
    return id
  }

  /// Starts the clock of all requests that were opened since this was last called.
  mutating func start(at time: UInt64) {
    for slot in fresh { slots[slot].since = time }
    fresh.removeAll(keepingCapacity: true)
  }

  /// Closes a request, the oldest if there is no id; when its clock was started, or nil if there
  /// is no such request.
  mutating func close(id: Int?) -> UInt64? {
    guard count > 0 else { return nil }
    let slot: Int
    if let id {
      guard id >= RequestTemplate.firstID else { return nil }
      slot = (id - RequestTemplate.firstID) % slots.count
      guard slots[slot].id == id else { return nil }
    } else {
      slot = order[oldest]
    }
    oldest = (oldest + 1) % order.count
    slots[slot].id = 0
    free.append(slot)
    return slots[slot].since
  }
}
