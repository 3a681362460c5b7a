import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// What only shows when leases end, are withdrawn, and when little is kept of what is over.
@Suite("A lease of a pending operation", .timeLimit(.minutes(1)))
struct PendingLeaseTests {
  private static let made: Int64 = 1_000_000
  private static let life: Int64 = 10_000
  private static let lease: Int64 = 500
  private static let brief = PendingRetention(tombstoneMs: 1, receiptMs: 1, deadMs: 1)

  private var record: PendingRecord?
  private var noticed: RecordNotice?

  init() throws {
    tell(.create(try Self.draft()), at: Self.made)
  }

  private static func draft(maxAttempts: Int = 2) throws -> PendingDraft {
    PendingDraft(
      data: ByteBuffer(string: "1"), life: try TimeToLive(milliseconds: life),
      maxAttempts: maxAttempts)
  }

  private static func checkout(_ receipt: String) throws -> PendingStep {
    .checkout(PendingLease(receipt: receipt, life: try TimeToLive(milliseconds: lease)))
  }

  private static func commit(_ receipt: String) -> PendingStep {
    .commit(receipt: receipt, result: ByteBuffer(string: "7"))
  }

  /// Lets something happen, to what the store would have of it.
  @discardableResult
  private mutating func tell(
    _ step: PendingStep, at now: Int64, adopting: PendingDraft? = nil
  ) -> PendingOutcome {
    let request = PendingRequest(
      step, type: "form", adopting: adopting, retention: Self.brief)
    let transition = PendingRecord.decide(record, request, at: now)
    let bytes = (transition.change ?? record)?.record(RecordVersion(1))
    record = bytes.flatMap { try? PendingRecord(reading: $0) }
    noticed = transition.noticed
    return transition.outcome
  }

  // MARK: Ends that a commit meets

  @Test("that has ended as the last, and is committed before anybody has noticed, was not dead")
  mutating func committedLate() throws {
    let last = Self.made + Self.lease
    tell(try Self.checkout("r"), at: Self.made)
    tell(try Self.checkout("s"), at: last)
    #expect(tell(Self.commit("s"), at: last + Self.lease).isDone)
    #expect(noticed == nil)
    #expect(record?.state == .committed)
  }

  @Test("that is committed after the operation's life, before anybody has noticed, ends it")
  mutating func committedAfterLife() throws {
    tell(try Self.checkout("r"), at: Self.made)
    #expect(tell(Self.commit("r"), at: Self.made + Self.life).isDone)
    #expect(noticed == nil)
    #expect(record?.state == .committed && record?.nextLookMs == nil)
  }

  @Test("that is not committed has ended, for the call that comes first")
  mutating func notCommitted() throws {
    tell(try Self.checkout("r"), at: Self.made)
    #expect(!tell(Self.commit("other"), at: Self.made + Self.life).isDone)
    #expect(noticed == .expired)
    #expect(record?.state == .expired)
  }

  // MARK: Withdrawn

  @Test("that is withdrawn leaves an earlier holder, whose lease is over, what it had")
  mutating func withdrawn() throws {
    tell(try Self.checkout("first"), at: Self.made)
    let before = record
    tell(try Self.checkout("second"), at: Self.made + Self.lease)
    #expect(tell(Self.commit("first"), at: Self.made + Self.lease) == .refused(.leaseLost))
    #expect(tell(.withdraw(receipt: "second"), at: Self.made + Self.lease) == .done)
    #expect(record?.lease.receipt == before?.lease.receipt)
    #expect(record?.lease.attempts == before?.lease.attempts)
    #expect(record?.expiresAtMs == before?.expiresAtMs)
    #expect(tell(Self.commit("first"), at: Self.made + Self.lease + 1).isDone)
  }

  @Test(
    "that was not withdrawn takes what an earlier holder had, also when it is over or given back",
    arguments: [true, false])
  mutating func taken(isReleased: Bool) throws {
    tell(.create(try Self.draft(maxAttempts: 0)), at: Self.made)
    tell(try Self.checkout("first"), at: Self.made)
    tell(try Self.checkout("second"), at: Self.made + Self.lease)
    let end = Self.made + 2 * Self.lease
    if isReleased { tell(.release(receipt: "second"), at: end - 1) }
    #expect(tell(Self.commit("first"), at: end) == .refused(.leaseLost))
    // Nor does the second's come back by the withdrawal of a third, but its own.
    record = try Self.open()
    tell(try Self.checkout("second"), at: end)
    tell(try Self.checkout("third"), at: end + Self.lease)
    tell(.withdraw(receipt: "third"), at: end + Self.lease)
    #expect(tell(Self.commit("first"), at: end + Self.lease) == .refused(.leaseLost))
    #expect(tell(Self.commit("second"), at: end + Self.lease).isDone)
  }

  private static func open() throws -> PendingRecord? {
    let draft = try draft(maxAttempts: 0)
    let request = PendingRequest(.create(draft), type: "form", retention: brief)
    return PendingRecord.decide(nil, request, at: made).change
  }

  @Test("that is withdrawn gives nothing back once the data have been changed")
  mutating func changed() throws {
    tell(try Self.checkout("first"), at: Self.made)
    let later = Self.made + Self.lease
    #expect(tell(.update(PendingChange(data: ByteBuffer(string: "2"))), at: later).isDone)
    tell(try Self.checkout("second"), at: later)
    tell(.withdraw(receipt: "second"), at: later)
    #expect(tell(Self.commit("first"), at: later) == .refused(.leaseLost))
  }

  // MARK: Kept

  @Test("is not forgotten before the token that carries its data is, however little is kept")
  mutating func kept() throws {
    let steps: [[PendingStep]] = [
      [], [.release(receipt: "r")], [.withdraw(receipt: "r")], [Self.commit("r")],
      [.release(receipt: "r"), .consume], [.release(receipt: "r"), .delete],
      [.release(receipt: "r"), try Self.checkout("s"), .release(receipt: "s")],
      [
        .release(receipt: "r"), try Self.checkout("s"), .release(receipt: "s"), .reopen,
        try Self.checkout("t"),
      ],
    ]
    for steps in steps {
      record = nil
      tell(try Self.checkout("r"), at: Self.made, adopting: try Self.draft())
      for (place, step) in steps.enumerated() {
        #expect(tell(step, at: Self.made + Int64(place) + 1).isDone)
      }
      let kept = try #require(record?.keptUntilMs)
      #expect(kept >= Self.made + Self.life + PendingRetention.slackMs, "\(steps)")
      #expect(kept >= (record?.expiresAtMs ?? 0) + PendingRetention.slackMs, "\(steps)")
    }
  }

  @Test("that is found to be over keeps its operation as long")
  mutating func keptAfterEnd() throws {
    record = nil
    tell(try Self.checkout("r"), at: Self.made, adopting: try Self.draft(maxAttempts: 1))
    tell(.read(withData: false), at: Self.made + Self.lease)
    #expect(record?.state == .dead)
    #expect((record?.keptUntilMs ?? 0) >= Self.made + Self.life + PendingRetention.slackMs)
  }
}
