import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

/// Steps on pending operations as tests take them: of one type, with what is over kept for a while.
extension StoreHarness {
  /// Keeps tombstones for 1000 s, receipts for 2000 s, and dead ones for 5000 s.
  static let retention = PendingRetention(
    tombstoneMs: 1_000_000, receiptMs: 2_000_000, deadMs: 5_000_000)

  /// Takes one step.
  func pending(
    _ key: StoreKey, _ step: PendingStep, type: String? = "form", adopting: PendingDraft? = nil,
    _ retention: PendingRetention = StoreHarness.retention
  ) async -> PendingReply? {
    let request = PendingRequest(step, type: type, adopting: adopting, retention: retention)
    guard case .pending(let reply) = await perform([.pending(key, request)]).first else {
      return nil
    }
    return reply
  }

  /// Makes an operation that must not be there yet.
  @discardableResult
  func make(
    _ key: StoreKey, _ data: String = "{}", forMs life: Int64 = 100_000, maxAttempts: Int = 0,
    _ retention: PendingRetention = StoreHarness.retention,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async -> PendingOperation? {
    let draft = PendingDraft(
      data: ByteBuffer(string: data), life: .ms(life), maxAttempts: maxAttempts)
    let reply = await pending(key, .create(draft), retention)
    #expect(reply?.operation != nil, sourceLocation: sourceLocation)
    return reply?.operation
  }

  /// Reads an operation with its data.
  func readOperation(_ key: StoreKey, type: String? = "form") async -> PendingReply? {
    await pending(key, .read(withData: true), type: type)
  }

  /// Leases an operation.
  func checkout(_ key: StoreKey, _ receipt: String, forMs life: Int64 = 10_000) async
    -> PendingReply?
  {
    await pending(key, .checkout(PendingLease(receipt: receipt, life: .ms(life))))
  }

  /// Commits, with a text as the result.
  func commit(_ key: StoreKey, _ receipt: String, _ result: String = "null") async
    -> PendingReply?
  {
    await pending(key, .commit(receipt: receipt, result: ByteBuffer(string: result)))
  }

  /// Changes an operation's data.
  func update(
    _ key: StoreKey, _ data: String, ifMatch etag: String? = nil,
    _ life: PendingChange.Life = .keep
  ) async -> PendingReply? {
    await pending(
      key, .update(PendingChange(data: ByteBuffer(string: data), ifMatch: etag, life: life)))
  }
}

extension PendingReply {
  /// The operation, where the reply has one.
  var operation: PendingOperation? {
    switch outcome {
    case .operation(let operation), .leased(let operation, _), .stale(let operation): operation
    default: nil
    }
  }

  /// The operation's data as text.
  var text: String? { operation.map { String(buffer: $0.data) } }

  /// What a lease grants.
  var grant: PendingGrant? {
    guard case .leased(_, let grant) = outcome else { return nil }
    return grant
  }

  /// What a commit was given.
  var result: String? {
    guard case .committed(let result, _) = outcome else { return nil }
    return String(buffer: result)
  }

  /// Why the step was not done.
  var refusal: PendingRefusal? {
    guard case .refused(let refusal) = outcome else { return nil }
    return refusal
  }

  /// Whether the step was refused because somebody has the operation.
  var isLeased: Bool {
    if case .leased = refusal { true } else { false }
  }
}
