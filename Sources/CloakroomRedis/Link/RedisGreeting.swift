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
    /// Redis does not want us, or is not ready itself.
    case refused(String)
  }

  /// Which connection of which run of which server this was.
  struct Identity: Equatable {
    var runID: String?
    var clientID: Int64?
  }

  private enum Step {
    case must
    case may
    case clientID
    case runID
    case fence
  }

  private var steps: [Step] = []
  private let previous: Identity?
  private(set) var identity = Identity()

  /// - Parameter previous: the connection that was lost, if there was one.
  init(previous: Identity?) { self.previous = previous }

  /// The commands to begin with.
  mutating func begin(_ target: RedisTarget, scripts: [RedisScript]) -> ByteBuffer {
    var buffer = ByteBuffer()
    if let password = target.password {
      buffer.writeCommand(["AUTH"] + (target.username.map { [$0] } ?? []) + [password])
      steps.append(.must)
    }
    if target.database != 0 {
      buffer.writeCommand(["SELECT", String(target.database)])
      steps.append(.must)
    }
    buffer.writeCommand(["CLIENT", "SETNAME", target.clientName])
    buffer.writeCommand(["CLIENT", "ID"])
    buffer.writeCommand(["INFO", "server"])
    steps += [.may, .clientID, .runID]
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
      // The text of an AUTH error names the user at most, never the password.
      if node.kind == .error { return .refused(reply.text(of: node)) }
    case .may:
      break
    case .clientID:
      if node.kind == .integer { identity.clientID = node.integer }
    case .runID:
      if node.kind == .string { identity.runID = Self.runID(in: reply.text(of: node)) }
    case .fence:
      return .ready(isFenced: node.kind == .integer)
    }
    guard steps.isEmpty else { return .waiting }
    return fence()
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

  private static func runID(in info: String) -> String? {
    info.split(whereSeparator: \.isNewline)
      .first { $0.hasPrefix("run_id:") }
      .map { String($0.dropFirst("run_id:".count)) }
  }
}

extension ByteBuffer {
  /// Writes a command that makes Redis keep a script.
  mutating func writeScriptLoad(_ script: RedisScript) {
    writeCommand(["SCRIPT", "LOAD", script.source])
  }
}
