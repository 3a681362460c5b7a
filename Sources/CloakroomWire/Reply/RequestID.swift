internal import CloakroomCore

/// A request's id as the JSON text it came as, to be echoed to the letter (JSON-RPC 2.0, section 4).
///
/// Numbers and short strings are kept in place: to keep one allocates nothing and counts no reference.
public struct RequestID: ~Copyable, Sendable {
  /// How long an id is that is kept in place, in bytes.
  public static let shortLength = 24

  private typealias Words = (UInt64, UInt64, UInt64)

  private let words: Words
  /// The text of an id that is too long for the words.
  private let long: [UInt8]?
  private let length: UInt32

  /// The id's length in bytes.
  public var count: Int { Int(length) }

  /// What is answered where the id can't be told: `null`.
  public init() {
    length = 4
    words = (UInt64(littleEndian: 0x6C6C_756E), 0, 0)
    long = nil
  }

  /// The id that a text holds.
  ///
  /// - Parameter text: the id's JSON.
  public init(_ text: RawSpan) {
    length = UInt32(clamping: text.byteCount)
    var words: Words = (0, 0, 0)
    guard text.byteCount <= Self.shortLength else {
      long = text.withUnsafeBytes { [UInt8]($0) }
      self.words = words
      return
    }
    withUnsafeMutableBytes(of: &words) { place in
      text.withUnsafeBytes { place.copyMemory(from: $0) }
    }
    self.words = words
    long = nil
  }

  /// The id of a request of which no more than the beginning is there: null if it does not stand in that
  /// whole, before anything that is no JSON or was cut off.
  public init(beginning text: RawSpan) {
    guard let range = RequestScanner.id(inBeginning: text) else {
      self.init()
      return
    }
    self.init(text.extracting(range.offsets))
  }

  /// The id's JSON text.
  public var text: String {
    if let long { return String(decoding: long, as: UTF8.self) }
    return withUnsafeBytes(of: words) { String(decoding: $0.prefix(count), as: UTF8.self) }
  }

  /// Whether it is spelled like this.
  public func isSpelled(_ text: RawSpan) -> Bool {
    guard count == text.byteCount else { return false }
    return text.withUnsafeBytes { text in
      if let long { return text.elementsEqual(long) }
      return withUnsafeBytes(of: words) { $0.prefix(text.count).elementsEqual(text) }
    }
  }

  /// Writes the id's JSON text.
  @inline(__always)
  func write(to cursor: inout ByteCursor) {
    if let long {
      long.withUnsafeBytes { cursor.write($0) }
    } else {
      withUnsafeBytes(of: words) {
        cursor.write(UnsafeRawBufferPointer(start: $0.baseAddress, count: count))
      }
    }
  }
}
