internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// How the store has it.
extension GuardRecord {
  static let kind: StaticString = "guard"
  static let hasFollowUps = false

  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
    guard let state = header.text("state").flatMap(State.init(rawValue:)),
      let life = header.number("life"), let kept = header.number("kept")
    else { throw .notARecord }
    self.state = state
    self.data = data
    lifeMs = life
    keptUntilMs = kept
    fingerprint = header.text("fingerprint")
    receipt = header.text("receipt")
    earlier = header.text("earlier")
    wasOpen = header.number("reopened") == 1
    attempts = header.number("attempts") ?? 0
    lockMs = header.number("lock") ?? 0
    lockEndsAtMs = header.number("locked") ?? 0
    endedAtMs = header.number("ended") ?? 0
    isAwaited = header.number("awaited") == 1
  }

  func write(to header: inout RecordHeaderWriter) {
    header.write("state", state.rawValue)
    header.write("life", lifeMs)
    header.write("kept", keptUntilMs)
    header.write("fingerprint", fingerprint)
    header.write("receipt", receipt)
    header.write("earlier", earlier)
    header.write("reopened", unlessZero: wasOpen ? 1 : 0)
    header.write("attempts", unlessZero: attempts)
    header.write("lock", unlessZero: lockMs)
    header.write("locked", unlessZero: lockEndsAtMs)
    header.write("ended", unlessZero: endedAtMs)
    header.write("awaited", unlessZero: isAwaited ? 1 : 0)
  }
}
