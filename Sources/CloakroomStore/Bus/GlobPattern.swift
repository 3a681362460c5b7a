internal import NIOCore

/// A Redis glob of which only `*` has a meaning; a byte behind a backslash is that byte.
///
/// It matches what Redis' `stringmatchlen` matches, and not by trying all ways: the parts between
/// wildcards are looked for one after the other, each at its first place, which takes at most as many
/// steps as the name's length times the glob's.
struct GlobPattern: Sendable {
  /// What stands between the wildcards; one part when there is none.
  private let parts: [ByteBuffer]

  /// Reads a glob. `?` and `[` are taken as they are: the maker of a glob escapes them.
  init(_ glob: ByteBuffer) {
    var parts = [ByteBuffer()]
    var isEscaped = false
    for byte in glob.readableBytesView {
      if isEscaped {
        parts[parts.count - 1].writeInteger(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "*") {
        parts.append(ByteBuffer())
      } else {
        parts[parts.count - 1].writeInteger(byte)
      }
    }
    // As Redis has it, a backslash at the end is a backslash.
    if isEscaped { parts[parts.count - 1].writeInteger(UInt8(ascii: "\\")) }
    self.parts = parts
  }

  /// Whether the whole of a name is as the glob says.
  func matches(_ name: ByteBuffer) -> Bool {
    guard let first = parts.first, let last = parts.last else { return false }
    guard parts.count > 1 else { return first == name }
    return name.withUnsafeReadableBytes { bytes in
      guard
        bytes.count >= first.readableBytes + last.readableBytes,
        first.withUnsafeReadableBytes({ bytes.prefix($0.count).elementsEqual($0) }),
        last.withUnsafeReadableBytes({ bytes.suffix($0.count).elementsEqual($0) })
      else { return false }
      var rest = bytes[first.readableBytes..<bytes.count - last.readableBytes]
      for part in parts.dropFirst().dropLast() where part.readableBytes > 0 {
        guard let end = Self.end(of: part, in: rest) else { return false }
        rest = rest[end...]
      }
      return true
    }
  }

  /// Where the first occurrence of a part ends.
  private static func end(
    of part: ByteBuffer, in bytes: UnsafeRawBufferPointer.SubSequence
  ) -> Int? {
    part.withUnsafeReadableBytes { part in
      guard part.count <= bytes.count else { return nil }
      for start in bytes.startIndex...bytes.endIndex - part.count
      where bytes[start] == part[0] && bytes[start..<start + part.count].elementsEqual(part) {
        return start + part.count
      }
      return nil
    }
  }
}
