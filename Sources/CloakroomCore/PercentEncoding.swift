public import NIOCore

/// Percent-encoding (RFC 3986, 2.1) of what has a meaning in names; which bytes those are their writers say.
public enum PercentEncoding {
  /// Writes a byte as `%` and two hexadecimal digits.
  public static func write(_ byte: UInt8, into buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt8(ascii: "%"))
    buffer.writeInteger(digit(byte >> 4))
    buffer.writeInteger(digit(byte & 15))
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }

  /// Takes the encoding back; what is no encoded byte stays as it is.
  public static func decoded(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
