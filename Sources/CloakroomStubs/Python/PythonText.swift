/// Names and texts, as Python writes them.
enum PythonText {
  /// As many columns as the client's formatter gives a line.
  private static let width = 110

  /// The language's own words, and what a stub calls its own variables: none of them can be a parameter.
  private static let taken: Set = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield", "cast", "common", "params", "self",
  ]

  /// `waitMs` as `wait_ms`, `from` as `from_`.
  static func name(_ name: String) -> String {
    var written = ""
    for character in name {
      if character.isUppercase { written += "_" }
      written += character.lowercased()
    }
    return taken.contains(written) ? written + "_" : written
  }

  /// A string.
  static func literal(_ text: String) -> String { "\"\(escaped(text))\"" }

  /// What stands between a documentation string's quotes.
  static func documentation(_ text: String) -> String {
    // Quotes may stand there, as long as they don't end it: three of them would, and one before its end.
    let endsQuoted = text.hasSuffix("\"")
    return (endsQuoted ? text.dropLast() : text[...]).replacing("\\", with: "\\\\")
      .replacing("\"\"\"", with: "\\\"\\\"\\\"") + (endsQuoted ? "\\\"" : "")
  }

  /// A dictionary behind what it is assigned to, one line or as many as it has members.
  static func dictionary(_ start: String, _ members: [String]) -> [String] {
    let line = "\(start){\(members.joined(separator: ", "))}"
    guard line.count > width else { return [line] }
    let margin = String(start.prefix { $0 == " " })
    return [start + "{"] + members.map { "\(margin)    \($0)," } + ["\(margin)}"]
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
