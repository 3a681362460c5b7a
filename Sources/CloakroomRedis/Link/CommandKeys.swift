internal import NIOCore

/// What of the database a command touches, as far as its bytes tell.
///
/// Read only when the order of commands is in question, out of what was written for Redis.
struct CommandKeys {
  private let names: Set<ByteBuffer>
  private let isWrite: Bool

  /// Reads a command in Redis' protocol, as this sidecar writes it.
  ///
  /// A script names its keys. Of any other command each argument counts as one: a value that is
  /// taken for a key can only make two commands seem related that are not.
  init(of bytes: ByteBuffer, isWrite: Bool) {
    self.isWrite = isWrite
    var parts = Self.parts(of: bytes)
    guard parts.count > 1 else {
      names = []
      return
    }
    if parts[0] == ByteBuffer(string: "EVALSHA") {
      parts = parts.count > 2 ? Array(parts[3...].prefix(Self.number(parts[2]) ?? 0)) : []
      names = Set(parts)
    } else {
      names = Set(parts.dropFirst())
    }
  }

  /// Whether it makes a difference which of two commands runs first.
  func conflicts(with other: CommandKeys) -> Bool {
    (isWrite || other.isWrite) && !names.isDisjoint(with: other.names)
  }

  private static func parts(of bytes: ByteBuffer) -> [ByteBuffer] {
    var bytes = bytes
    guard let count = length(after: "*", in: &bytes) else { return [] }
    var parts: [ByteBuffer] = []
    while parts.count < count, let length = length(after: "$", in: &bytes),
      let part = bytes.readSlice(length: length)
    {
      parts.append(part)
      bytes.moveReaderIndex(forwardBy: min(2, bytes.readableBytes))
    }
    return parts
  }

  /// Takes a line: a mark and a length.
  private static func length(after mark: Unicode.Scalar, in bytes: inout ByteBuffer) -> Int? {
    guard bytes.readInteger(as: UInt8.self) == UInt8(ascii: mark),
      let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\r")),
      let line = bytes.readSlice(length: end - bytes.readerIndex)
    else { return nil }
    bytes.moveReaderIndex(forwardBy: min(2, bytes.readableBytes))
    return number(line)
  }

  private static func number(_ text: ByteBuffer) -> Int? {
    Int(String(buffer: text)).flatMap { $0 < 0 ? nil : $0 }
  }
}
