import CloakroomCore
import Dispatch
import Synchronization

/// Records on their way from the event loops to the writer's thread, limited in number and bytes.
///
/// The lock is only ever held for a few assignments, never over a system call, so a loop doesn't
/// wait for the disk. What has been taken out counts against the limits until it is settled.
final class AccessLogQueue: Sendable {
  /// What the writer has to do next.
  struct Work {
    var batches: [AccessLogBatch]
    var reopens: Bool
    /// Nothing comes after this.
    var isLast: Bool
  }

  /// What the writer's thread is at; loops wake it only when it would not look by itself soon.
  private enum Writer {
    case idle
    case lingering
    case working
  }

  private struct State {
    var batches: [AccessLogBatch] = []
    var waiting = 0
    var waitingBytes = 0
    var reopens = false
    var closing = false
    var writer = Writer.working
    var counts = AccessLogCounts()
  }

  private let limit: Int
  private let byteLimit: Int
  private let linger: DispatchTimeInterval
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  init(limit: Int, byteLimit: Int, linger: Duration) {
    self.limit = max(1, limit)
    self.byteLimit = max(1, byteLimit)
    self.linger = linger.dispatchInterval
  }

  /// Takes a batch in as far as there is room, and answers how many of its records there was none
  /// for.
  func enqueue<Record: AccessLogRecord>(_ batch: consuming [Record]) -> Int {
    let count = batch.count
    guard count > 0 else { return 0 }
    var bytes = 0
    for index in batch.indices {
      bytes += batch[index].weight
    }
    let accepted = [Record](batch)
    let (dropped, wakes) = state.withLock { state -> (Int, Bool) in
      var dropped = 0
      if state.closing {
        dropped = count
      } else if state.waiting + count <= limit && state.waitingBytes + bytes <= byteLimit {
        state.waiting += count
        state.waitingBytes += bytes
        state.batches.append(Record.batch(accepted))
      } else {
        dropped = Self.squeeze(accepted, into: &state, limit: limit, byteLimit: byteLimit)
      }
      state.counts.droppedByQueue += UInt64(dropped)
      return (dropped, Self.mustWake(&state, limit: limit))
    }
    if wakes { wake.signal() }
    return dropped
  }

  /// Takes in the first records of a batch that doesn't fit whole.
  private static func squeeze<Record: AccessLogRecord>(
    _ batch: [Record], into state: inout State, limit: Int, byteLimit: Int
  ) -> Int {
    var fitting = 0
    for record in batch {
      let weight = record.weight
      guard state.waiting < limit, state.waitingBytes + weight <= byteLimit else { break }
      state.waiting += 1
      state.waitingBytes += weight
      fitting += 1
    }
    if fitting > 0 {
      state.batches.append(Record.batch(Array(batch.prefix(fitting))))
    }
    return batch.count - fitting
  }

  private static func mustWake(_ state: inout State, limit: Int) -> Bool {
    switch state.writer {
    case .working:
      return false
    case .lingering:
      guard state.waiting >= limit / 2 else { return false }
    case .idle:
      guard !state.batches.isEmpty else { return false }
    }
    state.writer = .working
    return true
  }

  /// Waits until there is something to do and takes all of it. For the writer's thread alone.
  func next() -> Work {
    let lingers = state.withLock { state in
      let lingers = !state.closing && !state.reopens && state.waiting < limit / 2
      if lingers { state.writer = .lingering }
      return lingers
    }
    if lingers {
      _ = wake.wait(timeout: .now() + linger)
    }
    while true {
      let work = state.withLock { state -> Work? in
        if state.batches.isEmpty && !state.reopens && !state.closing {
          state.writer = .idle
          return nil
        }
        state.writer = .working
        let work = Work(batches: state.batches, reopens: state.reopens, isLast: state.closing)
        state.batches = []
        state.reopens = false
        return work
      }
      if let work { return work }
      wake.wait()
    }
  }

  /// Counts the records that the writer had taken as written or dropped, and makes room for as many.
  func settle(records: Int, weight: Int, written: Int, dropped: Int) {
    state.withLock { state in
      state.waiting -= records
      state.waitingBytes -= weight
      state.counts.written += UInt64(written)
      state.counts.droppedByWrite += UInt64(dropped)
    }
  }

  /// Notes how opening the file again went.
  func noteReopening(failed: Bool) {
    state.withLock {
      if failed { $0.counts.reopenFailures += 1 }
      $0.counts.keepsOldFile = failed
    }
  }

  /// Has the writer open its file anew before it goes on.
  func reopen() {
    state.withLock { $0.reopens = true }
    wake.signal()
  }

  /// Takes nothing more in; what is there is still written.
  func close() {
    state.withLock { $0.closing = true }
    wake.signal()
  }

  /// The writer's thread has done its last work.
  func end() {
    ended.signal()
  }

  /// Waits for the writer's thread to end; false when it hadn't by then.
  func waitForEnd(atMost patience: Duration) -> Bool {
    guard ended.wait(timeout: .now() + patience.dispatchInterval) == .success else { return false }
    // For those who wait as well.
    ended.signal()
    return true
  }

  var counts: AccessLogCounts {
    state.withLock { $0.counts }
  }

  /// Records taken in and neither written nor dropped yet.
  var waiting: Int {
    state.withLock { $0.waiting }
  }
}

extension Duration {
  /// The same for Dispatch's timed waits, in nanoseconds; at most 292 years, never negative.
  var dispatchInterval: DispatchTimeInterval {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return .nanoseconds(0) }
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return .never }
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carry ? .never : .nanoseconds(Int(sum))
  }
}
