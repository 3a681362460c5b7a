import CloakroomRedis
import Support

/// Runs a script of the store as a user who lacks something.
struct RedisScriptTrial {
  /// What the user, or the server, lacks.
  enum Lack: Hashable, CustomStringConvertible {
    case nothing
    /// The right to a command, as ACL rules name it.
    case command(String)
    case channels
    case key(String)
    case writing(String)
    case reading(String)
    case memory
    case replicas
    /// A key is of another type than all scripts expect.
    case type(String)

    var description: String {
      switch self {
      case .nothing: "nothing lacks"
      case .command(let name): "without \(name)"
      case .channels: "without channels"
      case .key(let name): "without the key \(name)"
      case .writing(let name): "without writing to \(name)"
      case .reading(let name): "without reading \(name)"
      case .memory: "without memory"
      case .replicas: "without replicas"
      case .type(let name): "with another type of \(name)"
      }
    }
  }

  /// What came of a run.
  struct Outcome {
    let reply: String
    /// All keys with digests of what they hold, before and after.
    let before: String
    let after: String
    /// What all keys hold, but for times and ids.
    let picture: String
    /// The commands that have run, as ACL rules name them.
    let commands: Set<String>

    var isRefused: Bool { reply.hasPrefix("-") }
  }

  private let server: RedisServer
  private let admin: RedisSession
  private let user: RedisSession
  private let script: RedisScript

  init(_ script: RedisScript) throws {
    self.script = script
    server = try RedisServer()
    admin = try RedisSession(server)
    _ = try admin.command(["ACL", "SETUSER", "limited", "on", "nopass"])
    _ = try admin.command(["SCRIPT", "LOAD", script.source])
    user = try RedisSession(server)
    _ = try user.command(["AUTH", "limited", ""])
  }

  func run(_ situation: RedisScriptCase.Situation, _ lack: Lack) throws -> Outcome {
    var commands = [
      ["CONFIG", "SET", "maxmemory", "0", "min-replicas-to-write", "0"], ["FLUSHALL"],
    ]
    commands += situation.before
    if case .type(let key) = lack { commands += [["DEL", key], ["SADD", key, "member"]] }
    commands.append(Self.rules(lack, keys: situation.keys))
    switch lack {
    case .memory: commands.append(["CONFIG", "SET", "maxmemory", "1"])
    case .replicas: commands.append(["CONFIG", "SET", "min-replicas-to-write", "1"])
    default: break
    }
    for command in commands {
      let reply = try admin.command(command)
      guard !reply.hasPrefix("-") else { throw Failure(text: "\(command): \(reply)") }
    }
    let before = try admin.command(["EVAL", Self.digests, "0"])
    _ = try admin.command(["CONFIG", "RESETSTAT"])
    let reply = try user.command(
      ["EVALSHA", script.digest, "\(situation.keys.count)"] + situation.keys + situation.arguments)
    let statistics = try admin.command(["EVAL", Self.statistics, "0"])
    return Outcome(
      reply: Self.masked(reply), before: before,
      after: try admin.command(["EVAL", Self.digests, "0"]),
      picture: Self.masked(try admin.command(["EVAL", Self.picture, "0"])),
      commands: Set(statistics.matches(of: /cmdstat_([a-z|-]+):calls=[1-9]/).map { String($0.1) })
        .subtracting(["eval", "evalsha", "config|resetstat", "info"]))
  }

  struct Failure: Error { let text: String }

  private static func rules(_ lack: Lack, keys: [String]) -> [String] {
    let patterns = keys.map { key in
      switch lack {
      case .key(key): "~other"
      case .writing(key): "%R~\(key)"
      case .reading(key): "%W~\(key)"
      default: "~\(key)"
      }
    }
    var rules = ["ACL", "SETUSER", "limited", "reset", "on", "nopass", "+@all"] + patterns
    if lack != .channels { rules.append("&*") }
    if case .command(let name) = lack { rules.append("-\(name)") }
    return rules
  }

  /// Times, and ids that are made of them, differ from run to run.
  private static func masked(_ text: String) -> String {
    text.replacing(/[0-9.e+]{9,}/, with: "#")
  }

  private static let digests = """
    local keys, shown = redis.call('KEYS', '*'), {}
    table.sort(keys)
    for place, key in ipairs(keys) do
      shown[place] = key .. ' ' .. redis.sha1hex(redis.call('DUMP', key)) .. ' '
        .. redis.call('PEXPIRETIME', key)
    end
    return table.concat(shown, '; ')
    """

  private static let statistics = """
    return (string.gsub(redis.call('INFO', 'commandstats'), '[\\r\\n]+', ' '))
    """

  private static let picture = """
    local function text(value)
      if type(value) ~= 'table' then return tostring(value) end
      local parts = {}
      for place, part in ipairs(value) do parts[place] = text(part) end
      return '(' .. table.concat(parts, ' ') .. ')'
    end
    local function content(key, kind)
      if kind == 'string' then return redis.call('GET', key) end
      if kind == 'zset' then return redis.call('ZRANGE', key, 0, -1) end
      if kind == 'set' then return redis.call('SMEMBERS', key) end
      -- Answers are packed, with their times.
      if key == 'record' then
        local names = redis.call('HKEYS', key)
        table.sort(names)
        return names
      end
      if kind == 'hash' then
        local all, fields = redis.call('HGETALL', key), {}
        for place = 1, #all, 2 do fields[#fields + 1] = all[place] .. '=' .. all[place + 1] end
        table.sort(fields)
        return fields
      end
      local groups = {}
      for place, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
        groups[place] = {group[2], redis.call('XPENDING', key, group[2])}
      end
      return {redis.call('XRANGE', key, '-', '+'), groups}
    end
    local keys, shown = redis.call('KEYS', '*'), {}
    table.sort(keys)
    for place, key in ipairs(keys) do
      shown[place] = key .. (redis.call('PTTL', key) < 0 and ' ' or ' timed ')
        .. text(content(key, redis.call('TYPE', key).ok))
    end
    return table.concat(shown, '; ')
    """
}
