import CloakroomCore
import CloakroomStore
import CloakroomTokens
import NIOCore
import Testing

@testable import CloakroomMethods

/// A store that answers as it is told, and a runner on it: no loop, and time is a number.
final class ScriptedStore: RecordHost {
  /// A command that was not answered yet.
  private struct Asked {
    let command: StoreCommand
    let completion: ((StoreReply) -> Void)?
  }

  /// The link's part of a store that is never sent anything.
  private final class Link: StoreLink {
    let downReason: String? = nil
    let isReadOnly = false
    let counters = StoreLinkCounters()
    var timeMs = ScriptedStore.nowMs
    var sendings: UInt64 = 0
    /// What was submitted at these sendings can be withdrawn.
    var unsent: UInt64?

    func start(sink: any StoreSink) {}
    func close() {}
    func submit(_ command: consuming StoreCommand, ticket: StoreTicket) {}
    func withdraw(_ ticket: StoreTicket, since sendings: UInt64) -> Bool { unsent == sendings }
  }

  static let nowMs: Int64 = 1_000_000
  /// How large a sheet's text may become.
  static let recordBytes = 100

  /// What calls were answered, by the names that tests give them, in the order of the answers.
  private(set) var answers: [(call: String, answer: RecordAnswer)] = []
  private(set) var notices: [String] = []
  /// What is to be done after a time.
  private var delayed: [() -> Void] = []
  private var asked: [Asked] = []
  /// What was handed to another thread and has not begun; nil has it done at once.
  private var work: [(number: Int, body: () -> Void)]?
  private var workCount = 0
  private let link = Link()
  private(set) lazy var runner = RecordRunner(
    on: self, recordBytes: Self.recordBytes, recentBytes: recentBytes)
  /// How many bytes of what it has written the runner decides on without a read.
  private let recentBytes: Int

  init(recentBytes: Int = 0) { self.recentBytes = recentBytes }

  // MARK: Host

  var store: any StoreLink { link }

  func perform(
    _ command: StoreCommand, _ completion: ((StoreReply) -> Void)?,
    submitting: (StoreTicket) -> Void
  ) {
    submitting(StoreTicket(index: UInt32(asked.count)))
    asked.append(Asked(command: command, completion: completion))
  }

  func later(_ time: Duration, _ body: @escaping () -> Void) { delayed.append(body) }

  func compute<Value: Sendable>(
    for owner: Peer?, _ body: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void
  ) -> (() -> Bool)? {
    func run() {
      do throws(RPCError) {
        completion(.success(try body()))
      } catch {
        completion(.failure(error))
      }
    }
    workCount += 1
    let number = workCount
    guard work != nil else {
      run()
      return nil
    }
    work?.append((number, run))
    return {
      let count = self.work?.count
      self.work?.removeAll { $0.number == number }
      return self.work?.count != count
    }
  }

  func noticed(
    _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
    about subject: RecordSubject?
  ) {
    notices.append("\(namespace) \(String(buffer: name.bytes)) \(notice)")
  }

  // MARK: Calls

  /// Runs a call.
  ///
  /// - Parameter label: what the answer is noted by.
  @discardableResult
  func run(
    _ label: String = "", _ call: RecordCall, keepingIn idempotency: IdempotencyRecord? = nil
  ) -> RecordWait {
    runner.run(call, keepingIn: idempotency) { self.answers.append((label, $0)) }
  }

  /// The answers so far, as text: `name: text`, `name: REASON`; with `again` what was kept.
  var told: [String] {
    answers.map { call, answer in
      let text =
        switch answer.result {
        case .success(let result): String(buffer: result)
        case .failure(let error): error.reason.name
        }
      return "\(call): \(text)\(answer.isFirst ? "" : " again")"
    }
  }

  // MARK: The store

  /// The commands that wait for answers, as text.
  var steps: [String] { asked.map { Self.describe($0.command) } }

  /// The commits among them.
  var commits: [RecordCommit] {
    asked.compactMap {
      switch $0.command {
      case .commit(_, let commit), .idempotent(_, .commit(_, let commit)): commit
      default: nil
      }
    }
  }

  /// What is to be kept with the first command.
  var note: ByteBuffer? {
    if case .idempotent(let record, _) = asked.first?.command { record.note } else { nil }
  }

  /// Answers the first command that waits.
  func answer(_ reply: StoreReply, sourceLocation: SourceLocation = #_sourceLocation) {
    guard let first = asked.first else {
      Issue.record("nothing was asked", sourceLocation: sourceLocation)
      return
    }
    asked.removeFirst()
    first.completion?(reply)
  }

  /// Answers a read.
  func answer(
    record: ByteBuffer?, at now: Int64 = nowMs, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    answer(.record(record, atMs: now), sourceLocation: sourceLocation)
  }

  /// Answers a commit that has not been done.
  func answer(
    stale record: ByteBuffer?, wasResent: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    answer(
      .stale(record, atMs: Self.nowMs, wasResent: wasResent), sourceLocation: sourceLocation)
  }

  /// Whether what is submitted from now on can be withdrawn.
  func holdBack(_ isHeldBack: Bool) { link.unsent = isHeldBack ? link.sendings : nil }

  /// Leaves what is handed to another thread from now on until `doWork`.
  func holdWork() { work = [] }

  /// How much was handed to another thread and has not begun.
  var waitingWork: Int { work?.count ?? 0 }

  /// Does what was handed to another thread first.
  func doWork(sourceLocation: SourceLocation = #_sourceLocation) {
    guard let first = work?.first else {
      Issue.record("no work waits", sourceLocation: sourceLocation)
      return
    }
    work?.removeFirst()
    first.body()
  }

  /// Does what was to be done after a time.
  ///
  /// - Returns: whether there was anything.
  func pass() -> Bool {
    let bodies = delayed
    delayed = []
    for body in bodies { body() }
    return !bodies.isEmpty
  }

  // MARK: Parts

  /// A sheet as the store has it.
  static func sheet(
    _ text: String, version: UInt64, expiresAtMs: Int64 = nowMs + SheetRecord.lifeMs,
    isHeld: Bool = false, isOver: Bool = false
  ) -> ByteBuffer {
    var sheet = SheetRecord(text, expiresAtMs: expiresAtMs, isHeld: isHeld)
    sheet.isOver = isOver
    return sheet.record(RecordVersion(version))
  }

  /// Where the answer of a call with an idempotency key is kept.
  static func place(_ key: String) -> IdempotencyRecord {
    IdempotencyRecord(
      name: StoreKey(bytes: ByteBuffer(string: key)),
      fingerprint: Fingerprint(of: ByteBuffer(string: "call")), life: .day)
  }

  static let wrongType = RPCError(
    .storeRefused, details: [.text("code", "WRONGTYPE")])

  private static func describe(_ command: StoreCommand) -> String {
    func text(_ name: StoreKey) -> String { String(buffer: name.bytes) }
    return switch command {
    case .read(let name): "read \(text(name))"
    case .step(let step as ReadFields): "fields \(text(step.name))"
    case .commit(let name, let commit): "commit \(text(name)) \(describe(commit))"
    case .idempotent(let record, let command): "keep \(text(record.name)) \(describe(command))"
    case .recall(let record): "recall \(text(record.name))"
    default: "\(command)"
    }
  }

  private static func describe(_ commit: RecordCommit) -> String {
    let expected =
      switch commit.expected {
      case .nothing: "nothing"
      case .fields(let digest): "hash \(digest)"
      case .version(let version):
        (0..<1000).first { RecordVersion($0) == version }.map { "\($0)" } ?? "new"
      }
    guard let replacement = commit.replacement else { return "over \(expected)" }
    let data = RecordHeader.split(replacement).map { String(buffer: $0.data) } ?? "no record"
    return "over \(expected): \(data)"
  }
}

extension ScriptedStore {
  /// What seals the answer that is kept in a place; with keys of its own unless there are others.
  static func secret(
    _ place: IdempotencyRecord, by tokens: TokenService? = nil
  ) throws -> SecretAnswer? {
    let tokens = try tokens ?? TokenService.withRandomKeys()
    let settings = Settings(Configuration(socket: .init(path: "/s")), tokens: tokens)
    var arguments = Arguments(settings: settings, depthLimit: 16)
    arguments.idempotency = place
    return SecretAnswer(arguments)
  }
}

extension TokenService {
  /// A service with keys that nobody else has.
  static func withRandomKeys() throws -> TokenService {
    TokenService(try KeyRing.random(), options: Configuration.Tokens())
  }
}
