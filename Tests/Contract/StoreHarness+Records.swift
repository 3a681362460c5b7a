import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Synchronization

@testable import CloakroomMethods

/// What a call on a pending operation came to.
struct PendingReply: Sendable, Equatable {
  /// What the caller is told.
  let outcome: PendingOutcome
  /// What the call was the first to find.
  let noticed: RecordNotice?

  init(_ outcome: PendingOutcome, noticed: RecordNotice? = nil) {
    self.outcome = outcome
    self.noticed = noticed
  }
}

/// A call on a record.
indirect enum RecordAsk: Sendable {
  case pending(StoreKey, PendingRequest)
  /// One that keeps its answer in a record of calls.
  case idempotent(IdempotencyRecord, RecordAsk)

  /// The record's name.
  var name: StoreKey {
    switch self {
    case .pending(let name, _): name
    case .idempotent(_, let ask): ask.name
    }
  }
}

/// What a call on a record came to.
enum RecordReply: Sendable, Equatable {
  case pending(PendingReply)
  case failure(RPCError)

  /// What the call was the first to find.
  var notice: RecordNotice? {
    if case .pending(let reply) = self { reply.noticed } else { nil }
  }
}

/// A runner of calls on records, on a harness' loop.
private final class HarnessRecords: RecordHost {
  private let port: StoreHarnessPort
  private let loop: any EventLoop
  private var notices: [StoreKey: RecordNotice] = [:]
  private(set) lazy var runner = RecordRunner(on: self, recordBytes: 1 << 24)

  init(_ port: StoreHarnessPort, on loop: any EventLoop) {
    self.port = port
    self.loop = loop
    guard let link = port.link else { fatalError("the harness is closed") }
    store = link
  }

  let store: any StoreLink

  static func of(_ port: StoreHarnessPort, on loop: any EventLoop) -> HarnessRecords {
    if let there = port.companion as? HarnessRecords { return there }
    let records = HarnessRecords(port, on: loop)
    port.companion = records
    return records
  }

  func perform(
    _ command: StoreCommand, _ completion: ((StoreReply) -> Void)?,
    submitting: (StoreTicket) -> Void
  ) {
    port.perform(command, submitting: submitting) { completion?($0) }
  }

  func later(_ time: Duration, _ body: @escaping () -> Void) {
    loop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { body() }
  }

  func noticed(
    _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
    about subject: RecordSubject?
  ) {
    notices[name] = notice
  }

  /// What was noticed of a record since it was last asked for.
  func takeNotice(of name: StoreKey) -> RecordNotice? { notices.removeValue(forKey: name) }
}

/// Outcomes by the numbers that stand for them in results: what is kept of a call is a text.
private let outcomes = Mutex<[PendingOutcome]>([])

extension StoreHarness {
  /// Runs calls on records without waiting between them, and answers in the same order.
  func perform(_ asks: [RecordAsk]) async -> [RecordReply] {
    await withTaskGroup(of: (Int, RecordReply).self) { group in
      for (place, ask) in asks.enumerated() { group.addTask { (place, await self.perform(ask)) } }
      var replies: [(Int, RecordReply)] = []
      for await reply in group { replies.append(reply) }
      return replies.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func perform(_ ask: RecordAsk) async -> RecordReply {
    var idempotency: IdempotencyRecord?
    var ask = ask
    while case .idempotent(let its, let inner) = ask { (idempotency, ask) = (its, inner) }
    guard case .pending(let name, let request) = ask else { return .failure(RPCError(.internal)) }
    let call = RecordCall(PendingRecord.self, name, request) { outcome, result -> Tally? in
      let number = outcomes.withLock { outcomes in
        outcomes.append(outcome)
        return outcomes.count - 1
      }
      result.writeString("\(number)")
      return nil
    }
    let (answer, notice) = await run(call, keepingIn: idempotency)
    switch answer.result {
    case .failure(let error): return .failure(error)
    case .success(let result):
      guard let number = Int(String(buffer: result)) else { return .failure(RPCError(.internal)) }
      return .pending(PendingReply(outcomes.withLock { $0[number] }, noticed: notice))
    }
  }

  /// Runs a call on a record.
  ///
  /// - Returns: its answer, and what it was the first to find.
  func run(
    _ call: RecordCall, keepingIn idempotency: IdempotencyRecord? = nil
  ) async -> (RecordAnswer, RecordNotice?) {
    let loop = loop
    return await withCheckedContinuation { continuation in
      run { port in
        let records = HarnessRecords.of(port, on: loop)
        records.runner.run(call, keepingIn: idempotency) {
          continuation.resume(returning: ($0, records.takeNotice(of: call.name)))
        }
      }
    }
  }
}
