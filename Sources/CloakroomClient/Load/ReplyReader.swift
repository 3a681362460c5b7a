internal import Glibc

/// Finds the replies in what a connection receives, however it comes in pieces, and looks at no
/// more of them than it has to.
struct ReplyReader {
  /// The longest reply that is taken, in bytes.
  static let longestReply = 64 << 20

  private let dialect: Dialect
  private(set) var bytes: [UInt8]
  /// What was received and not taken yet.
  private(set) var start = 0
  private(set) var end = 0
  /// Up to where there is no line's end.
  private var scanned = 0

  init(_ dialect: Dialect, capacity: Int = 16 << 10) {
    self.dialect = dialect
    bytes = [UInt8](repeating: 0, count: max(capacity, 1))
  }

  /// Lets somebody fill the free space, half of the buffer at least, and say how much it was.
  ///
  /// - Returns: what `fill` returned, and how much space it had.
  mutating func receive(_ fill: (UnsafeMutableRawBufferPointer) -> Int) -> (count: Int, room: Int) {
    makeRoom()
    let room = bytes.count - end
    let count = bytes.withUnsafeMutableBytes { buffer in
      fill(UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    }
    end += min(max(count, 0), room)
    return (count, room)
  }

  /// The bytes of a reply that was just read.
  func text(of reply: ParsedReply) -> [UInt8] { Array(bytes[reply.range]) }

  /// The next whole reply; nil when more has to come first.
  mutating func next() throws(LoadFault) -> ParsedReply? {
    guard start < end else { return nil }
    let reply =
      switch dialect {
      case .jsonRPC: try nextLine()
      case .resp: try nextRESP()
      }
    if let reply {
      start = reply.range.upperBound
      scanned = start
    } else if end - start > Self.longestReply {
      throw .malformed("a reply has more than \(Self.longestReply) bytes")
    }
    return reply
  }

  private mutating func makeRoom() {
    if start == end {
      start = 0
      end = 0
      scanned = 0
    }
    guard bytes.count - end < (bytes.count + 1) / 2 else { return }
    if start > 0 {
      bytes.replaceSubrange(0..<end - start, with: bytes[start..<end])
      end -= start
      scanned -= start
      start = 0
    }
    if bytes.count - end < (bytes.count + 1) / 2 {
      bytes.append(contentsOf: repeatElement(0, count: bytes.count))
    }
  }

  /// The offset of the next line feed, from `scanned` on.
  private mutating func lineEnd() -> Int? {
    let offset = lineFeed(from: scanned)
    if offset == nil { scanned = end }
    return offset
  }

  /// The offset of the first line feed behind an offset.
  func lineFeed(from offset: Int) -> Int? {
    guard offset < end else { return nil }
    return bytes.withUnsafeBytes { buffer -> Int? in
      guard let base = buffer.baseAddress,
        let found = memchr(base + offset, 0x0A, end - offset)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  /// The offset behind the first of some words in a reply, nil if it doesn't hold them.
  func offset(behind words: StaticString, in reply: ParsedReply) -> Int? {
    let count = words.utf8CodeUnitCount
    return bytes.withUnsafeBytes { buffer -> Int? in
      guard let base = buffer.baseAddress, count > 0 else { return nil }
      var at = reply.range.lowerBound
      while at + count <= reply.range.upperBound,
        let found = memchr(
          base + at, Int32(words.utf8Start.pointee), reply.range.upperBound - count + 1 - at)
      {
        at = UnsafeRawPointer(found) - base
        if memcmp(found, words.utf8Start, count) == 0 { return at + count }
        at += 1
      }
      return nil
    }
  }

  func has(_ literal: StaticString, at offset: Int, before limit: Int) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard offset + count <= limit else { return false }
    return bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.map { memcmp($0 + offset, literal.utf8Start, count) == 0 } ?? false
    }
  }

  /// A decimal number and the offset behind it; nil when there is none, or one of 19 digits.
  func number(at offset: Int, before limit: Int) -> (value: Int, end: Int)? {
    var at = offset
    var value = 0
    while at < limit, bytes[at] &- UInt8(ascii: "0") < 10 {
      guard at - offset < 18 else { return nil }
      value = value * 10 + Int(bytes[at] - UInt8(ascii: "0"))
      at += 1
    }
    return at > offset ? (value, at) : nil
  }

  private static let head: StaticString = #"{"jsonrpc":"2.0","id":"#
  private static let result: StaticString = #","result":"#
  private static let error: StaticString = #","error":"#
  private static let notification: StaticString = #"{"jsonrpc":"2.0","method":"#
  private static let notFound: StaticString = #"{"found":false"#

  private mutating func nextLine() throws(LoadFault) -> ParsedReply? {
    guard let feed = lineEnd() else { return nil }
    if has(Self.notification, at: start, before: feed) {
      return ParsedReply(id: nil, outcome: .message, range: start..<feed + 1)
    }
    guard has(Self.head, at: start, before: feed),
      let id = number(at: start + Self.head.utf8CodeUnitCount, before: feed)
    else { throw .malformed("a reply doesn't begin with {\"jsonrpc\":\"2.0\",\"id\":NUMBER") }
    let outcome: ParsedReply.Outcome
    if has(Self.result, at: id.end, before: feed) {
      let value = id.end + Self.result.utf8CodeUnitCount
      outcome = has(Self.notFound, at: value, before: feed) ? .missing : .done
    } else if has(Self.error, at: id.end, before: feed) {
      outcome = .error
    } else {
      throw .malformed("a reply has neither result nor error after its id")
    }
    return ParsedReply(id: id.value, outcome: outcome, range: start..<feed + 1)
  }
}

/// What is worth knowing about one reply.
struct ParsedReply: Equatable {
  /// What a reply says.
  enum Outcome {
    case done, missing, error
    /// It answers nothing: it is a notification.
    case message
  }

  /// The request's id; nil where replies come in the order of the requests.
  let id: Int?
  /// How the request ended.
  let outcome: Outcome
  /// Where the reply lies in its reader, until that reads on.
  let range: Range<Int>
}
