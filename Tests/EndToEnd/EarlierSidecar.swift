import Support
import Testing

/// A sidecar of version 0.1 at a Redis, as far as pending operations go: it calls the scripts of that version
/// as it called them.
final class EarlierSidecar {
  /// What Redis answers.
  indirect enum Reply: Equatable {
    case null, status
    case number(Int)
    case text(String)
    case error(String)
    case list([Reply])

    /// The elements of a list.
    var elements: [Reply] { if case .list(let elements) = self { elements } else { [] } }
    /// A number; nil for anything else.
    var number: Int? { if case .number(let number) = self { number } else { nil } }
    /// The operation's data, of an answer that has some.
    var data: String? {
      guard let what = elements.first?.number, what > 0, elements.count > 2,
        case .text(let data) = elements[2]
      else { return nil }
      return data
    }
    /// Why a step was refused, by the number of the reason.
    var refusal: Int? { elements.first?.number == 0 ? elements[2].number : nil }
    /// Whether it is an error because there is no hash any more.
    var isWrongType: Bool {
      if case .error(let text) = self { text.hasPrefix("WRONGTYPE") } else { false }
    }
  }

  /// The reasons of refusals.
  static let consumed = 3
  static let checkedOut = 5

  /// How long tombstones, receipts, and dead operations are kept, in milliseconds: none of them the default.
  static let retention = [3_600_000, 7_200_000, 10_800_000]

  private let client: LineClient

  /// Connects, and has Redis keep the scripts.
  init(_ redis: RedisServer) throws {
    client = try LineClient(path: redis.socketPath, isSidecar: false)
    for script in EarlierScript.all {
      try #require(try call(["SCRIPT", "LOAD", script.source]) == .text(script.digest))
    }
  }

  /// Makes an operation of the type `form`, and a reminder of it.
  @discardableResult
  func create(
    _ name: String, data: String = #"{"n":1}"#, lifeMs: Int = 600_000, maxAttempts: Int = 0
  ) throws -> Reply {
    let index = "cloakroom:$deadlines:pending"
    _ = try call(
      ["EVALSHA", EarlierScript.remind.digest, "1", index, name, String(lifeMs)])
    let draft = [lifeMs, nil, 0, maxAttempts].map { $0.map { String($0) } ?? "" }
    return try call(Self.command(EarlierScript.create, name, draft: draft, [data]))
  }

  /// Takes a step on an operation of the type `form`.
  @discardableResult
  func perform(_ script: EarlierScript, on name: String, _ arguments: String...) throws -> Reply {
    try call(Self.command(script, name, arguments))
  }

  /// Asks for an operation's data, without waiting for them.
  func beginConsuming(_ name: String) throws {
    try send(Self.command(EarlierScript.consume, name, []))
  }

  /// Waits for what was asked for.
  func end() throws -> Reply { try readReply() }

  /// Consumes an operation for a call that has an idempotency key.
  func consume(_ name: String, keepingIn record: String, fingerprint: String) throws -> Reply {
    var command = Self.command(EarlierScript.consumeOnce, name, [])
    command[2] = "2"
    command.insert(record, at: 4)
    return try call(command + [fingerprint, "0", "600000", ""])
  }

  private static func command(
    _ script: EarlierScript, _ name: String, draft: [String] = ["", "", "0", "0"],
    _ arguments: [String]
  ) -> [String] {
    ["EVALSHA", script.digest, "1", name, "form"] + retention.map { String($0) } + draft + arguments
  }

  // MARK: RESP

  private func call(_ parts: [String]) throws -> Reply {
    try send(parts)
    return try readReply()
  }

  private func send(_ parts: [String]) throws {
    let text = parts.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    try client.send("*\(parts.count)\r\n" + text)
  }

  /// Reads a reply whose texts have no line breaks.
  private func readReply() throws -> Reply {
    let line = try readLine()
    let rest = String(line.dropFirst())
    switch line.first {
    case "*": return .list(try (0..<max(Int(rest) ?? 0, 0)).map { _ in try readReply() })
    case "$": return rest == "-1" ? .null : .text(try readLine())
    case ":": return .number(Int(rest) ?? -1)
    case "-": return .error(rest)
    default: return .status
    }
  }

  private func readLine() throws -> String {
    // Swift takes "\r\n" for one character, which the client has parted.
    String(try client.readLine().unicodeScalars.filter { $0 != "\r" }.map(Character.init))
  }
}
