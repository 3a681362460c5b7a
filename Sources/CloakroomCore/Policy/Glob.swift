internal import Glibc
public import NIOCore

/// A pattern in which `*` stands for any run of characters, none included; every other character
/// stands for itself.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it was written.
  public let pattern: String

  /// What stands between the stars; one part when there is no star.
  private let parts: [[UInt8]]

  /// Reads a pattern. Every string is one.
  public init(_ pattern: String) {
    self.pattern = pattern
    parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
      .map { Array($0) }
  }

  /// Reads a glob of Redis' of which only `*` has a meaning, and in which a byte behind a backslash is
  /// that byte. `?` and `[` are taken as they are: the caller that makes a glob escapes them.
  ///
  /// It matches what Redis' `stringmatchlen` matches, and not by trying all ways.
  public init(redis glob: ByteBuffer) {
    var parts: [[UInt8]] = [[]]
    var isEscaped = false
    for byte in glob.readableBytesView {
      if isEscaped {
        parts[parts.count - 1].append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "*") {
        parts.append([])
      } else {
        parts[parts.count - 1].append(byte)
      }
    }
    // As Redis has it, a backslash at the end is a backslash.
    if isEscaped { parts[parts.count - 1].append(UInt8(ascii: "\\")) }
    pattern = String(buffer: glob)
    self.parts = parts
  }

  /// Whether the whole of a text fits.
  public func matches(_ text: ByteBuffer) -> Bool { text.withUnsafeReadableBytes { matches($0) } }

  /// Whether the whole of a text fits.
  public func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
  }

  /// Whether the whole of a text fits, whatever bytes it is of.
  ///
  /// The first and the last part have their places; each part between them is taken where it is
  /// found first, as whatever fits with a later place fits with that one too. So the time is at most
  /// text times pattern, however many stars there are.
  public func matches(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let first = parts.first, let last = parts.last else { return false }
    guard parts.count > 1 else { return text.elementsEqual(first) }
    guard text.count >= first.count + last.count, text.starts(with: first),
      text.suffix(last.count).elementsEqual(last)
    else { return false }
    var place = first.count
    let end = text.count - last.count
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = Self.end(of: part, in: text, from: place, to: end) else { return false }
      place = found
    }
    return true
  }

  /// Where the first occurrence of a part ends.
  private static func end(
    of part: [UInt8], in text: UnsafeRawBufferPointer, from start: Int, to end: Int
  ) -> Int? {
    guard let base = text.baseAddress, end - start >= part.count else { return nil }
    for place in start...(end - part.count) where memcmp(base + place, part, part.count) == 0 {
      return place + part.count
    }
    return nil
  }

  /// The pattern as it was written.
  public var description: String { pattern }
}
