import Support
import Testing

/// Many people on their way through one flow at once: they go on, go back, reload, submit twice, give up or
/// simply leave. What each of them was told is held against what they did, and in the end so are the
/// flow's numbers.
final class WizardCrowd {
  /// The steps, in their order.
  static let steps = ["project", "requirements", "sources", "review"]

  /// What somebody has in mind.
  enum Plan: CaseIterable {
    /// To go through all of it, and submit.
    case submit
    /// To go through some of it, and delete it.
    case delete
    /// To go through some of it, and never come back.
    case leave
  }

  /// A call that is repeated, with its key, until it is answered.
  private struct Call {
    let method: String
    let params: String
    let sentAt = ContinuousClock.now
    /// What its answer means.
    let then: (Answer) -> Void
  }

  /// One of them.
  private struct Wizard {
    let plan: Plan
    /// Before which step they give up or leave.
    let stop: Int
    var session: String?
    /// How many steps are complete.
    var completed = 0
    var current = 0
    /// What was typed, as it has to come back.
    var data: [String: Int] = [:]
    var receipt: String?
    var commits = 0
    var isOver = false
    var turns = 0
    var open: Call?
    /// When the call was first sent that is known to have touched the session last.
    var touchedAt = ContinuousClock.now
    var isUnderWay = false
  }

  /// What the crowd has done, and so what the flow's numbers have to be.
  struct Tally: Equatable {
    var created = 0
    var submitted = 0
    var deleted = 0
    var left: [String: Int] = [:]
    var completed: [String: Int] = [:]
  }

  private(set) var tally = Tally()
  /// How many answers were lost, or told that nothing was done.
  private(set) var repeated = 0

  private let name: String
  /// How long somebody may be away.
  private let idle: Duration
  private var wizards: [Wizard]
  private var random: SplitMix

  /// A crowd of so many.
  ///
  /// - Parameters:
  ///   - flow: the flow's name.
  ///   - idle: how long somebody may be away.
  init(_ count: Int, in flow: String, idle: Duration, seed: UInt64) {
    name = flow
    self.idle = idle
    random = SplitMix(seed: seed)
    var random = random
    wizards = (0..<count).map { index in
      Wizard(
        plan: index % 5 == 3 ? .delete : index % 5 == 4 ? .leave : .submit,
        stop: Int.random(in: 0..<Self.steps.count, using: &random))
    }
    self.random = random
  }

  /// Defines the flow: each step wants its own number.
  func define(_ client: LineClient) throws {
    let steps = Self.steps.map { step in
      let member = #"{"\#(step)":{"type":"integer","minimum":1}}"#
      let schema = #"{"required":["\#(step)"],"properties":\#(member)}"#
      return #"{"id":"\#(step)","schema":\#(schema)}"#
    }
    let answer = try client.call(
      "flow.define",
      #"{"name":"\#(name)","steps":[\#(steps.joined(separator: ","))],"idleTtl":\#(idle.components.seconds)}"#
    )
    #expect(answer["version"] as? Int == 1, "\(answer)")
  }

  /// Whether all have come to where they wanted to.
  var isOver: Bool { wizards.allSatisfy(\.isOver) }

  /// What a connection sends next.
  func next() -> ConcurrentCalls.Turn {
    guard !isOver else { return .end }
    let free = wizards.indices.filter { !wizards[$0].isOver && !wizards[$0].isUnderWay }
    guard let index = free.randomElement(using: &random) else { return .wait }
    let call = wizards[index].open ?? self.call(of: index)
    wizards[index].open = call
    wizards[index].isUnderWay = true
    return .call(method: call.method, params: call.params, tag: index)
  }

  /// Takes what became of a call.
  func ended(_ exchange: ConcurrentCalls.Exchange) {
    let index = exchange.tag
    wizards[index].isUnderWay = false
    guard let answer = exchange.answer, !answer.isLost else {
      // Nobody knows whether it was done, or nothing was: it is asked again, with its key.
      repeated += 1
      return
    }
    guard let call = wizards[index].open else { return }
    wizards[index].open = nil
    // On a machine that is busy enough somebody is away for too long without wanting it.
    if answer.reason == "EXPIRED", wizards[index].touchedAt.duration(to: .now) >= idle {
      return leave(index)
    }
    call.then(answer)
    if call.method != "session.get" { wizards[index].touchedAt = call.sentAt }
  }

  // MARK: What they do

  private func call(of index: Int) -> Call {
    let wizard = wizards[index]
    guard let session = wizard.session else { return create(index) }
    wizards[index].turns += 1
    if wizard.receipt != nil { return commit(index, session) }
    if wizard.plan != .submit, wizard.completed >= wizard.stop {
      return wizard.plan == .delete ? delete(index, session) : last(index, session)
    }
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: return reload(index, session)
    case 2: return draft(index, session)
    case 3 where wizard.completed > 0: return back(index, session)
    default:
      return wizard.completed == Self.steps.count
        ? checkout(index, session) : complete(index, session)
    }
  }

  private func key() -> String {
    #","idempotencyKey":"\#(UInt64.random(in: 0 ... .max, using: &random))""#
  }

  private func create(_ index: Int) -> Call {
    Call(
      method: "session.create", params: #"{"flow":"\#(name)"\#(key())}"#
    ) { [self] answer in
      wizards[index].session = answer["sessionId"] as? String
      #expect(wizards[index].session != nil, "\(answer)")
      #expect(answer["currentStep"] as? String == Self.steps[0])
      tally.created += 1
    }
  }

  private func target(_ session: String, _ more: String = "") -> String {
    #"{"sessionId":"\#(session)"\#(more)}"#
  }

  /// They load the page again: all that they have typed is there.
  private func reload(_ index: Int, _ session: String) -> Call {
    Call(method: "session.get", params: target(session)) { [self] answer in
      expectAll(answer, index)
      #expect(answer["currentStep"] as? String == Self.steps[wizards[index].current], "\(answer)")
      #expect(
        answer["completedSteps"] as? [String] == Array(Self.steps.prefix(wizards[index].completed)))
    }
  }

  private func expectAll(_ answer: Answer, _ index: Int) {
    #expect(answer["data"] as? [String: Int] == wizards[index].data, "\(answer)")
  }

  /// They type something, and it is saved as a draft.
  private func draft(_ index: Int, _ session: String) -> Call {
    let member = "note\(Int.random(in: 0..<3, using: &random))"
    let value = Int.random(in: 1...999, using: &random)
    return Call(
      method: "session.update",
      params: target(session, #","patch":{"\#(member)":\#(value)}"# + key())
    ) { [self] answer in
      #expect(answer["etag"] is String, "\(answer)")
      wizards[index].data[member] = value
    }
  }

  private func back(_ index: Int, _ session: String) -> Call {
    let step = Int.random(in: 0..<wizards[index].completed, using: &random)
    return Call(
      method: "session.goTo", params: target(session, #","step":"\#(Self.steps[step])""# + key())
    ) { [self] answer in
      #expect(answer["currentStep"] as? String == Self.steps[step], "\(answer)")
      wizards[index].current = step
    }
  }

  /// They complete the first step that is open, wherever they have gone back to.
  private func complete(_ index: Int, _ session: String) -> Call {
    let step = wizards[index].completed
    let name = Self.steps[step]
    let value = Int.random(in: 1...999, using: &random)
    return Call(
      method: "session.completeStep",
      params: target(session, #","step":"\#(name)","patch":{"\#(name)":\#(value)}"# + key())
    ) { [self] answer in
      #expect(answer["canSubmit"] as? Bool == (step + 1 == Self.steps.count), "\(answer)")
      wizards[index].data[Self.steps[step]] = value
      wizards[index].completed = step + 1
      wizards[index].current = min(step + 1, Self.steps.count - 1)
      tally.completed[Self.steps[step], default: 0] += 1
    }
  }

  private func checkout(_ index: Int, _ session: String) -> Call {
    Call(method: "session.checkout", params: target(session, key())) { [self] answer in
      wizards[index].receipt = answer["receipt"] as? String
      #expect(wizards[index].receipt != nil, "\(answer)")
      expectAll(answer, index)
    }
  }

  /// They press the button twice: the second time they are answered as the first.
  private func commit(_ index: Int, _ session: String) -> Call {
    let receipt = wizards[index].receipt ?? ""
    let more = #","receipt":"\#(receipt)","result":\#(index * 10 + wizards[index].commits)"#
    return Call(method: "session.commit", params: target(session, more)) { [self] answer in
      #expect(answer["result"] as? Int == index * 10, "\(answer)")
      wizards[index].commits += 1
      guard wizards[index].commits == 2 else { return }
      wizards[index].isOver = true
      tally.submitted += 1
    }
  }

  private func delete(_ index: Int, _ session: String) -> Call {
    Call(method: "session.delete", params: target(session, key())) { [self] answer in
      #expect(answer["deleted"] as? Bool == true, "\(answer)")
      wizards[index].isOver = true
      tally.deleted += 1
    }
  }

  /// They look once more, and never come back.
  private func last(_ index: Int, _ session: String) -> Call {
    Call(method: "session.get", params: target(session)) { [self] answer in
      expectAll(answer, index)
      leave(index)
    }
  }

  private func leave(_ index: Int) {
    wizards[index].isOver = true
    tally.left[Self.steps[wizards[index].current], default: 0] += 1
  }
}

extension Answer {
  /// Whether nothing was done, or nobody knows.
  fileprivate var isLost: Bool {
    switch reason {
    case "UNAVAILABLE", "OUTCOME_UNKNOWN", "DEADLINE_EXCEEDED", "OVERLOADED",
      "IDEMPOTENCY_IN_PROGRESS", "STORE_REFUSED":
      true
    default: false
    }
  }
}
