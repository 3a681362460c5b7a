internal import CloakroomCore
internal import Configuration

/// Reads the presets of a configuration file: kinds of pending operations by their names.
struct PresetReader {
  private static let members = ["backend", "expiresIn", "oneTime", "seal", "maxAttempts"]
  private static let longestName = 128

  /// The file that is read.
  let file: String
  /// What is wrong.
  private(set) var faults: [ConfigurationFault] = []

  init(file: String) { self.file = file }

  /// Reads the presets' member. What it has takes the place of a built-in preset of that name; the
  /// other built-in ones stay.
  mutating func presets(_ tree: JSONTree) -> [ByteString: Configuration.Pending.Preset] {
    var presets = Configuration.Pending.builtIn
    guard case .object(let members) = tree else {
      if tree != .null {
        fault(
          "", "has to be an object of presets by name: {\"invitation\": {\"expiresIn\": \"3d\"}}")
      }
      return presets
    }
    for member in members where member.name != ConfigurationFile.comment {
      guard (1...Self.longestName).contains(member.name.utf8.count) else {
        fault("", "has a preset whose name is empty or longer than \(Self.longestName) bytes")
        continue
      }
      presets[ByteString(member.name)] = preset(member)
    }
    return presets
  }

  private mutating func preset(_ member: JSONTree.Member) -> Configuration.Pending.Preset {
    let path = ".\(member.name)"
    var preset = Configuration.Pending.Preset()
    guard case .object(let fields) = member.value else {
      fault(path, "has to be an object: {\"backend\": \"store\", \"expiresIn\": \"30m\"}")
      return preset
    }
    for field in fields where field.name != ConfigurationFile.comment && field.value != .null {
      let path = "\(path).\(field.name)"
      switch field.name {
      case "backend": preset.backend = backend(field.value, path)
      case "expiresIn": preset.expiresIn = life(field.value, path)
      case "oneTime": preset.isOneTime = flag(field.value, path)
      case "seal": preset.isSealed = flag(field.value, path)
      case "maxAttempts": preset.maxAttempts = attempts(field.value, path)
      default:
        fault(
          path, "is nothing that a preset has" + Suggestion.hint(for: field.name, in: Self.members))
      }
    }
    return preset
  }

  private mutating func backend(
    _ tree: JSONTree, _ path: String
  ) -> Configuration.Pending.Backend? {
    if case .string(let name) = tree, let backend = Configuration.Pending.Backend(rawValue: name) {
      return backend
    }
    fault(path, "has to be \"auto\", \"store\" or \"jwt\"" + WrongValue.told(tree))
    return nil
  }

  private mutating func life(_ tree: JSONTree, _ path: String) -> TimeToLive? {
    if let life = tree.life { return life }
    fault(
      path,
      "has to be a number of seconds or a time such as \"30m\" or \"24h\"" + WrongValue.told(tree))
    return nil
  }

  private mutating func flag(_ tree: JSONTree, _ path: String) -> Bool? {
    if case .boolean(let flag) = tree { return flag }
    fault(path, "has to be true or false" + WrongValue.told(tree))
    return nil
  }

  private mutating func attempts(_ tree: JSONTree, _ path: String) -> Int? {
    let most = Configuration.Pending.mostAttempts
    if case .integer(let number) = tree, (0...most).contains(number) { return number }
    fault(
      path,
      "has to be a whole number from 0, any number of times, to \(most)" + WrongValue.told(tree))
    return nil
  }

  private mutating func fault(_ path: String, _ message: String) {
    let key = ConfigurationFile.presets + path
    faults.append(ConfigurationFault(.member(file: file, key: key), message))
  }
}
