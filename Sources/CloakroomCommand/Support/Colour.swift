/// What a state's colour says on a terminal.
enum Colour: String {
  /// Well: green.
  case good = "32"
  /// Wrong: red.
  case bad = "31"
  /// To be looked at: yellow.
  case remark = "33"

  /// A line in the colour; what is in it has to be harmless already.
  func painted(_ line: some Collection<UInt8>) -> [UInt8] {
    Array("\u{1B}[\(rawValue)m".utf8) + line + Array("\u{1B}[0m".utf8)
  }

  /// A text of which some lines are in a colour.
  ///
  /// - Parameter colour: which one a line has, from its number, counted from 0, and its text; nil for none.
  static func painted(_ text: [UInt8], _ colour: (Int, ArraySlice<UInt8>) -> Colour?) -> [UInt8] {
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    return Array(
      lines.enumerated().map { number, line in
        line.isEmpty ? [] : colour(number, line)?.painted(line) ?? Array(line)
      }.joined(separator: [0x0A]))
  }
}
