import Support
import Testing

@Suite("The check that looks for an order of concurrent calls", .timeLimit(.minutes(1)))
struct LinearizabilityCheckerTests {
  /// Calls on one operation with their times, and whether there is an order that explains them.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let calls: [(from: Int64, to: Int64?, call: OperationCall)]
    let isExplained: Bool

    init(
      _ description: String, explained: Bool,
      _ calls: [(from: Int64, to: Int64?, call: OperationCall)]
    ) {
      testDescription = description
      self.calls = calls
      isExplained = explained
    }
  }

  private static let fresh = OperationContent()
  private static let patched = OperationContent(base: 0, patches: [1])
  private static let consumed = OperationCall(.consume, .consumed(fresh))
  private static let tooLate = OperationCall(.consume, .refused(.consumed))
  private static let lost = OperationCall(.consume, .unknown)
  private static let patch = OperationCall(.patch(write: 1, over: nil), .yes)

  private static func read(
    _ content: OperationContent, _ standing: OperationCall.Standing = .open, attempts: Int = 0
  ) -> OperationCall { OperationCall(.verify, .operation(content, standing, attempts: attempts)) }

  private static func leased(_ receipt: Int, fence: Int, attempt: Int = 1, ms: Int64 = 60_000)
    -> OperationCall
  {
    OperationCall(
      .checkout(leaseMs: ms),
      .leased(fresh, receipt: receipt, attempt: attempt, fence: fence))
  }

  private static func commit(_ receipt: Int, _ result: Int, told: Int? = nil) -> OperationCall {
    OperationCall(.commit(receipt: receipt, result: result), .committed(result: told ?? result))
  }

  static let cases: [Case] = [
    Case("one of two gets it", explained: true, [(0, 9, consumed), (1, 8, tooLate)]),
    Case("two get it", explained: false, [(0, 9, consumed), (1, 8, consumed)]),
    Case(
      "it is gone before anybody took it", explained: false, [(0, 1, tooLate), (2, 3, consumed)]),
    Case("it is gone, and nobody took it", explained: false, [(0, 1, tooLate)]),
    Case(
      "it is gone by a call that nobody knows of", explained: true,
      [(0, nil, lost), (2, 3, tooLate)]),
    Case(
      "it is gone by a call that was sent later", explained: false,
      [(4, nil, lost), (2, 3, tooLate)]),
    Case(
      "a call that nobody knows of has not been done, and is done later", explained: true,
      [(0, nil, lost), (2, 3, read(fresh)), (4, 5, tooLate)]),
    Case(
      "a call that nobody knows of is done twice", explained: false,
      [(0, nil, lost), (2, 3, tooLate), (4, 5, consumed)]),
    Case(
      "it is there again after it was gone", explained: false,
      [(0, 1, consumed), (2, 3, read(fresh))]),
    Case("a patch is there", explained: true, [(0, 1, patch), (2, 3, read(patched))]),
    Case("a patch is lost", explained: false, [(0, 1, patch), (2, 3, read(fresh))]),
    Case("a patch is there too early", explained: false, [(2, 3, patch), (0, 1, read(patched))]),
    Case(
      "one reads a patch, and another, after that, does not", explained: false,
      [(0, 9, patch), (1, 2, read(patched)), (3, 4, read(fresh))]),
    Case(
      "one does not read a patch, and another, after that, does", explained: true,
      [(0, 9, patch), (1, 2, read(fresh)), (3, 4, read(patched))]),
    Case(
      "two change what both have seen", explained: false,
      [
        (0, 9, OperationCall(.patch(write: 1, over: 0), .yes)),
        (1, 8, OperationCall(.replace(write: 2, over: 0), .yes)),
      ]),
    Case(
      "a change is refused, and nothing was changed", explained: false,
      [(0, 9, OperationCall(.patch(write: 1, over: 0), .refused(.conflict)))]),
    Case(
      "a repeated call is one call", explained: true,
      [
        (0, 1, OperationCall(.consume, .consumed(fresh), key: 1)),
        (2, 3, OperationCall(.consume, .consumed(fresh), key: 1)), (4, 5, tooLate),
      ]),
    Case(
      "a repeated patch is done again over another's data", explained: false,
      [
        (0, 1, OperationCall(.patch(write: 1, over: nil), .yes, key: 1)),
        (2, 3, OperationCall(.replace(write: 2, over: nil), .yes)),
        (4, 5, OperationCall(.patch(write: 1, over: nil), .yes, key: 1)),
        (6, 7, read(OperationContent(base: 2, patches: [1]))),
      ]),
    Case(
      "two have it at once", explained: false,
      [(0, 5, leased(0, fence: 1)), (2, 9, leased(1, fence: 2, attempt: 2))]),
    Case(
      "the next has it when the lease is over", explained: true,
      [
        (0, 500, leased(0, fence: 1, ms: 10)),
        (12_000, 13_000, leased(1, fence: 2, attempt: 2)),
      ]),
    Case(
      "the next has it before the lease is over", explained: false,
      [
        (0, 500, leased(0, fence: 1, ms: 100)),
        (12_000, 13_000, leased(1, fence: 2, attempt: 2)),
      ]),
    Case(
      "it is held though the lease is over", explained: false,
      [
        (0, 500, leased(0, fence: 1, ms: 10)),
        (60_000, 61_000, OperationCall(.consume, .refused(.checkedOut))),
      ]),
    Case(
      "a fence that is no greater", explained: false,
      [
        (0, 1, leased(0, fence: 7)),
        (2, 3, OperationCall(.release(receipt: 0), .released(.open, attempts: 1))),
        (4, 5, leased(1, fence: 7, attempt: 2)),
      ]),
    Case(
      "a commit is repeated", explained: true,
      [(0, 1, leased(0, fence: 1)), (2, 3, commit(0, 5)), (4, 5, commit(0, 6, told: 5))]),
    Case(
      "two commits with two results", explained: false,
      [(0, 1, leased(0, fence: 1)), (2, 3, commit(0, 5)), (4, 5, commit(0, 6))]),
    Case(
      "a commit after others have changed the data", explained: false,
      [
        (0, 1, leased(0, fence: 1, ms: 5)), (20_000, 20_001, patch), (20_002, 20_003, commit(0, 5)),
      ]),
    Case(
      "its attempts are used up with the last lease", explained: true,
      [
        (0, 1, leased(0, fence: 1)),
        (2, 3, OperationCall(.release(receipt: 0), .released(.open, attempts: 1))),
        (4, 5, leased(1, fence: 2, attempt: 2, ms: 5)),
        (30_000, 30_001, read(fresh, .dead, attempts: 2)),
        (30_002, 30_003, OperationCall(.reopen, .yes)), (30_004, 30_005, read(fresh)),
      ]),
  ]

  @Test("tells what can be from what can't", arguments: cases)
  func verdict(of test: Case) {
    let history = test.calls.map {
      TimedCall($0.call, invokedAt: $0.from, answeredAt: $0.to)
    }
    let verdict = LinearizabilityChecker.check(history, from: OperationModel(maxAttempts: 2))
    #expect((verdict == .linearizable) == test.isExplained, "\(verdict)")
    #expect(verdict != .undecided)
  }

  @Test("says so when there are too many possible orders to look at")
  func undecided() {
    let history =
      (1...40).map { write in
        TimedCall(
          OperationCall(.patch(write: write, over: nil), .yes), invokedAt: 0, answeredAt: 1000)
      } + [TimedCall(Self.read(Self.fresh), invokedAt: 2000, answeredAt: 3000)]
    let verdict = LinearizabilityChecker.check(
      history, from: OperationModel(maxAttempts: 1), limit: 1000)
    #expect(verdict == .undecided)
  }
}
