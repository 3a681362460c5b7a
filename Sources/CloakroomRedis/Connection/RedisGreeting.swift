internal import NIOCore

/// What a fresh connection says before the first command, and what it learns from the answers.
///
/// First who we are, then the scripts; last, when the server is the one that the lost connection
/// spoke to, an end to that connection: what it had sent and the server had not read must not run
/// after what is sent again.
struct RedisGreeting {
  /// How a greeting goes on.
  enum Progress: Equatable {
    /// More answers are to come.
    case waiting
    /// Another command is to be sent, and its answer waited for.
    case send(ByteBuffer)
    /// Redis is ready for commands. `isFenced`: nothing that an earlier connection sent can still run.
    case ready(isFenced: Bool)
    /// Redis does not want us, or is not ready itself: its own words, the password not among them.
    case refused(String)
    /// The server can't be used, and why.
    case unusable(String)
  }

  /// Which connection of which run of which server this was.
  struct Identity: Equatable {
    var runID: String?
    var clientID: Int64?
  }

  /// What the next answer is to, and what an error in its place means.
  private enum Step {
    /// An error ends the greeting.
    case must
    /// An error changes nothing: an ACL user may do without.
    case may
    /// As `may`; the answer is the connection's id.
    case clientID
    /// As `may`; the answer is what the server says of itself.
    case info
    /// As `may`; the answer is when the server writes snapshots.
    case savePoints
    /// The end of the lost connection; an error means that it may still be there.
    case fence
  }

  /// The most of an error's text that is passed on, in characters.
  private static let refusalLength = 200

  private var steps: [Step] = []
  private var password: String?
  private let previous: Identity?
  private(set) var identity = Identity()
  /// What the server has said of itself.
  private(set) var facts = RedisFacts()

  /// - Parameter previous: the connection that was lost, if there was one.
  init(previous: Identity?) { self.previous = previous }

  /// The commands to begin with.
  mutating func begin(_ target: RedisTarget, scripts: [RedisScript]) -> ByteBuffer {
    var buffer = ByteBuffer()
    password = target.password
    if let password {
      buffer.writeCommand(["AUTH"] + (target.username.map { [$0] } ?? []) + [password])
      steps.append(.must)
    }
    if target.database != 0 {
      buffer.writeCommand(["SELECT", String(target.database)])
      steps.append(.must)
    }
    buffer.writeCommand(["CLIENT", "SETNAME", target.clientName])
    buffer.writeCommand(["CLIENT", "ID"])
    buffer.writeCommand(["INFO"])
    steps += [.may, .clientID, .info]
    for script in scripts {
      buffer.writeScriptLoad(script)
      steps.append(.must)
    }
    buffer.writeCommand(["PING"])
    steps.append(.must)
    steps.reverse()
    return buffer
  }

  /// Takes in the next answer.
  mutating func receive(_ reply: borrowing RESPReply) -> Progress {
    guard let step = steps.popLast() else { return .refused("an answer that nobody asked for") }
    let node = reply.first
    switch step {
    case .must:
      if node.kind == .error { return .refused(refusal(reply)) }
    case .may:
      break
    case .clientID:
      if node.kind == .integer { identity.clientID = node.integer }
    case .info:
      facts.takeInfo(reply)
      identity.runID = facts.runID
      if let fault = facts.fault { return .unusable(fault) }
    case .savePoints:
      facts.takeSavePoints(reply)
      return fence()
    case .fence:
      return .ready(isFenced: node.kind == .integer)
    }
    guard steps.isEmpty else { return .waiting }
    // Asked only where it makes a difference: most users of Redis may not, and Redis keeps a log of that.
    guard facts.appendsToFile == false else { return fence() }
    steps.append(.savePoints)
    var buffer = ByteBuffer()
    buffer.writeCommand(["CONFIG", "GET", "save"])
    return .send(buffer)
  }

  /// The last step: an end to the connection that was lost.
  private mutating func fence() -> Progress {
    guard let previous else { return .ready(isFenced: true) }
    guard let lost = previous.runID, let current = identity.runID else {
      return .ready(isFenced: false)
    }
    // Another process: what the old one had not read died with it.
    guard lost == current else { return .ready(isFenced: true) }
    guard let clientID = previous.clientID else { return .ready(isFenced: false) }
    steps.append(.fence)
    var buffer = ByteBuffer()
    buffer.writeCommand(["CLIENT", "KILL", "ID", String(clientID)])
    return .send(buffer)
  }

  /// What Redis says, up to where it quotes what it was sent: where AUTH was renamed, that is the
  /// password, or as much of it as Redis shows.
  private func refusal(_ reply: borrowing RESPReply) -> String {
    let whole = reply.text(of: reply.first).prefix(Self.refusalLength)
    let text = whole.firstRange(of: ", with args").map { whole[..<$0.lowerBound] } ?? whole
    if let password, text.contains(password) { return reply.errorCode(of: reply.first) }
    return String(text)
  }
}

extension ByteBuffer {
  /// Writes a command that makes Redis keep a script.
  mutating func writeScriptLoad(_ script: RedisScript) {
    writeCommand(["SCRIPT", "LOAD", script.source])
  }
}
