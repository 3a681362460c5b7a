internal import Glibc
public import NIOCore

/// A pattern in which `*` stands for any run of characters, none included; every other character
/// stands for itself.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it was written.
  public let pattern: String

  /// What every text that fits begins with: all that stands before the first star, or the whole pattern
  /// where there is none.
  public let prefix: [UInt8]
  /// What stands between two stars, in order; none of them is empty.
  private let middle: [Part]
  /// What every text that fits ends with: all that stands behind the last star; nil when there is no star.
  public let suffix: [UInt8]?

  /// Reads a pattern. Every string is one.
  public init(_ pattern: String) {
    self.init(
      pattern,
      parts: pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        .map { Array($0) })
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
    self.init(String(buffer: glob), parts: parts)
  }

  /// - Parameter parts: what stands between the stars; one part when there is no star.
  private init(_ pattern: String, parts: [[UInt8]]) {
    self.pattern = pattern
    prefix = parts.first ?? []
    suffix = parts.count > 1 ? parts.last : nil
    middle = parts.dropFirst().dropLast().filter { !$0.isEmpty }.map { Part($0) }
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
  /// found first, as whatever fits with a later place fits with that one too. No byte of the text is
  /// gone back to, so the time is that of text and pattern added up, however many stars there are.
  public func matches(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let suffix else { return text.elementsEqual(prefix) }
    guard text.count >= prefix.count + suffix.count, text.starts(with: prefix),
      text.suffix(suffix.count).elementsEqual(suffix)
    else { return false }
    var place = prefix.count
    let end = text.count - suffix.count
    for part in middle {
      guard let found = part.end(in: text, from: place, to: end) else { return false }
      place = found
    }
    return true
  }

  /// The pattern as it was written.
  public var description: String { pattern }

  /// A run of bytes that is searched for by the method of Knuth, Morris and Pratt.
  private struct Part: Hashable {
    let bytes: [UInt8]
    /// For each beginning of the part, by its length less one: how long the longest shorter beginning is that
    /// it also ends with.
    private let borders: [Int32]

    /// - Parameter bytes: one at least.
    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      var borders = [Int32](repeating: 0, count: bytes.count)
      var length = 0
      for place in bytes.indices.dropFirst() {
        while length > 0, bytes[place] != bytes[length] { length = Int(borders[length - 1]) }
        if bytes[place] == bytes[length] { length += 1 }
        borders[place] = Int32(truncatingIfNeeded: length)
      }
      self.borders = borders
    }

    /// Where the first occurrence ends.
    func end(in text: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
      guard let base = text.baseAddress, end - start >= bytes.count else { return nil }
      var place = start
      var length = 0
      while place < end {
        if length == 0 {
          guard let found = memchr(base + place, Int32(bytes[0]), end - place) else { return nil }
          place = UnsafeRawPointer(found) - base
        }
        while length > 0, text[place] != bytes[length] { length = Int(borders[length - 1]) }
        if text[place] == bytes[length] { length += 1 }
        place += 1
        if length == bytes.count { return place }
      }
      return nil
    }
  }
}
