internal import CloakroomCore
internal import Configuration

/// Reads the policies of a configuration file: rate limits by their names.
struct RatePolicyReader {
  private static let members = ["limit", "window", "burst"]

  /// The file that is read.
  let file: String
  /// What is wrong.
  private(set) var faults: [ConfigurationFault] = []

  init(file: String) { self.file = file }

  /// Reads the policies' member.
  mutating func policies(_ tree: JSONTree) -> [ByteString: RateLimit] {
    var policies: [ByteString: RateLimit] = [:]
    guard case .object(let members) = tree else {
      if tree != .null {
        fault(
          "",
          "has to be an object of limits by name: {\"login\": {\"limit\": 5, \"window\": \"1m\"}}")
      }
      return policies
    }
    for member in members where member.name != ConfigurationFile.comment {
      guard PlainName.accepts(member.name) else {
        fault(
          "", "has a policy whose name is not \(PlainName.rule)")
        continue
      }
      if let policy = policy(member) { policies[ByteString(member.name)] = policy }
    }
    return policies
  }

  private mutating func policy(_ member: JSONTree.Member) -> RateLimit? {
    let path = ".\(member.name)"
    guard case .object(let fields) = member.value else {
      fault(path, "has to be an object: {\"limit\": 100, \"window\": \"1m\"}")
      return nil
    }
    var limit: Int64?
    var window: TimeToLive?
    var burst: Int64?
    let known = faults.count
    for field in fields where field.name != ConfigurationFile.comment && field.value != .null {
      let path = "\(path).\(field.name)"
      switch field.name {
      case "limit": limit = count(field.value, path)
      case "window": window = time(field.value, path)
      case "burst": burst = count(field.value, path)
      default:
        fault(
          path, "is nothing that a policy has" + Suggestion.hint(for: field.name, in: Self.members))
      }
    }
    guard faults.count == known else { return nil }
    guard let limit, let window else {
      fault(path, "has to have a limit and a window")
      return nil
    }
    do throws(RPCError) {
      return try RateLimit(limit: limit, window: window, burst: burst)
    } catch {
      fault(path, "can't be kept: " + error.message)
      return nil
    }
  }

  private mutating func count(_ tree: JSONTree, _ path: String) -> Int64? {
    if case .integer(let number) = tree, (1...Int(RateLimit.largest)).contains(number) {
      return Int64(number)
    }
    fault(path, "has to be a whole number from 1 to \(RateLimit.largest)" + WrongValue.told(tree))
    return nil
  }

  private mutating func time(_ tree: JSONTree, _ path: String) -> TimeToLive? {
    if let life = tree.life { return life }
    fault(
      path,
      "has to be a number of seconds or a time such as \"1m\" or \"24h\"" + WrongValue.told(tree))
    return nil
  }

  private mutating func fault(_ path: String, _ message: String) {
    let key = ConfigurationFile.policies + path
    faults.append(ConfigurationFault(.member(file: file, key: key), message))
  }
}
