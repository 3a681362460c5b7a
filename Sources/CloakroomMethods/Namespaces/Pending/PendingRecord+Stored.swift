internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// How the store has it.
extension PendingRecord {
  static let kind: StaticString = "pending"
  static let hasFollowUps = false
  static let namespace = Namespace.pending

  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
    guard let type = header.text("type"), let created = header.number("created"),
      let expires = header.number("expires"), let life = header.number("life"),
      let kept = header.number("kept"),
      let state = State(rawValue: header.text("state") ?? State.open.rawValue)
    else { throw .notARecord }
    self.type = type
    self.state = state
    self.data = data
    createdAtMs = created
    expiresAtMs = expires
    lifeMs = life
    keptUntilMs = kept
    isOneTime = header.number("once") == 1
    lease = RecordLease(header)
    committedAtMs = header.number("committed") ?? 0
  }

  func write(to header: inout RecordHeaderWriter) {
    if state != .open { header.write("state", state.rawValue) }
    header.write("type", type)
    header.write("created", createdAtMs)
    header.write("expires", expiresAtMs)
    header.write("life", lifeMs)
    header.write("kept", keptUntilMs)
    header.write("once", unlessZero: isOneTime ? 1 : 0)
    lease.write(to: &header)
    header.write("committed", unlessZero: committedAtMs)
  }

  /// The hash that an operation was up to version 0.1. How long it is kept was not in it, but Redis' own to
  /// know; one that somebody has made to live for ever is kept as long as the defaults keep anything.
  init?(_ earlier: EarlierRecord) {
    let fields = earlier.fields
    func text(_ name: String) -> String? { fields[name].map { String(buffer: $0) } }
    func number(_ name: String) -> Int64 {
      text(name).flatMap { Double($0) }.flatMap { Int64(exactly: $0.rounded(.down)) } ?? 0
    }
    guard let type = text("type"), let word = text("state"),
      let state = word == "out" ? State.leased : State(rawValue: word), text("until") != nil
    else { return nil }
    self.type = type
    self.state = state
    data = fields[state == .committed ? "result" : "data"] ?? ByteBuffer()
    createdAtMs = number("created")
    expiresAtMs = number("until")
    lifeMs = number("life")
    isOneTime = number("once") == 1
    lease = RecordLease(
      mostAttempts: number("most"), attempts: number("attempts"), fence: number("fence"),
      receipt: text("receipt"), endsAtMs: number("lease"))
    committedAtMs = number("at")
    keptUntilMs =
      earlier.keptUntilMs
      ?? max(expiresAtMs, lease.endsAtMs, committedAtMs) &+ PendingRetention().deadMs
  }
}
