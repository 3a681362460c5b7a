internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// A session's way through its flow.
extension SessionRecord {
  /// How many steps a session without a flow has at most.
  static let mostFreeSteps = Flow.mostSteps

  /// How it stands, with its flow; nil when that isn't at hand.
  func scene(_ request: SessionRequest, whole: Bool) throws(RPCError) -> SessionScene? {
    guard let mark = flow else {
      return SessionScene(self, whole: whole ? content.visible : nil)
    }
    guard let flow = request.flows(mark) else { return nil }
    return SessionScene(
      self, try progress(through: flow),
      whole: whole ? try content.whole(flow, request.seal) : nil)
  }

  /// How far it has come.
  private func progress(through flow: Flow) throws(RPCError) -> FlowProgress {
    guard let way, let progress = FlowProgress(flow, text: way) else { throw .foreignSession }
    return progress
  }

  // MARK: Drafts

  /// Changes the data, whatever a schema says of them.
  mutating func update(
    _ change: SessionChange, _ request: SessionRequest, at now: Int64,
    _ allowance: inout WorkAllowance
  ) throws(RPCError) -> SessionScene? {
    if let etag = change.etag, etag != content.etag {
      throw RPCError(.conflict, "the session's data have been changed; nothing was written")
    }
    // Those that everybody may see who has the session: the condition says what is in them.
    try change.condition?.check(content.visible, &allowance)
    guard var scene = try scene(request, whole: true) else { return nil }
    try replace(&scene, change.content, longest: change.longest, request, &allowance)
    keepPlace(scene.progress, at: now)
    if change.touches { touch(request.retention, at: now) }
    return SessionScene(self, scene.progress)
  }

  /// Puts other data in the place of the session's, and takes note of what that does to its steps.
  ///
  /// - Parameter scene: how it stood, with its whole data; afterwards, how it stands.
  private mutating func replace(
    _ scene: inout SessionScene, _ change: PendingChange.Content, longest: Int,
    _ request: SessionRequest, _ allowance: inout WorkAllowance
  ) throws(RPCError) {
    let old = scene.whole ?? content.visible
    let new: ByteBuffer
    switch change {
    case .replacement(let data): new = data
    case .patch(let patch):
      do throws(PendingRefusal) {
        new = try PendingRecord.merged(patch, into: old, longest: longest)
      } catch {
        throw error.error
      }
    }
    try scene.progress?.dataChanged(from: old, to: new, &allowance)
    try content.replace(by: new, scene.progress?.flow, request.seal)
    // What somebody has checked out and not brought back is not what is here now.
    lease.clearReceipts()
    way = scene.progress?.text
    scene.whole = new
  }

  /// Stays at the step where it is, unless that doesn't apply any more.
  private mutating func keepPlace(_ progress: FlowProgress?, at now: Int64) {
    guard let progress else { return }
    let index = step.flatMap { progress.flow.index(of: $0) } ?? 0
    move(to: progress.flow.steps[progress.current(index)].id, at: now)
  }

  // MARK: Steps

  /// Completes a step, and goes on to the next.
  mutating func complete(
    _ name: String, _ patch: ByteBuffer?, _ longest: Int, _ request: SessionRequest,
    at now: Int64, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> SessionScene? {
    guard var scene = try scene(request, whole: true) else { return nil }
    if let patch { try replace(&scene, .patch(patch), longest: longest, request, &allowance) }
    if var progress = scene.progress {
      let flow = progress.flow
      guard let index = flow.index(of: name) else { throw progress.noStep }
      let wasComplete = progress.statuses[index] == .complete
      try progress.complete(index, with: scene.whole ?? content.visible, &allowance)
      let ms = max(now &- enteredAtMs, 0)
      move(to: name, at: now)
      if !wasComplete { note(.done(name, ms: ms), at: now) }
      way = progress.text
      move(to: flow.steps[progress.next(after: index)].id, at: now)
      scene.progress = progress
    } else {
      if !completed.contains(where: { ByteString($0) == ByteString(name) }) {
        guard completed.count < Self.mostFreeSteps else {
          throw RPCError(
            .tooLarge, "a session without a flow has at most \(Self.mostFreeSteps) steps")
        }
        completed.append(name)
      }
      move(to: name, at: now)
    }
    touch(request.retention, at: now)
    return SessionScene(self, scene.progress)
  }

  /// Goes to a step.
  mutating func go(
    to name: String, _ patch: ByteBuffer?, _ longest: Int, _ request: SessionRequest,
    at now: Int64, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> SessionScene? {
    guard var scene = try scene(request, whole: true) else { return nil }
    if let patch { try replace(&scene, .patch(patch), longest: longest, request, &allowance) }
    if let progress = scene.progress {
      guard let index = progress.flow.index(of: name) else { throw progress.noStep }
      let current = step.flatMap { progress.flow.index(of: $0) } ?? 0
      try progress.check(goingTo: index, from: progress.current(current))
    }
    move(to: name, at: now)
    touch(request.retention, at: now)
    return SessionScene(self, scene.progress)
  }

  /// Takes it to a step, if it is at another.
  mutating func move(to name: String, at now: Int64) {
    guard step.map({ ByteString($0) }) != ByteString(name) else { return }
    step = name
    enteredAtMs = now
    note(.entered(name), at: now)
  }

  /// Takes note of what the statistics count.
  mutating func note(_ event: FlowFact.Event, at now: Int64) {
    if flow != nil { facts.append(event, at: now) }
  }
}

extension FlowProgress {
  /// The flow has no such step.
  fileprivate var noStep: RPCError {
    let last = flow.steps[lastReachable].id
    return RPCError(
      .invalidStep, "the flow has no step of that name",
      details: [.text("lastValidStep", last), .text("recovery", "goTo"), .text("step", last)])
  }
}
