internal import Configuration

/// What a fault tells of a value that is wrong.
///
/// Any value may be a secret that was put in the wrong place. So only what consists of plain words and numbers is
/// told: no URL with a password in it does, no key, and no password that is worth the name.
enum WrongValue {
  /// The longest text that is told, in bytes.
  private static let longestText = 32
  /// The longest word of it.
  private static let longestWord = 16
  /// How many of a list are told at most.
  private static let longestList = 4

  /// What stands behind the sentence that says what a setting has to be, as in `, not "loud"`; nothing where the
  /// value is not told.
  static func told(_ content: ConfigContent) -> String {
    switch content {
    case .int(let number): behind(String(number))
    case .double(let number): behind(String(number))
    case .bool(let flag): behind(String(flag))
    case .string(let text): behind(quoted(text))
    case .stringArray(let texts): behind(list(texts.map(quoted)))
    default: ""
    }
  }

  /// The same of what is in a configuration file.
  static func told(_ tree: JSONTree?) -> String {
    switch tree {
    case .integer(let number): behind(String(number))
    case .real(let number): behind(String(number))
    case .boolean(let flag): behind(String(flag))
    case .string(let text): behind(quoted(text))
    case .array(let elements):
      behind(list(elements.map { if case .string(let text) = $0 { quoted(text) } else { nil } }))
    default: ""
    }
  }

  /// A name in front of a sentence that says what it is not, as in `"nobody" is no user of this system`; nothing
  /// where it is not told.
  static func named(_ text: String) -> String { quoted(text).map { $0 + " " } ?? "" }

  private static func behind(_ value: String?) -> String { value.map { ", not \($0)" } ?? "" }

  private static func list(_ texts: [String?]) -> String? {
    let known = texts.compactMap(\.self)
    guard known.count == texts.count, known.count <= longestList else { return nil }
    return "[" + known.joined(separator: ", ") + "]"
  }

  /// A text between quotes, numbers without; nil where it is not told.
  private static func quoted(_ text: String) -> String? {
    guard text.utf8.count <= longestText, !text.contains("://"),
      text.utf8.allSatisfy({ isWordByte($0) || " .,_-=/{}[]()'".utf8.contains($0) || $0 == 0x3A })
    else { return nil }
    // A name and a password stand on both sides of a colon.
    guard !text.dropLast().contains(":") else { return nil }
    let words = text.utf8.split { !isWordByte($0) }
    guard words.allSatisfy({ isPlain($0) }) else { return nil }
    let isNumber = text.utf8.first.map { isDigit($0) || $0 == 0x2D } ?? false
    return isNumber && !text.contains(" ") ? text : "\"\(text)\""
  }

  /// Whether a word is a number, with a unit behind it or without, or letters that change from small ones to
  /// capitals nowhere.
  private static func isPlain(_ word: Substring.UTF8View) -> Bool {
    let rest = word.drop(while: isDigit)
    guard word.count <= longestWord, !rest.contains(where: isDigit) else { return false }
    guard rest.count == word.count || word.count - rest.count <= 12 else { return false }
    return !zip(rest, rest.dropFirst()).contains { before, after in
      (0x61...0x7A).contains(before) && (0x41...0x5A).contains(after)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
