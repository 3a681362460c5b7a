internal import CloakroomCore
internal import Configuration

/// How one kind of value is written, and read.
///
/// Environment variables and flags are always text; a file may have a number, a boolean or a list
/// where it says the same. What is wrong is said without the value: `WrongValue` knows whether it may be told.
struct SettingSyntax<Value: Sendable>: Sendable {
  /// What a value has to be, in words that fit behind "has to be".
  let takes: String
  /// Reads a value.
  let read: @Sendable (ConfigContent) throws(SettingComplaint) -> Value
  /// Writes a value as it could be read again; nil for one that stands for nothing.
  let show: @Sendable (Value) -> String?

  /// A syntax in which everything that is wrong is that the value is not what it has to be.
  init(
    _ takes: String, read: @escaping @Sendable (ConfigContent) -> Value?,
    show: @escaping @Sendable (Value) -> String?
  ) {
    self.takes = takes
    self.read = { content throws(SettingComplaint) in
      guard let value = read(content) else {
        throw SettingComplaint(message: "has to be " + takes)
      }
      return value
    }
    self.show = show
  }

  /// A syntax that says itself what is wrong.
  init(
    explaining takes: String,
    read: @escaping @Sendable (ConfigContent) throws(SettingComplaint) -> Value,
    show: @escaping @Sendable (Value) -> String?
  ) {
    self.takes = takes
    self.read = read
    self.show = show
  }
}

/// What is wrong with a setting's value, in words that fit behind the setting's name.
struct SettingComplaint: Error, Equatable {
  let message: String
}

extension ConfigContent {
  /// The text, when it is one.
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The whole number, or the text of one.
  var integer: Int? {
    switch self {
    case .int(let number): number
    case .string(let text): Int(text)
    default: nil
    }
  }
}
