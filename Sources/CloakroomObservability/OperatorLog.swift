import CloakroomCore
import Glibc
public import Logging

/// The operator's log on standard error: a line for each message, the message before its fields.
///
/// For journald, lines begin with their priority (sd-daemon(3)) and have no time of their own.
public struct OperatorLog: LogHandler {
  /// The least severe messages that are written.
  public var logLevel = Logger.Level.info
  /// Fields of every message.
  public var metadata = Logger.Metadata()
  private let isForJournal: Bool

  /// A log for a process.
  ///
  /// - Parameter environment: tells whether journald reads standard error (`JOURNAL_STREAM`).
  public init(environment: [String: String]) {
    isForJournal = Self.isJournal(environment["JOURNAL_STREAM"])
  }

  init(isForJournal: Bool) { self.isForJournal = isForJournal }

  /// A field of every message.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a message.
  public func log(event: LogEvent) {
    let metadata = event.metadata.map { self.metadata.merging($0) { $1 } } ?? self.metadata
    write(line(event.level, "\(event.message)", metadata, at: Timestamp.now))
  }

  /// What is written for a message.
  func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, at time: Timestamp
  ) -> String {
    let fields = metadata.sorted { $0.key < $1.key }
      .map { " \($0.key)=\(Self.quoted(Self.text(of: $0.value)))" }.joined()
    // The faults of a configuration are a line each.
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self.escaped(String($0), quote: false) }
    let text = lines.enumerated().map { $0 == 0 ? $1 + fields : $1 }
    guard isForJournal else {
      return "\(String(decoding: time.text, as: UTF8.self)) \(level) "
        + text.joined(separator: "\n") + "\n"
    }
    return text.map { "<\(level.priority)>\($0)\n" }.joined()
  }

  private func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return
      }
    }
  }

  /// Whether standard error is the stream that systemd has connected to journald (systemd.exec(5)).
  private static func isJournal(_ stream: String?) -> Bool {
    var status = stat()
    guard let stream, fstat(STDERR_FILENO, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }

  /// A field's value as text; a list's elements are separated by commas.
  private static func text(of value: Logger.MetadataValue) -> String {
    guard case .array(let elements) = value else { return "\(value)" }
    return elements.map { element in
      let text = text(of: element)
      return text.contains(",") ? "\"" + escaped(text, quote: true) + "\"" : text
    }.joined(separator: ",")
  }

  /// A field's value: as it is, unless it could be taken for something else.
  private static func quoted(_ value: String) -> String {
    let isPlain =
      !value.isEmpty
      && value.unicodeScalars.allSatisfy {
        $0.value > 0x20 && !isControl($0) && $0 != "\"" && $0 != "="
      }
    return isPlain ? value : "\"" + escaped(value, quote: true) + "\""
  }

  /// A text in which no line, and no command for a terminal, can hide.
  private static func escaped(_ text: String, quote: Bool) -> String {
    guard
      text.unicodeScalars.contains(where: { isControl($0) || (quote && ($0 == "\"" || $0 == "\\")) }
      )
    else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\"" where quote, "\\" where quote: result += "\\\(scalar)"
      case _ where isControl(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }
}

extension Logger.MetadataValue {
  /// A field with several values, which the operator's log has with commas between them.
  package static func list(_ texts: [String]) -> Self { .array(texts.map { .string($0) }) }
}

extension Logger.Level {
  /// The priority of syslog(3).
  fileprivate var priority: Int {
    switch self {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}
