internal import CloakroomCore
internal import CloakroomObservability
internal import Configuration

extension SettingSyntax<String?> {
  /// The path of a file.
  static let path = Self("the path of a file") { content in
    content.text.flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : .some($0) }
  } show: {
    $0
  }

  /// A token's issuer: a name or a URL.
  static let issuer = Self("1 to 256 printable ASCII characters without spaces") { content in
    content.text.flatMap { text in
      (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        ? .some(text) : nil
    }
  } show: {
    $0
  }

  /// A group of the system by name or id.
  static let group = Self("a group's name or id") { content in
    switch content {
    case .int(let id): id >= 0 ? String(id) : nil
    case .string(let name): name.isEmpty ? nil : name
    default: nil
    }
  } show: {
    $0
  }
}

extension SettingSyntax<String> {
  /// What keys in the store begin with: no braces, which would make a hash tag of it (Redis Cluster
  /// specification), and nothing that would need quotes in redis-cli.
  static let keyPrefix = Self(
    "1 to 128 printable ASCII characters without spaces, quotes, { or }, and no : at its end"
  ) { content in
    content.text.flatMap { text in
      isPrintable(text, upTo: 128) && !text.hasSuffix(":")
        && !text.utf8.contains(where: Array("\"'{}\\".utf8).contains) ? text : nil
    }
  } show: {
    $0
  }

  /// What Redis takes as a connection's name.
  static let clientName = Self("1 to 64 printable ASCII characters without spaces") { content in
    content.text.flatMap { isPrintable($0, upTo: 64) ? $0 : nil }
  } show: {
    $0
  }

  private static func isPrintable(_ text: String, upTo limit: Int) -> Bool {
    (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }
}

extension SettingSyntax<[String]> {
  /// A list of names: in a file a list, elsewhere separated by commas.
  static let names = Self(
    "a list of different names, each \(PlainName.rule) (separated by commas where it is not in a file)"
  ) { content in
    let names: [String]
    switch content {
    case .stringArray(let list): names = list
    case .string(let text):
      names = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
    default: return nil
    }
    guard names.allSatisfy(PlainName.accepts), Set(names).count == names.count else {
      return nil
    }
    return names
  } show: { names in
    names.isEmpty ? nil : names.joined(separator: ",")
  }

  private static func trimmed(_ text: Substring) -> String {
    let rest = text.drop { $0 == " " }
    return rest.lastIndex { $0 != " " }.map { String(rest[...$0]) } ?? ""
  }
}

extension SettingSyntax<[Configuration.Metrics.Label]> {
  /// Labels of metrics: in a file a list, elsewhere separated by commas.
  static let labels = Self(
    "a list of NAME=VALUE, names of A-Z a-z 0-9 _ that no metric has already, values of 1 to 128 characters "
      + "(separated by commas where it is not in a file)"
  ) { content in
    let texts: [String]
    switch content {
    case .stringArray(let list): texts = list
    case .string(let text): texts = text.split(separator: ",").map(String.init)
    default: return nil
    }
    let labels = texts.compactMap(label)
    guard labels.count == texts.count, Set(labels.map(\.name)).count == labels.count else {
      return nil
    }
    return labels
  } show: { labels in
    labels.isEmpty ? nil : labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
  }

  private static func label(_ text: String) -> Configuration.Metrics.Label? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = text[..<equals].utf8
    let value = String(text[text.index(after: equals)...])
    let isName = name.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
      default: false
      }
    }
    // Names that begin with two underscores are Prometheus' own.
    guard isName, !name.isEmpty, !text.hasPrefix("__"), (1...128).contains(value.utf8.count),
      !value.contains(","), !MetricsText.labelNames.contains(String(text[..<equals]))
    else { return nil }
    return Configuration.Metrics.Label(name: String(text[..<equals]), value: value)
  }
}

extension SettingSyntax<Configuration.LogLevel> {
  /// A log level by swift-log's name.
  static let logLevel = Self(
    "one of " + Configuration.LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
  ) { content in
    content.text.flatMap { Configuration.LogLevel(rawValue: $0.lowercased()) }
  } show: {
    $0.rawValue
  }
}

extension SettingSyntax<Configuration.Pending.Backend> {
  /// Where the data of pending operations are.
  static let pendingBackend = Self(
    "one of " + Configuration.Pending.Backend.allCases.map(\.rawValue).joined(separator: ", ")
  ) { content in
    content.text.flatMap { Configuration.Pending.Backend(rawValue: $0) }
  } show: {
    $0.rawValue
  }
}

extension SettingSyntax<Configuration.Store> {
  /// `memory`, or the URL of a Redis.
  static let store = Self(
    explaining:
      "memory, or a URL: redis://user:password@host:port/database or unix:///path?db=database"
  ) { content throws(SettingComplaint) in
    guard let text = content.text else {
      throw SettingComplaint(message: "has to be memory or a URL")
    }
    if text == "memory" { return .memory }
    do throws(RedisEndpoint.URLFault) {
      return .redis(try RedisEndpoint(url: text))
    } catch {
      throw SettingComplaint(message: error.description)
    }
  } show: { store in
    switch store {
    case .memory: "memory"
    case .redis(let endpoint): endpoint.description
    }
  }
}
