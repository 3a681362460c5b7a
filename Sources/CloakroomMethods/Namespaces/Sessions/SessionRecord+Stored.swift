internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// How the store has it.
extension SessionRecord {
  static let kind: StaticString = "session"
  static let namespace = Namespace.session

  var data: ByteBuffer { content.stored }

  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
    guard let created = header.number("created"), let expires = header.number("expires"),
      let end = header.number("end"), let kept = header.number("kept"),
      let state = State(rawValue: header.text("state") ?? State.open.rawValue),
      let content = SessionContent(stored: data, isSealed: header.number("sealed") == 1)
    else { throw .notARecord }
    self.state = state
    self.content = content
    flow = FlowMark(header)
    outward = Int(clamping: header.number("outward") ?? 0)
    binding = FlowBinding(text: header.text("bind"))
    way = header.text("way")
    completed = header.texts("completed")
    step = header.text("step")
    principal = header.text("principal")
    metadata = SessionMetadata(
      userAgent: header.text("userAgent"), ipAddress: header.text("ipAddress"),
      deviceInfo: header.text("deviceInfo"))
    createdAtMs = created
    activeAtMs = header.number("active") ?? created
    enteredAtMs = header.number("entered") ?? created
    idleMs = header.number("idle") ?? 0
    endAtMs = end
    expiresAtMs = expires
    keptUntilMs = kept
    endedAtMs = header.number("ended") ?? 0
    facts = header.text("facts").map { FlowFacts($0) } ?? FlowFacts()
    lease = RecordLease(header)
    committedAtMs = header.number("committed") ?? 0
    isFresh = header.number("fresh") == 1
    origin = header.text("origin")
    successor = header.text("successor")
    heldUntilMs = header.number("held") ?? 0
    lifeMs = header.number("life") ?? 0
  }

  func write(to header: inout RecordHeaderWriter) {
    if state != .open { header.write("state", state.rawValue) }
    flow?.write(to: &header)
    header.write("outward", unlessZero: Int64(outward))
    header.write("bind", binding.text)
    header.write("way", way)
    header.write("completed", completed)
    header.write("step", step)
    header.write("principal", principal)
    header.write("userAgent", metadata.userAgent)
    header.write("ipAddress", metadata.ipAddress)
    header.write("deviceInfo", metadata.deviceInfo)
    header.write("created", createdAtMs)
    if activeAtMs != createdAtMs { header.write("active", activeAtMs) }
    if enteredAtMs != createdAtMs { header.write("entered", enteredAtMs) }
    header.write("idle", unlessZero: idleMs)
    header.write("end", endAtMs)
    header.write("expires", expiresAtMs)
    header.write("kept", keptUntilMs)
    header.write("ended", unlessZero: endedAtMs)
    header.write("facts", facts.text)
    lease.write(to: &header)
    header.write("committed", unlessZero: committedAtMs)
    header.write("fresh", unlessZero: isFresh ? 1 : 0)
    header.write("origin", origin)
    header.write("successor", successor)
    header.write("held", unlessZero: heldUntilMs)
    header.write("life", unlessZero: lifeMs)
    header.write("sealed", unlessZero: content.sealed == nil ? 0 : 1)
  }
}

extension FlowMark {
  /// Nil where the header names no flow.
  fileprivate init?(_ header: RecordHeader) {
    guard let name = header.text("flow"), let version = header.number("version"),
      let digest = header.text("definition")
    else { return nil }
    self.init(
      name: name, version: version, digest: digest,
      depth: Int(clamping: header.number("depth") ?? 0))
  }

  fileprivate func write(to header: inout RecordHeaderWriter) {
    header.write("flow", name)
    header.write("version", version)
    header.write("definition", digest)
    header.write("depth", unlessZero: Int64(depth))
  }
}
