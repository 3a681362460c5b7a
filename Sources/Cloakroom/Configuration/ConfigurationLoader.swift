public import CloakroomCore
internal import CloakroomTokens
internal import Configuration
internal import Glibc

/// Reads the configuration from the command line, the environment and a file, in that order of
/// precedence, and finds everything that is wrong with it at once.
public struct ConfigurationLoader: Sendable {
  /// The users and groups that the file may name.
  public var accounts = Accounts.system
  /// The user that the process runs as.
  public var userID: UInt32 = geteuid()
  /// How many processors there are.
  public var processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
  /// The methods there are: a service's pattern that matches none of them is a fault. nil doesn't
  /// check patterns.
  public var methodNames: [String]?

  /// Whether the keys that the configuration names are read and checked too.
  public var readsKeys = false
  /// Whether the flows are.
  public var readsFlows = false
  /// Whether to look for what would fail later, and for what can't be meant.
  public var reviews = false

  /// A loader for this machine and this process.
  public init() {}

  /// Reads and checks everything.
  ///
  /// - Parameters:
  ///   - flags: the values of settings' own flags, by the flags' names without dashes
  ///     (`ConfigurationReference.flags` lists them).
  ///   - assignments: the arguments of `--set`, each `KEY=VALUE`, where a key is a setting's path in
  ///     the file. They win over flags.
  ///   - environment: the process's environment variables.
  ///   - file: the argument of `--config`; nil takes `$CLOAKROOM_CONFIG`, and no file without it.
  /// - Throws: everything that is wrong, of all sources. A value that a stronger source overrides
  ///   is not looked at.
  public func load(
    flags: [String: String] = [:], assignments: [String] = [], environment: [String: String],
    file: String? = nil
  ) throws(ConfigurationFaults) -> Configuration {
    var faults: [ConfigurationFault] = []
    var document = ConfigurationFile()
    if let path = file ?? environment[Self.fileVariable].flatMap({ $0.isEmpty ? nil : $0 }) {
      document = ConfigurationFile(reading: path, faults: &faults)
    }
    let assigned = Self.assigned(assignments, faults: &faults)
    faults += Self.unknownFlags(flags) + Self.unknownVariables(environment)

    let sources = [
      ConfigurationSource.commandLine(flags: flags, assignments: assigned),
      .environment(environment),
      .conventionalEnvironment(environment),
      .file(document.path, values: document.values),
    ]
    var draft = ConfigurationDraft(processors: processors)
    var places: [String: ConfigurationFault.Place] = [:]
    for setting in Setting.table {
      if setting.key == "store.url",
        !sources[..<3].contains(where: { $0.content(of: setting) != nil }),
        let endpoint = ConventionalRedis.endpoint(environment: environment, faults: &faults)
      {
        draft.store = .redis(endpoint)
        places[setting.key] = .variable("REDIS_HOST")
        continue
      }
      for source in sources {
        guard let content = source.content(of: setting) else { continue }
        let place = source.place(setting)
        places[setting.key] = place
        do {
          try setting.apply(content, &draft)
        } catch {
          let value = setting.isSecret ? "" : WrongValue.told(content)
          faults.append(ConfigurationFault(place, error.message + value))
        }
        break
      }
    }
    if let services = document.services {
      var reader = PolicyReader(
        file: document.path, accounts: accounts, methodNames: methodNames)
      draft.configuration.policy = reader.policy(services)
      faults += reader.faults
    }
    if let presets = document.presets {
      var reader = PresetReader(file: document.path)
      draft.configuration.pending.presets = reader.presets(presets)
      faults += reader.faults
    }
    if let policies = document.policies {
      var reader = RatePolicyReader(file: document.path)
      draft.configuration.ratelimit.policies = reader.policies(policies)
      faults += reader.faults
    }
    let assembly = ConfigurationAssembly(
      places: places, accounts: accounts, userID: userID, environment: environment)
    let configuration = assembly.finish(draft, faults: &faults)
    if reviews {
      let review = ConfigurationReview(
        places: places, file: document.path, passwordFile: draft.passwordFile)
      faults += review.faults(configuration)
    }
    if readsKeys { faults += Self.keyFaults(configuration) }
    if readsFlows { faults += Self.flowFaults(configuration) }
    guard faults.isEmpty else { throw ConfigurationFaults(faults: faults) }
    return configuration
  }
}

extension ConfigurationLoader {
  /// The environment variable that names the configuration file.
  static let fileVariable = "CLOAKROOM_CONFIG"

  /// Everything that is wrong with the keys for tokens.
  private static func keyFaults(_ configuration: Configuration) -> [ConfigurationFault] {
    do throws(KeyFolderFault) {
      _ = try KeyFolder.ring(of: TokenKeys.folders(of: configuration))
      return []
    } catch {
      return error.complaints.map { ConfigurationFault(.file($0.path), $0.message) }
    }
  }

  /// Everything that is wrong with the flows.
  private static func flowFaults(_ configuration: Configuration) -> [ConfigurationFault] {
    guard let folder = configuration.flows.folder else { return [] }
    do throws(ConfigurationFaults) {
      _ = try FlowFolder(folder, defaultTTL: configuration.session.ttl).read()
      return []
    } catch {
      return error.faults
    }
  }

  private static func assigned(
    _ assignments: [String], faults: inout [ConfigurationFault]
  ) -> [String: String] {
    var values: [String: String] = [:]
    for assignment in assignments {
      guard let equals = assignment.firstIndex(of: "=") else {
        faults.append(ConfigurationFault(.assignment(nil), "has to be KEY=VALUE"))
        continue
      }
      let key = String(assignment[..<equals])
      if Setting.named(key) == nil {
        let hint = Suggestion.hint(for: key, in: Setting.table.map(\.key))
        faults.append(ConfigurationFault(.assignment(key), "is no setting" + hint))
      }
      // The last one wins, as with every repeated flag.
      values[key] = String(assignment[assignment.index(after: equals)...])
    }
    return values
  }

  private static func unknownFlags(_ flags: [String: String]) -> [ConfigurationFault] {
    let known = Setting.table.compactMap(\.flag)
    return flags.keys.sorted().filter { !known.contains($0) }.map { name in
      ConfigurationFault(
        .flag(name), "is no setting's flag" + Suggestion.hint(for: name, in: known))
    }
  }

  private static func unknownVariables(_ environment: [String: String]) -> [ConfigurationFault] {
    let known = Set(Setting.table.map(\.variable) + [fileVariable])
    let unknown = environment.keys.filter { $0.hasPrefix("CLOAKROOM_") && !known.contains($0) }
    return unknown.sorted().map { name in
      let hint = Suggestion.hint(for: name, in: known.sorted())
      return ConfigurationFault(.variable(name), "is no setting's variable" + hint)
    }
  }
}
