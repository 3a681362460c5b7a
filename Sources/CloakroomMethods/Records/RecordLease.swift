internal import CloakroomCore
internal import NIOCore

/// One caller's hold on a record: who has it, until when, and how often it can be had.
struct RecordLease: Equatable {
  /// How often it can be had; 0 is any number of times.
  var mostAttempts: Int64 = 0
  var attempts: Int64 = 0
  /// A number that is greater with each lease.
  var fence: Int64 = 0
  /// The digest of the last lease's receipt; nil once the lease was given back, or something has been changed.
  var receipt: String?
  /// The receipt that was before, while it is leased: a lease that is withdrawn gives it back.
  var earlier: String?
  var endsAtMs: Int64 = 0
  /// When the record's life would end had the last lease not made it longer; 0 when it has not.
  var unleasedEndMs: Int64 = 0
  /// What the last release has said, any JSON; nil when it said nothing.
  var lastError: ByteBuffer?

  /// Whether it was had as often as it can be.
  var isUsedUp: Bool { mostAttempts > 0 && attempts >= mostAttempts }

  /// Gives the record to a caller. Its life lasts at least twice as long as the lease from now on, so that it
  /// can be leased once more when the caller dies.
  ///
  /// - Parameter end: when the record's life ends, in milliseconds since 1970; moved as far as is needed.
  mutating func take(
    _ receipt: String, for life: TimeToLive, at now: Int64, extending end: inout Int64
  ) {
    attempts &+= 1
    fence = max(fence &+ 1, now.multipliedReportingOverflow(by: 1000).partialValue)
    earlier = self.receipt
    self.receipt = receipt
    endsAtMs = now &+ life.milliseconds
    let atLeast = endsAtMs &+ life.milliseconds
    unleasedEndMs = end < atLeast ? end : 0
    end = max(end, atLeast)
  }

  /// Makes it as if the last lease had never been.
  ///
  /// - Parameter end: when the record's life ends, likewise.
  mutating func withdraw(restoring end: inout Int64) {
    attempts = max(attempts &- 1, 0)
    receipt = earlier
    earlier = nil
    endsAtMs = 0
    if unleasedEndMs > 0 { end = unleasedEndMs }
    unleasedEndMs = 0
  }

  /// Gives it back, saying why.
  mutating func release(saying error: ByteBuffer?) {
    clearReceipts()
    lastError = error
  }

  /// Ends what the receipts so far are good for.
  mutating func clearReceipts() {
    receipt = nil
    earlier = nil
  }

  /// Makes it as if it had never been had.
  mutating func renew() {
    attempts = 0
    clearReceipts()
    endsAtMs = 0
    unleasedEndMs = 0
  }
}

/// How the store has it.
extension RecordLease {
  init(_ header: RecordHeader) {
    mostAttempts = header.number("most") ?? 0
    attempts = header.number("attempts") ?? 0
    fence = header.number("fence") ?? 0
    receipt = header.text("receipt")
    earlier = header.text("earlier")
    endsAtMs = header.number("lease") ?? 0
    unleasedEndMs = header.number("unleased") ?? 0
    lastError = header.json("error")
  }

  func write(to header: inout RecordHeaderWriter) {
    header.write("most", unlessZero: mostAttempts)
    header.write("attempts", unlessZero: attempts)
    header.write("fence", unlessZero: fence)
    header.write("receipt", receipt)
    header.write("earlier", earlier)
    header.write("lease", unlessZero: endsAtMs)
    header.write("unleased", unlessZero: unleasedEndMs)
    header.write("error", json: lastError)
  }
}
