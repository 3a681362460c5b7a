/// One thing that is wrong with the configuration: where, and what to do about it.
///
/// A fault has the name of what held a wrong value, and the value itself only where that can't be a secret that
/// was put in the wrong place (`WrongValue`).
public struct ConfigurationFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where a fault is.
  public enum Place: Sendable, Equatable {
    /// A member of the configuration file, by its path from the top, as in `limits.depth`.
    case member(file: String, key: String)
    /// A place in the text of the configuration file, counted from 1.
    case text(file: String, line: Int, column: Int)
    /// A file as a whole.
    case file(String)
    /// An environment variable.
    case variable(String)
    /// A flag, without its dashes.
    case flag(String)
    /// A `--set KEY=VALUE`; nil is one without a key.
    case assignment(String?)
    /// No place: what doesn't fit are several settings together, or a default.
    case whole
  }

  /// Where it is.
  public let place: Place
  /// What is wrong, and what to do.
  public let message: String

  /// Describes a fault.
  public init(_ place: Place, _ message: String) {
    self.place = place
    self.message = message
  }

  /// The fault in one line.
  public var description: String {
    switch place {
    case .member(let file, let key): "\(file): \(key): \(message)"
    case .text(let file, let line, let column): "\(file):\(line):\(column): \(message)"
    case .file(let file): "\(file): \(message)"
    case .variable(let name): "\(name): \(message)"
    case .flag(let name): "--\(name): \(message)"
    case .assignment(let key?): "--set \(key): \(message)"
    case .assignment(nil): "--set: \(message)"
    case .whole: message
    }
  }
}
