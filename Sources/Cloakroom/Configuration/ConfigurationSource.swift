internal import Configuration

/// One of the places that settings come from, with the names that they have there.
struct ConfigurationSource: Sendable {
  /// The values.
  let provider: any ConfigProvider
  /// Where a setting is, in this source.
  let place: @Sendable (Setting) -> ConfigurationFault.Place

  /// A setting's value; nil when this source has none.
  ///
  /// What type it is asked for makes no difference to what it is: a provider refuses all but the
  /// one that it has, and what a value has to be is for the setting's syntax to say.
  func content(of setting: Setting) -> ConfigContent? {
    let key = AbsoluteConfigKey(setting.key.split(separator: ".").map(String.init))
    for type in [ConfigType.string, .int, .bool, .stringArray, .double] {
      if let value = try? provider.value(forKey: key, type: type).value {
        return value.content
      }
    }
    return nil
  }
}

extension ConfigurationSource {
  /// The command line: flags by their names, and `--set KEY=VALUE`, which wins.
  static func commandLine(
    flags: [String: String], assignments: [String: String]
  ) -> ConfigurationSource {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for setting in Setting.table {
      let text = assignments[setting.key] ?? setting.flag.flatMap { flags[$0] }
      guard let text else { continue }
      values[key(setting)] = ConfigValue(.string(text), isSecret: setting.isSecret)
    }
    return ConfigurationSource(
      provider: InMemoryProvider(name: "command line", values: values),
      place: { setting in
        if let flag = setting.flag, assignments[setting.key] == nil { return .flag(flag) }
        return .assignment(setting.key)
      })
  }

  /// The sidecar's own environment variables.
  static func environment(_ variables: [String: String]) -> ConfigurationSource {
    ConfigurationSource(
      provider: provider(variables) { $0.variable },
      place: { .variable($0.variable) })
  }

  /// The environment variables that other programs use too.
  static func conventionalEnvironment(_ variables: [String: String]) -> ConfigurationSource {
    ConfigurationSource(
      provider: provider(variables) { $0.conventional },
      place: { .variable($0.conventional ?? $0.variable) })
  }

  /// The values of a configuration file, by their keys.
  static func file(_ path: String, values: [String: ConfigContent]) -> ConfigurationSource {
    var known: [AbsoluteConfigKey: ConfigValue] = [:]
    for setting in Setting.table {
      guard let content = values[setting.key] else { continue }
      known[key(setting)] = ConfigValue(content, isSecret: setting.isSecret)
    }
    return ConfigurationSource(
      provider: InMemoryProvider(name: path, values: known),
      place: { .member(file: path, key: $0.key) })
  }

  private static func key(_ setting: Setting) -> AbsoluteConfigKey {
    AbsoluteConfigKey(setting.key.split(separator: ".").map(String.init))
  }

  /// Environment variables under names of the table's choosing, in place of those that the library
  /// would make of a key. A setting without a name finds nothing.
  private static func provider(
    _ variables: [String: String], name: @escaping @Sendable (Setting) -> String?
  ) -> KeyMappingProvider<EnvironmentVariablesProvider> {
    // A variable that is set to nothing counts as not set: most tools that start programs can't
    // take one away.
    let present = variables.filter { !$0.value.isEmpty }
    let secrets = Set(Setting.table.filter(\.isSecret).compactMap(name))
    let provider = EnvironmentVariablesProvider(
      environmentVariables: present, secretsSpecifier: .specific(secrets))
    return KeyMappingProvider(upstream: provider) { key in
      let setting = Setting.named(key.components.joined(separator: "."))
      return AbsoluteConfigKey([setting.flatMap(name) ?? ""])
    }
  }
}
