/// What a server has said of itself (INFO, CONFIG GET save); a fact that it has not told is nil.
public struct RedisFacts: Sendable, Equatable {
  /// The first release that has all that is asked of Redis.
  static let oldestMajorVersion = 7

  /// Its version, as `7.2.4`; of a Valkey, the Redis that it is compatible with.
  public var version: String?
  /// Which run of which server it is.
  public var runID: String?
  /// `standalone`, `cluster` or `sentinel`.
  public var mode: String?
  /// `master` or `slave`.
  public var role: String?
  /// What it does when it is full (`maxmemory-policy`).
  public var evictionPolicy: String?
  /// How many bytes it has.
  public var usedMemory: Int64?
  /// How many it may have; 0 is as many as there are.
  public var maxMemory: Int64?
  /// How many keys it has removed to make room, since it was started.
  public var evictedKeys: UInt64?
  /// Whether it writes an append-only file.
  public var appendsToFile: Bool?
  /// When it writes snapshots; empty for never.
  public var savePoints: String?

  /// Nothing is known yet.
  public init() {}

  /// Takes in what INFO has answered.
  public mutating func takeInfo(_ reply: borrowing RESPReply) {
    guard reply.first.kind == .string else { return }
    for line in reply.text(of: reply.first).split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      take(field: line[..<colon], String(line[line.index(after: colon)...]))
    }
  }

  private mutating func take(field: Substring, _ value: String) {
    switch field {
    case "redis_version": version = value
    case "run_id": runID = value
    case "redis_mode": mode = value
    case "role": role = value
    case "maxmemory_policy": evictionPolicy = value
    case "used_memory": usedMemory = Int64(value)
    case "maxmemory": maxMemory = Int64(value)
    case "evicted_keys": evictedKeys = UInt64(value)
    case "aof_enabled": appendsToFile = value == "1"
    default: break
    }
  }

  /// Takes in what CONFIG GET save has answered.
  mutating func takeSavePoints(_ reply: borrowing RESPReply) {
    guard reply.first.kind == .array, reply.nodes.count == 3, reply.nodes[2].kind == .string
    else { return }
    savePoints = reply.text(of: reply.nodes[2])
  }

  /// Why the server can't be used; nil when it can, or has not told.
  var fault: String? {
    guard let version, let major = version.split(separator: ".").first.flatMap({ Int($0) }),
      major < Self.oldestMajorVersion
    else { return nil }
    return "it is Redis \(version), and \(Self.oldestMajorVersion).0 or later is needed"
  }
}
