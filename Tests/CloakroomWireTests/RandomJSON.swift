import Support

/// Makes JSON texts, and spoils them.
struct RandomJSON {
  private var random: SplitMix
  private var text: [UInt8] = []

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  /// A valid text.
  mutating func valid() -> [UInt8] {
    text.removeAll()
    value(depth: 0)
    return text
  }

  /// A valid text with a few bytes changed, removed, repeated or put in; most are then invalid.
  mutating func spoiled() -> [UInt8] {
    var bytes = valid()
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.insert(byte(), at: place)
      case 1 where place < bytes.count: bytes[place] = byte()
      case 2 where place < bytes.count: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place...)
      default: bytes.insert(contentsOf: bytes[place...].prefix(12), at: place)
      }
    }
    return bytes
  }

  private static let marks = Array("{}[]\",:\\/0123456789.-+eEtrufalsn \t\r\n\u{0}".utf8)

  /// Mostly a byte that means something to a scanner.
  private mutating func byte() -> UInt8 {
    if Int.random(in: 0..<4, using: &random) == 0 {
      return UInt8.random(in: .min ... .max, using: &random)
    }
    return Self.marks[Int.random(in: 0..<Self.marks.count, using: &random)]
  }

  private mutating func value(depth: Int) {
    space()
    // Fewer containers the deeper it gets.
    switch Int.random(in: 0..<(depth > 6 ? 7 : 10), using: &random) {
    case 0: text += Array("true".utf8)
    case 1: text += Array("false".utf8)
    case 2: text += Array("null".utf8)
    case 3, 4: number()
    case 5, 6: string()
    case 7: array(depth: depth)
    default: object(depth: depth)
    }
    space()
  }

  private mutating func array(depth: Int) {
    text.append(UInt8(ascii: "["))
    for index in 0..<Int.random(in: 0...4, using: &random) {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      value(depth: depth + 1)
    }
    space()
    text.append(UInt8(ascii: "]"))
  }

  private mutating func object(depth: Int) {
    text.append(UInt8(ascii: "{"))
    for index in 0..<Int.random(in: 0...4, using: &random) {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      space()
      string()
      space()
      text.append(UInt8(ascii: ":"))
      value(depth: depth + 1)
    }
    space()
    text.append(UInt8(ascii: "}"))
  }

  private mutating func space() {
    guard Int.random(in: 0..<4, using: &random) == 0 else { return }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      text.append(Array(" \t\r\n".utf8)[Int.random(in: 0..<4, using: &random)])
    }
  }

  private mutating func number() {
    if Bool.random(using: &random) { text.append(UInt8(ascii: "-")) }
    text += Array(String(UInt32.random(in: 0...10_000, using: &random)).utf8)
    if Bool.random(using: &random) {
      text.append(UInt8(ascii: "."))
      text += Array(String(UInt16.random(in: 0 ... .max, using: &random)).utf8)
    }
    if Int.random(in: 0..<3, using: &random) == 0 {
      text += Array(["e", "E", "e+", "E-"][Int.random(in: 0..<4, using: &random)].utf8)
      text += Array(String(Int.random(in: 0...400, using: &random)).utf8)
    }
  }

  private static let pieces = [
    #"\""#, #"\\"#, #"\/"#, #"\b"#, #"\f"#, #"\n"#, #"\r"#, #"\t"#, #"\u0041"#, #"\u00E9"#,
    #"\u0000"#, #"\ud83d\ude00"#, #"\ud800"#, #"\udfff"#, "é", "€", "😀", "\u{7f}", "\u{10ffff}",
  ]

  private mutating func string() {
    text.append(UInt8(ascii: "\""))
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        text += Array(Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)].utf8)
      case 1: text += Array("a longer run of letters".utf8)
      default: text.append(UInt8.random(in: 0x5D...0x7E, using: &random))
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
