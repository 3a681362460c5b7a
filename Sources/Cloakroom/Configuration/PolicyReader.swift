internal import CloakroomCore

/// Reads the services of a configuration file, and finds the users and groups that they name.
struct PolicyReader {
  private static let members = ["users", "groups", "uids", "gids", "methods", "rate", "burst"]
  /// No id: (uid_t) -1 stands for "leave it" in chown(2) and its like.
  private static let largestID = 4_294_967_294

  /// The file that is read.
  let file: String
  /// The system's users and groups.
  let accounts: Accounts
  /// The methods there are, to find patterns that match none; nil checks nothing.
  let methodNames: [String]?
  /// What is wrong.
  private(set) var faults: [ConfigurationFault] = []

  init(file: String, accounts: Accounts, methodNames: [String]?) {
    self.file = file
    self.accounts = accounts
    self.methodNames = methodNames
  }

  /// Reads the services' member: an object of services by name, in the order in which a peer is
  /// held against them. None of them is `Policy.open`.
  mutating func policy(_ tree: JSONTree) -> Policy {
    guard case .object(let members) = tree else {
      if tree != .null {
        fault(
          "", "has to be an object of services by name: {\"billing\": {\"users\": [\"billing\"]}}")
      }
      return .open
    }
    let services = members.filter { $0.name != ConfigurationFile.comment }
    return Policy(services: services.compactMap { service($0) }) ?? .open
  }

  private mutating func service(_ member: JSONTree.Member) -> ServicePolicy? {
    let path = ".\(member.name)"
    guard case .object(let fields) = member.value else {
      fault(path, "has to be an object: {\"users\": [\"name\"], \"methods\": [\"kv.*\"]}")
      return nil
    }
    for field in fields
    where field.name != ConfigurationFile.comment && !Self.members.contains(field.name) {
      let hint = Suggestion.hint(for: field.name, in: Self.members)
      fault("\(path).\(field.name)", "is nothing that a service has\(hint)")
    }
    let values = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let methods = methods(values["methods"], path + ".methods")
    let rate = rate(values, path)
    let who = who(values, path)
    guard
      let service = ServicePolicy(name: member.name, members: who, methods: methods, rate: rate)
    else {
      fault(path, "is no name for a service: use \(PlainName.rule)")
      return nil
    }
    return service
  }

  private mutating func who(_ values: [String: JSONTree], _ path: String) -> ServicePolicy.Members {
    var who = ServicePolicy.Members()
    let before = faults.count
    for (index, name) in strings(values["users"], path + ".users").enumerated() {
      if name == "*" {
        who.everyone = true
      } else if let id = accounts.userID(name) {
        who.userIDs.insert(id)
      } else {
        fault(
          "\(path).users[\(index)]",
          WrongValue.named(name) + "is no user of this system: add it, or use uids")
      }
    }
    for (index, name) in strings(values["groups"], path + ".groups").enumerated() {
      if let group = accounts.group(name) {
        who.groupIDs.insert(group.id)
        who.userIDs.formUnion(group.members)
      } else {
        fault(
          "\(path).groups[\(index)]",
          WrongValue.named(name) + "is no group of this system: add it, or use gids")
      }
    }
    who.userIDs.formUnion(ids(values["uids"], path + ".uids"))
    for id in ids(values["gids"], path + ".gids") {
      who.groupIDs.insert(id)
      who.userIDs.formUnion(accounts.groupOfID(id)?.members ?? [])
    }
    if !who.everyone, who.userIDs.isEmpty, who.groupIDs.isEmpty, faults.count == before {
      fault(
        path,
        "is for nobody: give users, groups, uids or gids; users [\"*\"] is everyone who may open the "
          + "socket")
    }
    return who
  }

  private mutating func methods(_ tree: JSONTree?, _ path: String) -> [Glob] {
    guard let tree, tree != .null else { return [Glob("*")] }
    let patterns = strings(tree, path)
    if case .array(let elements) = tree, elements.isEmpty {
      fault(path, "allows nothing: give patterns as [\"kv.*\"], or leave it out for all methods")
    }
    for (index, pattern) in patterns.enumerated() {
      guard let methodNames, !methodNames.contains(where: Glob(pattern).matches) else { continue }
      let hint = Suggestion.hint(for: pattern, in: methodNames)
      fault("\(path)[\(index)]", WrongValue.named(pattern) + "matches no method\(hint)")
    }
    return patterns.map(Glob.init)
  }

  private mutating func rate(_ values: [String: JSONTree], _ path: String) -> ServicePolicy.Rate? {
    let perSecond = number(values["rate"], path + ".rate", "calls a second")
    let burst = number(values["burst"], path + ".burst", "calls at once")
    guard let perSecond else {
      if burst != nil { fault(path + ".burst", "means nothing without a rate: add one") }
      return nil
    }
    return ServicePolicy.Rate(perSecond: perSecond, burst: burst)
  }

  private mutating func number(_ tree: JSONTree?, _ path: String, _ what: String) -> Int? {
    switch tree {
    case nil, .null: return nil
    case .integer(let number) where (1...10_000_000).contains(number): return number
    default:
      let value = WrongValue.told(tree)
      fault(path, "has to be a whole number of \(what) from 1 to 10000000\(value)")
      return nil
    }
  }

  private mutating func strings(_ tree: JSONTree?, _ path: String) -> [String] {
    elements(tree, path, "a list of names") { element in
      if case .string(let name) = element, !name.isEmpty { name } else { nil }
    }
  }

  private mutating func ids(_ tree: JSONTree?, _ path: String) -> [UInt32] {
    elements(tree, path, "a list of ids, whole numbers from 0 to \(Self.largestID)") { element in
      guard case .integer(let id) = element, (0...Self.largestID).contains(id) else { return nil }
      return UInt32(exactly: id)
    }
  }

  private mutating func elements<Element>(
    _ tree: JSONTree?, _ path: String, _ what: String, _ read: (JSONTree) -> Element?
  ) -> [Element] {
    guard let tree, tree != .null else { return [] }
    if case .array(let elements) = tree {
      let known = elements.compactMap(read)
      if known.count == elements.count { return known }
    }
    fault(path, "has to be " + what + WrongValue.told(tree))
    return []
  }

  private mutating func fault(_ path: String, _ message: String) {
    let key = ConfigurationFile.services + path
    faults.append(ConfigurationFault(.member(file: file, key: key), message))
  }
}
