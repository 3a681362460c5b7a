import Support
import Testing

/// One pending operation: random calls on it, what its callers know, and what they were told.
final class OperationTrack {
  /// How many calls the checker takes, and some for the end.
  private static let mostCalls = 56
  /// Answers that say that nothing was done.
  private static let nothingDone = [
    "UNAVAILABLE", "DEADLINE_EXCEEDED", "OVERLOADED", "IDEMPOTENCY_IN_PROGRESS",
  ]
  /// How often an operation can be checked out.
  static let maxAttempts = 3

  /// A call that was sent, or is to be.
  struct Call {
    let event: OperationCall.Event
    let key: Int?
    let method: String
    let params: String
  }

  let creation: String
  let scope: String
  private var token: String?
  private var id = ""

  private(set) var history: [TimedCall<OperationCall>] = []
  private var sent: [Call] = []
  private var underWay = 0
  private var callsAfterEnd = 0
  private var lastWrite = 0
  private var lastKey = 0
  private var etags: [Int: String] = [:]
  private var receipts: [String] = []
  private var firstAnswers: [Int: (shape: String, told: OperationCall.Told)] = [:]
  private var answered: Set<Int> = []
  private let wanted: Int
  private let leaseMs: ClosedRange<Int64>

  /// An operation that is to be created under an idempotency key.
  ///
  /// - Parameters:
  ///   - name: tells it from all others in the store.
  ///   - calls: how many there are to be on it.
  ///   - leaseMs: how long its leases are.
  init(name: String, calls: Int, leaseMs: ClosedRange<Int64>) {
    scope = #""scope":[{"key":"track","id":"\#(name)"}]"#
    creation =
      #"{"operationType":"form","data":{"base":0,"last":0},"backend":"store","expiresIn":"1h","#
      + #""maxAttempts":\#(Self.maxAttempts),"idempotencyKey":"create",\#(scope)}"#
    wanted = min(calls, Self.mostCalls)
    self.leaseMs = leaseMs
  }

  /// Takes the answer to its creation, whichever time; false when that was none.
  func created(_ answer: Answer?) -> Bool {
    guard let answer, let token = answer["token"] as? String else {
      #expect(Self.isNoAnswer(answer), "\(answer?.text ?? "")")
      return false
    }
    #expect(self.token == nil || self.token == token, "two tokens of one creation")
    self.token = token
    id = answer["id"] as? String ?? ""
    return true
  }

  var isCreated: Bool { token != nil }

  /// Whether it has had its calls.
  var isOver: Bool {
    history.count + underWay >= wanted || callsAfterEnd > 8 || sent.count > 4 * wanted
  }

  /// Whether nothing of it is under way.
  var isQuiet: Bool { underWay == 0 }

  // MARK: Sending

  /// A call that nobody has made before, or one that is repeated; its number here.
  ///
  /// - Parameters:
  ///   - keyed: whether it may have an idempotency key, and be repeated.
  ///   - hurried: whether its caller may have little patience.
  func nextCall(
    _ random: inout SplitMix, keyed: Bool, hurried: Bool
  ) -> (number: Int, call: Call) {
    let repeatable = sent.filter { $0.key != nil }
    if keyed, let earlier = repeatable.randomElement(using: &random),
      Int.random(in: 0..<6, using: &random) == 0
    {
      return send(earlier)
    }
    let event = randomEvent(&random)
    guard keyed, Self.changes(event), lastKey < 63, Bool.random(using: &random) else {
      let isHurried = hurried && Int.random(in: 0..<4, using: &random) == 0
      return send(call(event, key: nil, isHurried: isHurried))
    }
    lastKey += 1
    return send(call(event, key: lastKey))
  }

  /// Reads it, at the end.
  func lastLook() -> (number: Int, call: Call) { send(call(.verify, key: nil)) }

  /// A call with an idempotency key to which there is no answer yet.
  func unanswered() -> (number: Int, call: Call)? {
    sent.first { call in call.key.map { !answered.contains($0) } ?? false }.map(send)
  }

  private func send(_ call: Call) -> (number: Int, call: Call) {
    sent.append(call)
    underWay += 1
    return (sent.count - 1, call)
  }

  private static func changes(_ event: OperationCall.Event) -> Bool {
    switch event {
    case .createAgain, .verify, .exists, .listDead: false
    default: true
    }
  }

  private func randomEvent(_ random: inout SplitMix) -> OperationCall.Event {
    let seen = etags.keys.sorted().suffix(3).randomElement(using: &random)
    let receipt = receipts.indices.suffix(2).randomElement(using: &random)
    let canWrite = lastWrite < 63
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<20 where canWrite: return .patch(write: write(), over: nil)
    case 20..<28 where canWrite: return .patch(write: write(), over: seen)
    case 28..<34 where canWrite: return .replace(write: write(), over: nil)
    case 34..<40 where canWrite: return .replace(write: write(), over: seen)
    case 40..<54: return .checkout(leaseMs: Int64.random(in: leaseMs, using: &random))
    case 54..<68: return receipt.map { .release(receipt: $0) } ?? .reopen
    case 68..<71 where canWrite:
      return receipt.map { .commit(receipt: $0, result: write()) } ?? .exists
    case 71..<73: return .consume
    case 73: return .delete
    case 74..<79: return .reopen
    case 79..<82: return .exists
    case 82..<84: return .listDead
    case 84..<86: return .createAgain
    default: return .verify
    }
  }

  private func write() -> Int {
    lastWrite += 1
    return lastWrite
  }

  private func call(
    _ event: OperationCall.Event, key: Int?, isHurried: Bool = false
  ) -> Call {
    let (method, members) = spelled(event)
    var params = members
    switch event {
    case .createAgain: return Call(event: event, key: nil, method: method, params: creation)
    // A lease whose caller has left is given back by itself, which is no call.
    case .checkout: break
    default: params += isHurried ? #""deadlineMs":120,"# : ""
    }
    switch event {
    case .reopen: params += #""id":"\#(id)","#
    case .listDead, .createAgain: break
    default: params += #""token":"\#(token ?? "")","operationType":"form","#
    }
    if let key { params += #""idempotencyKey":"k\#(key)","# }
    return Call(event: event, key: key, method: method, params: "{\(params)\(scope)}")
  }

  private func spelled(_ event: OperationCall.Event) -> (method: String, members: String) {
    func over(_ write: Int?) -> String {
      write.map { #""ifMatch":"\#(etags[$0] ?? "")","# } ?? ""
    }
    switch event {
    case .createAgain: return ("pending.create", "")
    case .verify: return ("pending.verify", "")
    case .exists: return ("pending.exists", "")
    case .listDead: return ("pending.dead", "")
    case .consume: return ("pending.consume", "")
    case .delete: return ("pending.delete", "")
    case .replace(let write, let old):
      return ("pending.update", #""data":{"base":\#(write),"last":\#(write)},"# + over(old))
    case .patch(let write, let old):
      return ("pending.update", #""patch":{"p\#(write)":1,"last":\#(write)},"# + over(old))
    case .checkout(let leaseMs): return ("pending.checkout", #""leaseTtl":"\#(leaseMs)ms","#)
    case .commit(let receipt, let result):
      return ("pending.commit", #""receipt":"\#(receipts[receipt])","result":\#(result),"#)
    case .release(let receipt): return ("pending.release", #""receipt":"\#(receipts[receipt])","#)
    case .reopen: return ("pending.reopen", "")
    }
  }

  // MARK: Answers

  /// Takes what became of a call; false when it was not done.
  func ended(
    _ number: Int, _ exchange: ConcurrentCalls.Exchange, since start: ContinuousClock.Instant
  ) -> Bool {
    underWay -= 1
    let call = sent[number]
    guard let told = told(call.event, exchange.answer) else { return false }
    if told == .unknown, !Self.changes(call.event) { return false }
    if let key = call.key, told != .unknown { compare(exchange.answer, told, key: key) }
    if case .refused(let refusal) = told, refusal == .consumed || refusal == .deleted {
      callsAfterEnd += 1
    }
    let answeredAt = told == .unknown ? nil : exchange.answeredAt
    history.append(
      TimedCall(
        OperationCall(call.event, told, key: call.key),
        invokedAt: Self.microseconds(start, exchange.invokedAt),
        answeredAt: answeredAt.map { Self.microseconds(start, $0) }))
    return true
  }

  private static func microseconds(
    _ start: ContinuousClock.Instant, _ moment: ContinuousClock.Instant
  ) -> Int64 { Int64(start.duration(to: moment) / .microseconds(1)) }

  /// A repeated call is answered as the first time.
  private func compare(_ answer: Answer?, _ told: OperationCall.Told, key: Int) {
    guard let answer, let id = answer.id else { return }
    answered.insert(key)
    // A caller that is told to come back may come back with the same key.
    guard told != .refused(.checkedOut) else { return }
    let shape = answer.reason ?? answer.text.replacing(#""id":\#(id),"#, with: "")
    if let first = firstAnswers[key] {
      #expect(first.shape == shape, "two answers to one idempotency key")
    } else {
      firstAnswers[key] = (shape, told)
    }
  }

  private static func isNoAnswer(_ answer: Answer?) -> Bool {
    guard let reason = answer?.reason else { return answer == nil }
    return reason == "OUTCOME_UNKNOWN" || nothingDone.contains(reason)
  }

  /// What a caller was told; nil is that nothing was done.
  private func told(_ event: OperationCall.Event, _ answer: Answer?) -> OperationCall.Told? {
    guard let answer else { return .unknown }
    let reason = answer.reason ?? answer["reason"] as? String
    guard let reason else {
      let told = success(event, answer)
      #expect(told != nil, "\(event): \(answer)")
      return told
    }
    let code = answer.detail("code") as? String
    if Self.nothingDone.contains(reason) || code == "NOSCRIPT" { return nil }
    if reason == "OUTCOME_UNKNOWN" { return .unknown }
    let isDead = answer.detail("state") as? String == "dead"
    let refusal = isDead ? .dead : OperationCall.Refusal(rawValue: reason)
    #expect(refusal != nil, "\(event): \(answer)")
    return refusal.map { .refused($0) }
  }

  private func success(_ event: OperationCall.Event, _ answer: Answer) -> OperationCall.Told? {
    switch event {
    case .createAgain: return created(answer) ? .yes : nil
    case .verify:
      guard let content = content(answer), let attempts = answer["attempts"] as? Int,
        let standing = (answer["state"] as? String).flatMap(OperationCall.Standing.init)
      else { return nil }
      return .operation(content, standing, attempts: attempts)
    case .consume: return content(answer).map { .consumed($0) }
    case .checkout:
      guard let content = content(answer), let receipt = answer["receipt"] as? String,
        let attempt = answer["attempt"] as? Int, let fence = answer["fence"] as? Int
      else { return nil }
      return .leased(content, receipt: number(of: receipt), attempt: attempt, fence: fence)
    case .replace(let write, _), .patch(let write, _):
      guard let etag = answer["etag"] as? String else { return nil }
      note(etag, of: write)
      return .yes
    case .commit: return (answer["result"] as? Int).map { .committed(result: $0) }
    case .release:
      guard let attempts = answer["attempts"] as? Int,
        let standing = (answer["state"] as? String).flatMap(OperationCall.Standing.init)
      else { return nil }
      return .released(standing, attempts: attempts)
    case .listDead:
      let listed = answer["operations"] as? [[String: Any]]
      return listed.map { .listed($0.contains { $0["id"] as? String == id }) }
    case .exists: return answer["exists"] as? Bool == true ? .yes : nil
    case .delete: return answer["deleted"] as? Bool == true ? .yes : nil
    case .reopen: return answer["reopened"] as? Bool == true ? .yes : nil
    }
  }

  private func number(of receipt: String) -> Int {
    if let index = receipts.firstIndex(of: receipt) { return index }
    receipts.append(receipt)
    return receipts.count - 1
  }

  private func content(_ answer: Answer) -> OperationContent? {
    guard let data = answer["data"] as? [String: Int], let base = data["base"],
      let last = data["last"], let etag = answer["etag"] as? String
    else { return nil }
    var content = OperationContent(base: base)
    for name in data.keys where name.hasPrefix("p") {
      if let write = Int(name.dropFirst()) { content.insert(patch: write) }
    }
    content.last = last
    note(etag, of: last)
    return content
  }

  /// Every write leaves data that no other leaves: they have one etag, and no other data have it.
  private func note(_ etag: String, of write: Int) {
    #expect(etags[write] == nil || etags[write] == etag, "two etags of the same data")
    #expect(!etags.contains { $0.value == etag && $0.key != write }, "one etag of two data")
    etags[write] = etag
  }

  // MARK: Judgement

  /// Looks for an order of the calls that explains all answers.
  func verdict() -> LinearizabilityChecker<OperationModel>.Verdict {
    // Calls of one key are one call: what one of them was told became of all of them.
    let calls = history.map { call in
      guard call.call.told == .unknown, let key = call.call.key, let first = firstAnswers[key]
      else { return call }
      return TimedCall(
        OperationCall(call.call.event, first.told, key: key), invokedAt: call.invokedAt,
        answeredAt: nil)
    }
    return LinearizabilityChecker.check(
      calls, from: OperationModel(maxAttempts: Self.maxAttempts))
  }

  /// The calls, a line each.
  var description: String {
    history.enumerated().map { number, call in
      "\(number): \(call.invokedAt)…\(call.answeredAt.map(String.init) ?? "") µs \(call.call)"
    }.joined(separator: "\n")
  }
}
