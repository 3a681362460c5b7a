internal import CloakroomCore
internal import CloakroomSchema
internal import NIOCore

/// How far somebody has come through a flow, on the data that there are by now. A value, and pure.
///
/// ```swift
/// var allowance = WorkAllowance.whole                         // for all that is asked in one call
/// var progress = try FlowProgress(flow, data: data, &allowance)       // nothing is complete yet
/// try progress.dataChanged(from: data, to: draft, &allowance)         // a draft: nothing is refused
/// try progress.complete(step, with: draft, &allowance)        // INVALID_STEP, VALIDATION_FAILED
/// let text = progress.text                                    // to keep; FlowProgress(flow, text:)
/// ```
///
/// A step is
/// - not applicable while its `when` doesn't fit the data;
/// - complete when it was completed and its schema fits;
/// - invalid when it was completed and its schema doesn't fit any more: the next data that fit mend that;
/// - open else.
///
/// What a step requires is done when it is complete; where it doesn't apply, when what it requires itself
/// is done.
struct FlowProgress: Sendable {
  /// How a step stands.
  enum Status: String, Sendable, CaseIterable {
    case open, complete, invalid
    case notApplicable = "not_applicable"
  }

  let flow: Flow
  /// The steps that were completed and not opened again since: also those that are invalid or don't apply by
  /// now.
  private(set) var completed: StepSet
  /// How each step stands, in the flow's order.
  private(set) var statuses: [Status]
  /// Whether the data fit the flow's own schema.
  private(set) var fitsWhole: Bool

  /// The beginning of a way.
  ///
  /// - Parameter data: what the session begins with.
  /// - Throws: VALIDATION_FAILED for data that can't be looked into, TOO_LARGE for what exceeds a limit.
  init(_ flow: Flow, data: ByteBuffer, _ allowance: inout WorkAllowance) throws(RPCError) {
    self.flow = flow
    completed = StepSet()
    statuses = Array(repeating: .open, count: flow.steps.count)
    fitsWhole = false
    try look(at: try FlowData(data, of: flow), &allowance)
  }

  // MARK: As text

  /// Reads a way that was kept.
  ///
  /// - Returns: nil for what is none through this flow.
  init?(_ flow: Flow, text: String) {
    guard text.utf8.count == flow.steps.count + 1, let whole = text.utf8.last else { return nil }
    self.flow = flow
    completed = StepSet()
    statuses = []
    fitsWhole = whole == Letter.fits
    for (step, letter) in text.utf8.dropLast().enumerated() {
      guard let (status, isCompleted) = Letter.meaning[letter] else { return nil }
      statuses.append(status)
      if isCompleted { completed.insert(step) }
    }
  }

  /// The way as it is kept: a letter for each step in the flow's order, and one for the whole.
  ///
  /// `o` open, `c` complete, `i` invalid, `n` doesn't apply, `N` the same but was completed; then `+` or `-`
  /// for whether the data fit the flow's own schema.
  var text: String {
    var text = statuses.indices.map { step in
      switch statuses[step] {
      case .open: UInt8(ascii: "o")
      case .complete: UInt8(ascii: "c")
      case .invalid: UInt8(ascii: "i")
      case .notApplicable: UInt8(ascii: completed.contains(step) ? "N" : "n")
      }
    }
    text.append(fitsWhole ? Letter.fits : Letter.fitsNot)
    return String(decoding: text, as: UTF8.self)
  }

  private enum Letter {
    static let fits = UInt8(ascii: "+")
    static let fitsNot = UInt8(ascii: "-")
    static let meaning: [UInt8: (Status, isCompleted: Bool)] = [
      UInt8(ascii: "o"): (.open, false), UInt8(ascii: "c"): (.complete, true),
      UInt8(ascii: "i"): (.invalid, true), UInt8(ascii: "n"): (.notApplicable, false),
      UInt8(ascii: "N"): (.notApplicable, true),
    ]
  }

  // MARK: What happens

  /// Takes note of a change of the data. Never refuses what a schema says no to.
  ///
  /// - Parameters:
  ///   - old: the whole data before.
  ///   - new: the whole data from now on.
  /// - Returns: the steps that were completed and are open now.
  /// - Throws: VALIDATION_FAILED for new data that can't be looked into (a member that comes twice, say),
  ///   TOO_LARGE for what exceeds a limit. Nothing has changed then.
  @discardableResult
  mutating func dataChanged(
    from old: ByteBuffer, to new: ByteBuffer, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> StepSet {
    let data = try FlowData(new, of: flow)
    var opened = StepSet()
    if completed.indices.contains(where: { !flow.steps[$0].dependsOn.isEmpty }) {
      let before = try FlowData(old, of: flow)
      for step in completed.indices
      where try data.differs(from: before, atAnyOf: flow.steps[step].dependsOn, &allowance) {
        opened.insert(step)
        opened.formUnion(flow.order.dependents[step])
      }
      opened.formIntersection(completed)
    }
    var next = self
    next.completed.subtract(opened)
    try next.look(at: data, &allowance)
    self = next
    return opened
  }

  /// Completes a step.
  ///
  /// - Parameter data: the whole data, of which it has been told before if they have changed.
  /// - Throws: INVALID_STEP where the step doesn't apply, or what it requires isn't complete;
  ///   VALIDATION_FAILED with every violation where the data don't fit its schema; TOO_LARGE.
  mutating func complete(
    _ step: Int, with data: ByteBuffer, _ allowance: inout WorkAllowance
  ) throws(RPCError) {
    guard statuses.indices.contains(step) else { throw RPCError(.internal) }
    try checkReachable(step)
    let data = try FlowData(data, of: flow)
    let violations = try data.violations(of: flow.steps[step].schema, &allowance)
    guard violations.isEmpty else {
      throw RPCError(
        violations: violations, "the data are not as the step wants them",
        [.text("recovery", "fix")])
    }
    completed.insert(step)
    statuses[step] = .complete
  }

  /// Checks that somebody at one step may go to another: back always, forward only to a step whose
  /// requirements are complete.
  ///
  /// - Throws: INVALID_STEP.
  func check(goingTo step: Int, from current: Int) throws(RPCError) {
    guard statuses.indices.contains(step) else { throw RPCError(.internal) }
    if step <= current, statuses[step] != .notApplicable { return }
    try checkReachable(step)
  }

  /// Checks that the whole can be handed over.
  ///
  /// - Throws: INVALID_STEP with the steps that are missing, VALIDATION_FAILED with every violation of the
  ///   flow's own schema; TOO_LARGE.
  func checkSubmission(
    of data: ByteBuffer, _ allowance: inout WorkAllowance
  ) throws(RPCError) {
    let missing = missing
    guard missing.isEmpty else {
      throw invalidStep(
        "steps are not complete: \(names(of: missing))", missing: missing)
    }
    let data = try FlowData(data, of: flow)
    let violations = try data.violations(of: flow.schema, &allowance)
    guard violations.isEmpty else {
      throw RPCError(
        violations: violations, "the data are not as the flow wants them at the end",
        [.text("recovery", "fix")])
    }
  }

  private mutating func look(
    at data: FlowData, _ allowance: inout WorkAllowance
  ) throws(RPCError) {
    for (index, step) in flow.steps.enumerated() {
      if try !data.fit(step.when, &allowance) {
        statuses[index] = .notApplicable
      } else if completed.contains(index) {
        statuses[index] = try data.fit(step.schema, &allowance) ? .complete : .invalid
      } else {
        statuses[index] = .open
      }
    }
    fitsWhole = try data.fit(flow.schema, &allowance)
  }

  // MARK: How it stands

  /// The steps that apply and are not complete.
  var missing: [Int] {
    statuses.indices.filter { statuses[$0] == .open || statuses[$0] == .invalid }
  }

  /// Whether every step that applies is complete, and the whole fits.
  var canSubmit: Bool { missing.isEmpty && fitsWhole }

  /// Whether a step applies and what it requires is done.
  func isReachable(_ step: Int) -> Bool {
    statuses.indices.contains(step) && statuses[step] != .notApplicable
      && flow.steps[step].requires.allSatisfy(done.contains)
  }

  /// The furthest step that can be reached: the first that applies, isn't complete and can be completed now;
  /// when all are complete the last that applies. The first of the flow when none applies.
  var lastReachable: Int {
    missing.first(where: isReachable) ?? statuses.lastIndex { $0 != .notApplicable } ?? 0
  }

  /// Where to go after a step was completed: to the next that applies, isn't complete and can be completed
  /// now; else to the first such; it stays where there is none.
  func next(after step: Int) -> Int {
    let open = missing.filter(isReachable)
    return open.first { $0 > step } ?? open.first ?? step
  }

  /// Where somebody is who was at a step: at the last that can be reached when that one doesn't apply any
  /// more.
  func current(_ step: Int) -> Int {
    statuses.indices.contains(step) && statuses[step] != .notApplicable ? step : lastReachable
  }

  /// The steps that count as done for those that require them.
  private var done: StepSet {
    var done = StepSet()
    for step in flow.order.sorted {
      let isDone =
        statuses[step] == .notApplicable
        ? flow.steps[step].requires.allSatisfy(done.contains) : statuses[step] == .complete
      if isDone { done.insert(step) }
    }
    return done
  }

  // MARK: Refusals

  private func checkReachable(_ step: Int) throws(RPCError) {
    guard statuses[step] != .notApplicable else {
      throw invalidStep("the step does not apply to these data", missing: [])
    }
    let done = done
    let missing = flow.steps[step].requires.filter { !done.contains($0) }
    guard missing.isEmpty else {
      throw invalidStep(
        "steps that this one requires are not complete: \(names(of: missing))", missing: missing)
    }
  }

  /// INVALID_STEP, with what to do about it.
  private func invalidStep(_ message: String, missing: [Int]) -> RPCError {
    let last = flow.steps[lastReachable].id
    var details: [RPCError.Detail] = [
      .text("lastValidStep", last), .text("recovery", "goTo"), .text("step", last),
    ]
    if !missing.isEmpty {
      details.append(.list("missing", missing.map { [.text("step", flow.steps[$0].id)] }))
    }
    return RPCError(.invalidStep, message, details: details)
  }

  private func names(of steps: [Int]) -> String {
    steps.map { flow.steps[$0].id }.joined(separator: ", ")
  }
}
