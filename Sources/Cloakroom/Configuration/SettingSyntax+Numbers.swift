internal import CloakroomCore
internal import Configuration

extension SettingSyntax<Int> {
  /// A whole number within limits.
  static func count(_ range: ClosedRange<Int>) -> Self {
    Self("a whole number from \(range.lowerBound) to \(range.upperBound)") { content in
      content.integer.flatMap { range.contains($0) ? $0 : nil }
    } show: {
      String($0)
    }
  }

  /// A number of bytes within limits, as a whole number or with a binary unit (IEC 80000-13).
  static func size(_ range: ClosedRange<Int>) -> Self {
    let limits = "\(text(size: range.lowerBound)) to \(text(size: range.upperBound))"
    return Self("bytes, or a number with KiB, MiB or GiB, from \(limits)") { content in
      guard let bytes = content.integer ?? content.text.flatMap(bytes) else { return nil }
      return range.contains(bytes) ? bytes : nil
    } show: {
      text(size: $0)
    }
  }

  private static var units: [(name: String, bytes: Int)] {
    [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]
  }

  private static func bytes(_ text: String) -> Int? {
    for unit in units where text.hasSuffix(unit.name) {
      guard let number = Int(text.dropLast(unit.name.count)) else { return nil }
      let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
      return overflow ? nil : bytes
    }
    return nil
  }

  private static func text(size: Int) -> String {
    for unit in units where size >= unit.bytes && size % unit.bytes == 0 {
      return "\(size / unit.bytes)\(unit.name == "B" ? "" : unit.name)"
    }
    return "\(size)"
  }
}

extension SettingSyntax<Int32> {
  /// A whole number within limits, for the kernel.
  static func count(_ range: ClosedRange<Int32>) -> Self {
    let wide = SettingSyntax<Int>.count(Int(range.lowerBound)...Int(range.upperBound))
    return Self(explaining: wide.takes) { content throws(SettingComplaint) in
      Int32(truncatingIfNeeded: try wide.read(content))
    } show: {
      String($0)
    }
  }
}

extension SettingSyntax<UInt32> {
  /// Permission bits in octal digits. In a file they are a string: JSON has no octal numbers, and
  /// 660 would be taken for something else by a reader.
  static let mode = Self(
    "octal permission bits as a string, as in \"0660\""
  ) { content in
    guard let text = content.text, (3...4).contains(text.utf8.count) else { return nil }
    return UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
  } show: { mode in
    "0" + String(mode, radix: 8)
  }
}

extension SettingSyntax<Bool> {
  /// Yes or no.
  static let boolean = Self("true or false") { content in
    switch content {
    case .bool(let value): value
    case .string("true"), .string("yes"), .string("on"), .string("1"): true
    case .string("false"), .string("no"), .string("off"), .string("0"): false
    default: nil
    }
  } show: {
    $0 ? "true" : "false"
  }
}
