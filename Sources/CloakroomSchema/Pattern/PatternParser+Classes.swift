extension PatternParser {
  /// What an escape stands for.
  enum Escape {
    case point(UInt32)
    case set([ClosedRange<UInt32>], GeneralCategories)
  }

  /// Parses a class behind its `[`.
  mutating func characterClass() throws(PatternFault.Reason) -> CodePointSet {
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var categories: GeneralCategories = []
    while !take("]") {
      switch try classMember() {
      case .set(let more, let kinds):
        ranges += more
        categories.formUnion(kinds)
        if startsRange() { throw fault("a range between sets") }
      case .point(let low):
        guard startsRange() else {
          ranges.append(low...low)
          continue
        }
        position += 1
        guard case .point(let high) = try classMember() else { throw fault("a range to a set") }
        guard low <= high else { throw fault("a range ends before it begins") }
        ranges.append(low...high)
      }
    }
    return CodePointSet(ranges, categories: categories, isInverted: isInverted)
  }

  /// Whether a `-` comes that does not end the class.
  private func startsRange() -> Bool {
    guard position + 1 < points.count else { return false }
    return Self.is(points[position], "-") && !Self.is(points[position + 1], "]")
  }

  private mutating func classMember() throws(PatternFault.Reason) -> Escape {
    guard let point = next() else { throw fault("a ] is missing") }
    return Self.is(point, "\\") ? try escape(inClass: true) : .point(point)
  }

  /// Parses an escape behind its backslash.
  mutating func escape(inClass: Bool) throws(PatternFault.Reason) -> Escape {
    guard let point = next(), let scalar = Unicode.Scalar(point) else {
      throw fault("a \\ at the end")
    }
    switch scalar {
    case "d": return .set(CodePointSet.digits, [])
    case "D": return .set(CodePointSet.complement(of: CodePointSet.digits), [])
    case "w": return .set(CodePointSet.wordCharacters, [])
    case "W": return .set(CodePointSet.complement(of: CodePointSet.wordCharacters), [])
    case "s": return .set(CodePointSet.spaces, [])
    case "S": return .set(CodePointSet.complement(of: CodePointSet.spaces), [])
    case "p": return .set([], try property())
    case "P": return .set([], try property().complement)
    case "t": return .point(0x09)
    case "n": return .point(0x0A)
    case "v": return .point(0x0B)
    case "f": return .point(0x0C)
    case "r": return .point(0x0D)
    case "b" where inClass: return .point(0x08)
    case "x": return .point(try hexadecimal(2))
    case "u": return .point(try unicodeEscape())
    case "c":
      guard let letter = next(), (0x41...0x5A).contains(letter & ~0x20) else {
        throw fault("no control character")
      }
      return .point(letter & 0x1F)
    case "0":
      if let digit = peek, (0x30...0x39).contains(digit) { throw fault("no octal escapes") }
      return .point(0)
    case "1"..."9", "k": throw fault("backreferences are not supported")
    default:
      // More than ECMA-262 has (it wants a syntax character), but nothing else can be meant.
      guard point < 0x80, !scalar.properties.isAlphabetic else { throw fault("no such escape") }
      return .point(point)
    }
  }

  /// Parses the `{…}` of a property.
  private mutating func property() throws(PatternFault.Reason) -> GeneralCategories {
    guard take("{") else { throw fault("a { is missing") }
    var name = ""
    while let point = next(), let scalar = Unicode.Scalar(point) {
      guard !Self.is(point, "}") else { break }
      name.unicodeScalars.append(scalar)
    }
    for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
    }
    guard let categories = GeneralCategories(named: name) else {
      throw fault("no general category; other properties are not supported")
    }
    return categories
  }

  private mutating func unicodeEscape() throws(PatternFault.Reason) -> UInt32 {
    if take("{") {
      var value: UInt32 = 0
      let start = position
      while let digit = peek.flatMap(Self.hexadecimalDigit) {
        position += 1
        value = min(value * 16 + digit, CodePointSet.lastPoint + 1)
      }
      guard position > start, value <= CodePointSet.lastPoint, take("}") else {
        throw fault("no code point")
      }
      return value
    }
    let high = try hexadecimal(4)
    // Two escapes of a surrogate pair are one code point.
    guard (0xD800...0xDBFF).contains(high) else { return high }
    let mark = position
    if take("\\u"), let low = try? hexadecimal(4), (0xDC00...0xDFFF).contains(low) {
      return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }
    position = mark
    return high
  }

  private mutating func hexadecimal(_ count: Int) throws(PatternFault.Reason) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = next().flatMap(Self.hexadecimalDigit) else {
        throw fault("a hexadecimal digit is missing")
      }
      value = value * 16 + digit
    }
    return value
  }

  private static func hexadecimalDigit(_ point: UInt32) -> UInt32? {
    switch point {
    case 0x30...0x39: point - 0x30
    case 0x41...0x46: point - 0x41 + 10
    case 0x61...0x66: point - 0x61 + 10
    default: nil
    }
  }
}
