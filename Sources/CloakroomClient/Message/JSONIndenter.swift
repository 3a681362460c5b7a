/// Lays JSON out for people, token by token: no number and no string is ever taken apart, so big
/// integers, trailing zeros and escapes stay as they were written.
public enum JSONIndenter {
  /// Deeper levels are no longer moved to the right: the output of a text stays within a few
  /// hundred times its length, whatever is in it.
  private static let deepest = 64

  /// A valid JSON text, two spaces a level, empty arrays and objects on one line.
  public static func indent(_ text: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count * 2)
    var depth = 0
    var tokens = Tokens(text)
    var isOpen = false
    while let token = tokens.next() {
      let first = token.first ?? 0
      let closes = first == UInt8(ascii: "}") || first == UInt8(ascii: "]")
      if closes { depth -= 1 }
      // An opening bracket waits for what follows: if that closes it, they stay together.
      if isOpen != closes { breakLine(&output, depth) }
      isOpen = false
      output.append(contentsOf: token)
      switch first {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        isOpen = true
      case UInt8(ascii: ","): breakLine(&output, depth)
      case UInt8(ascii: ":"): output.append(UInt8(ascii: " "))
      default: break
      }
    }
    return output
  }

  private static func breakLine(_ output: inout [UInt8], _ depth: Int) {
    output.append(UInt8(ascii: "\n"))
    let width = min(max(depth, 0), deepest) * 2
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: width))
  }

  /// The tokens of a valid text: strings, punctuation, and runs of everything else but space.
  private struct Tokens<Text: Collection<UInt8>>: IteratorProtocol {
    private let text: Text
    private var at: Text.Index

    init(_ text: Text) {
      self.text = text
      at = text.startIndex
    }

    mutating func next() -> Text.SubSequence? {
      while at < text.endIndex, Self.isSpace(text[at]) { text.formIndex(after: &at) }
      guard at < text.endIndex else { return nil }
      let start = at
      let first = text[at]
      text.formIndex(after: &at)
      if first == UInt8(ascii: "\"") {
        skipString()
      } else if !Self.isPunctuation(first) {
        while at < text.endIndex, !Self.isSpace(text[at]), !Self.isPunctuation(text[at]) {
          text.formIndex(after: &at)
        }
      }
      return text[start..<at]
    }

    private mutating func skipString() {
      var isEscaped = false
      while at < text.endIndex {
        let byte = text[at]
        text.formIndex(after: &at)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          return
        }
      }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
      byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
        UInt8(ascii: ","), UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }
}
