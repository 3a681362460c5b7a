/// Names and texts, as TypeScript writes them.
enum NodeText {
  /// The language's own words, and what a stub calls its own parameters: none of them can be a parameter.
  private static let taken: Set = [
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger",
    "default", "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally",
    "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let", "new",
    "null", "options", "package", "private", "protected", "public", "return", "static", "super",
    "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while", "with", "yield",
  ]

  /// `ttl` as it is, `default` as `default_`.
  static func name(_ name: String) -> String { taken.contains(name) ? name + "_" : name }

  /// `completeStep` as `CompleteStep`.
  static func capitalized(_ name: String) -> String {
    name.prefix(1).uppercased() + name.dropFirst()
  }

  /// A string.
  static func literal(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// A comment that documents what stands behind it.
  static func documentation(_ text: String, indented margin: String = "") -> String {
    "\(margin)/** \(text.replacing("*/", with: "*\\/")) */\n"
  }
}
