internal import NIOCore

/// Base64 with the alphabet for URLs and without padding, to the letter (RFC 4648, sections 3 and 5;
/// RFC 7515, section 2): nothing but the alphabet, and no bits left over that aren't zero, so that
/// bytes have one text only.
public enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  /// The two characters of each 12 bits, the first one in the lower byte.
  private static let pairs: [UInt16] = (0..<4096).map {
    UInt16(alphabet[$0 & 63]) << 8 | UInt16(alphabet[$0 >> 6])
  }
  /// What stands for no character: more than six bits.
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

  /// How many characters the text of so many bytes has.
  static func encodedCount(_ count: Int) -> Int {
    let rest = count % 3
    return count / 3 * 4 + (rest == 0 ? 0 : rest + 1)
  }

  /// What a text stands for; nil when it is not written as it should be.
  public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let count = decodedCount(text.count) else { return nil }
    var isGood = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      isGood = decode(
        text,
        into: UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
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
      // Whatever is no character leaves a bit above the sixth here.
      var seen: UInt8 = 0
      func value(_ index: Int) -> UInt32 {
        let value = values[Int(text[index])]
        seen |= value
        return UInt32(value)
      }
      let whole = text.count & ~3
      var (read, written) = (0, 0)
      while read < whole {
        let bits =
          value(read) << 18 | value(read &+ 1) << 12 | value(read &+ 2) << 6 | value(read &+ 3)
        output[written] = UInt8(truncatingIfNeeded: bits >> 16)
        output[written &+ 1] = UInt8(truncatingIfNeeded: bits >> 8)
        output[written &+ 2] = UInt8(truncatingIfNeeded: bits)
        read &+= 4
        written &+= 3
      }
      // The bits behind the last whole byte.
      var rest: UInt32 = 0
      if text.count &- read >= 2 {
        let bits = value(read) << 6 | value(read &+ 1)
        output[written] = UInt8(truncatingIfNeeded: bits >> 4)
        rest = bits & 0x0F
        if text.count &- read == 3 {
          let last = value(read &+ 2)
          output[written &+ 1] = UInt8(truncatingIfNeeded: rest << 4 | last >> 2)
          rest = last & 0x03
        }
      }
      return seen < 64 && rest == 0
    }
  }

  /// Writes the text of bytes.
  ///
  /// - Parameter output: as many bytes as `encodedCount` tells; with any other number of them nothing
  ///   is written.
  static func encode(
    _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    guard output.count == encodedCount(bytes.count) else { return }
    pairs.withUnsafeBufferPointer { pairs in
      func write(_ twelve: UInt32, at index: Int) {
        output.storeBytes(
          of: pairs[Int(twelve & 0xFFF)].littleEndian, toByteOffset: index, as: UInt16.self)
      }
      let rest = bytes.count % 3
      let whole = bytes.count &- rest
      var (read, written) = (0, 0)
      while read < whole {
        let bits =
          UInt32(bytes[read]) << 16 | UInt32(bytes[read &+ 1]) << 8 | UInt32(bytes[read &+ 2])
        write(bits >> 12, at: written)
        write(bits, at: written &+ 2)
        read &+= 3
        written &+= 4
      }
      switch rest {
      case 1:
        write(UInt32(bytes[read]) << 4, at: written)
      case 2:
        let bits = UInt32(bytes[read]) << 8 | UInt32(bytes[read &+ 1])
        write(bits >> 4, at: written)
        output[written &+ 2] = UInt8(truncatingIfNeeded: pairs[Int(bits << 2 & 0x3F)] >> 8)
      default: break
      }
    }
  }

  /// Appends the text of bytes.
  static func encode(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
    let start = text.count
    text.append(contentsOf: repeatElement(0, count: encodedCount(bytes.count)))
    text.withUnsafeMutableBytes {
      encode(bytes, into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
  }

  /// The text of bytes.
  public static func text(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { text in
      let count = encodedCount(bytes.count)
      bytes.withUnsafeBytes {
        encode(
          $0,
          into: UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(text)[..<count]))
      }
      return count
    }
  }
}

extension ByteBuffer {
  /// Appends the text of bytes as base64url.
  mutating func writeBase64URL(_ bytes: UnsafeRawBufferPointer) {
    let count = Base64URL.encodedCount(bytes.count)
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      Base64URL.encode(
        bytes, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
      return count
    }
  }

  /// What a base64url text stands for; nil when it is not written as it should be.
  init?(base64URL text: UnsafeRawBufferPointer) {
    guard let count = Base64URL.decodedCount(text.count) else { return nil }
    self.init()
    var isGood = false
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      isGood = Base64URL.decode(
        text, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
      return isGood ? count : 0
    }
    guard isGood else { return nil }
  }
}
