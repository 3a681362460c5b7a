/// Base64 with the alphabet for URLs and without padding, to the letter (RFC 4648, sections 3 and 5;
/// RFC 7515, section 2): nothing but the alphabet, and no bits left over that aren't zero, so that
/// bytes have one text only.
public enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let none: UInt8 = 0xFF
  /// What each byte stands for.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: none, count: 256)
    for (value, character) in alphabet.enumerated() {
      values[Int(character)] = UInt8(truncatingIfNeeded: value)
    }
    return values
  }()

  /// How many bytes a text of so many characters stands for; nil when there is no such text.
  static func decodedCount(_ count: Int) -> Int? {
    switch count % 4 {
    case 0: count / 4 * 3
    case 2: count / 4 * 3 + 1
    case 3: count / 4 * 3 + 2
    default: nil
    }
  }

  /// What a text stands for; nil when it is not written as it should be.
  public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let count = decodedCount(text.count) else { return nil }
    var isGood = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      isGood = decode(text, into: UnsafeMutableRawBufferPointer(buffer))
      initialized = isGood ? count : 0
    }
    return isGood ? bytes : nil
  }

  /// Writes what a text stands for.
  ///
  /// - Parameter output: as many bytes as `decodedCount` tells; all are written when it succeeds.
  /// - Returns: whether the text is written as it should be.
  static func decode(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let count = decodedCount(text.count), output.count == count else { return false }
    return values.withUnsafeBufferPointer { values in
      var bits: UInt32 = 0
      var held: UInt32 = 0
      var written = 0
      for character in text {
        let value = values[Int(character)]
        guard value != none else { return false }
        bits = bits << 6 | UInt32(value)
        held += 6
        guard held >= 8 else { continue }
        held -= 8
        output[written] = UInt8(truncatingIfNeeded: bits >> held)
        written += 1
        bits &= (1 << held) - 1
      }
      return bits == 0
    }
  }

  /// Appends the text of bytes.
  static func encode(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
    text.reserveCapacity(text.count + (bytes.count * 4 + 2) / 3)
    alphabet.withUnsafeBufferPointer { alphabet in
      var bits: UInt32 = 0
      var held: UInt32 = 0
      for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        held += 8
        while held >= 6 {
          held -= 6
          text.append(alphabet[Int(bits >> held & 63)])
        }
        bits &= (1 << held) - 1
      }
      if held > 0 { text.append(alphabet[Int(bits << (6 - held) & 63)]) }
    }
  }

  /// Appends the text of bytes.
  static func encode(_ bytes: [UInt8], into text: inout [UInt8]) {
    bytes.withUnsafeBytes { encode($0, into: &text) }
  }

  /// The text of bytes.
  public static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    encode(bytes, into: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
