internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What is to be done elsewhere in the store because of how a session stands.
extension SessionRecord {
  /// For the line that tells of its end: the flow that it goes through, and the step that it is at.
  var subject: RecordSubject? { RecordSubject(flow: flow?.name, step: step) }

  static func followUps(
    of record: SessionRecord, since earlier: SessionRecord?, named name: StoreKey, isLook: Bool
  ) -> [RecordFollowUp] {
    guard let ref = name.lastPart else { return [] }
    var followUps: [RecordFollowUp] = []
    if let counts = record.counts(named: name, ref, since: earlier, isLook) {
      followUps.append(counts)
    }
    // Operators find it by this index.
    if record.state == .dead, isLook || earlier?.state != .dead,
      let index = name.replacingLastPart(by: "dead")
    {
      let entry = IndexedName(ref, score: record.endedAtMs)
      followUps.append(
        RecordFollowUp(.step(IndexName(index, entry, keepUntilMs: record.keptUntilMs))))
    }
    // Its principal's index was made to be kept as long as it would live, which has become longer.
    if let principal = record.principal, let earlier, record.expiresAtMs > earlier.endAtMs,
      record.expiresAtMs > earlier.expiresAtMs,
      let index = name.replacingLastPart(by: SessionNames.index(of: principal))
    {
      let entry = IndexedName(ref, score: record.createdAtMs)
      followUps.append(
        RecordFollowUp(.step(IndexName(index, entry, keepUntilMs: record.keptUntilMs))))
    }
    return followUps
  }

  /// Has what happened be counted.
  private func counts(
    named name: StoreKey, _ ref: String, since earlier: SessionRecord?, _ isLook: Bool
  ) -> RecordFollowUp? {
    guard let flow else { return nil }
    return facts.followUp(
      FlowStatistics(ofSession: name, flow: flow.name, outward: outward), session: ref,
      version: flow.version, createdAtMs: createdAtMs,
      latestMs: max(keptUntilMs, endAtMs &+ max(keptUntilMs &- expiresAtMs, 0)),
      since: earlier?.facts, isLook: isLook)
  }
}

extension StoreKey {
  /// What stands behind the last colon.
  var lastPart: String? {
    let view = bytes.readableBytesView
    guard let colon = view.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    return String(decoding: view[view.index(after: colon)...], as: UTF8.self)
  }

  /// The same name with something else behind the last colon.
  func replacingLastPart(by part: String) -> StoreKey? {
    let view = bytes.readableBytesView
    guard let colon = view.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    var name = ByteBuffer(bytes: view[...colon])
    name.writeString(part)
    return StoreKey(bytes: name)
  }
}
