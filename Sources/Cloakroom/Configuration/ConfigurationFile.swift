internal import CloakroomCore
internal import Configuration

/// A configuration file that has been read: its settings by key, and its services as they are.
struct ConfigurationFile: Sendable {
  /// The largest file that is read, in bytes.
  static let limit = 1 << 20
  /// The member that is not a setting: the services, by name.
  static let services = "services"
  /// The member of the settings on pending operations that is none itself: the presets, by name.
  static let presets = "pending.presets"
  /// The only member of the group of rate limits: the policies, by name.
  static let policies = "ratelimit.policies"
  /// A member of this name is a comment, wherever it is: JSON has no other.
  static let comment = "//"

  /// The file's path.
  let path: String
  /// What it says for each setting that it has.
  private(set) var values: [String: ConfigContent] = [:]
  /// The services' member; nil when there is none.
  private(set) var services: JSONTree?
  /// The presets' member; nil when there is none.
  private(set) var presets: JSONTree?
  /// The policies' member; nil when there is none.
  private(set) var policies: JSONTree?

  /// No file.
  init() { path = "" }

  /// Reads a file and notes everything in it that is not a setting or a service.
  init(reading path: String, faults: inout [ConfigurationFault]) {
    self.path = path
    let tree: JSONTree
    do {
      tree = try JSONTree(parsing: SmallFile.read(path, limit: Self.limit))
    } catch let fault as JSONTree.SyntaxFault {
      let place = ConfigurationFault.Place.text(
        file: path, line: fault.line, column: fault.column)
      faults.append(ConfigurationFault(place, "is not valid JSON: " + fault.message))
      return
    } catch let fault as SmallFile.Fault {
      faults.append(ConfigurationFault(.file(path), fault.message))
      return
    } catch {
      // Both of the calls above have typed errors, which a `do` of two can't express.
      faults.append(ConfigurationFault(.file(path), "can't be read"))
      return
    }
    guard case .object(let members) = tree else {
      faults.append(
        ConfigurationFault(.file(path), "has to be a JSON object: {\"socket\": {…}, …}"))
      return
    }
    for member in members where member.name != Self.comment {
      if member.name == Self.services {
        services = member.value
      } else {
        read(section: member, faults: &faults)
      }
    }
  }

  private static let sections =
    Setting.table.reduce(into: [String]()) { names, setting in
      let name = String(setting.key.prefix { $0 != "." })
      if names.last != name, !names.contains(name) { names.append(name) }
    } + ["ratelimit"]

  private mutating func read(section: JSONTree.Member, faults: inout [ConfigurationFault]) {
    let place = ConfigurationFault.Place.member(file: path, key: section.name)
    guard Self.sections.contains(section.name) else {
      let hint = Suggestion.hint(for: section.name, in: Self.sections + [Self.services])
      faults.append(ConfigurationFault(place, "is no group of settings" + hint))
      return
    }
    guard case .object(let members) = section.value else {
      if section.value != .null {
        let message = "has to be an object of settings: {\"\(section.name)\": {…}}"
        faults.append(ConfigurationFault(place, message))
      }
      return
    }
    for member in members where member.name != Self.comment {
      read(setting: member, of: section.name, faults: &faults)
    }
  }

  private mutating func read(
    setting member: JSONTree.Member, of section: String, faults: inout [ConfigurationFault]
  ) {
    let key = "\(section).\(member.name)"
    switch key {
    case Self.presets:
      presets = member.value
      return
    case Self.policies:
      policies = member.value
      return
    default: break
    }
    let place = ConfigurationFault.Place.member(file: path, key: key)
    guard let setting = Setting.named(key) else {
      let hint = Suggestion.hint(
        for: key, in: Setting.table.map(\.key) + [Self.presets, Self.policies])
      faults.append(ConfigurationFault(place, "is no setting" + hint))
      return
    }
    switch member.value {
    case .null: return
    case .string(let text): values[key] = .string(text)
    case .integer(let number): values[key] = .int(number)
    case .real(let number): values[key] = .double(number)
    case .boolean(let flag): values[key] = .bool(flag)
    case .array(let elements):
      let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
      guard texts.count == elements.count else { fallthrough }
      values[key] = .stringArray(texts)
    case .object:
      faults.append(ConfigurationFault(place, "has to be " + setting.takes))
    }
  }
}
