internal import CloakroomWire
internal import Glibc
internal import Testing

/// What one connection has asked and is still to be answered, so that each result can be held against
/// the schema of its method: a reply says only the request's id.
public struct Conversation {
  private typealias Text = ArraySlice<UInt8>

  /// How long the headers before a text are at most.
  private static let longestHead = 4096

  /// What was sent, of which nothing before `start` is still to be looked at.
  private var sent: [UInt8] = []
  private var start = 0
  /// The methods of the requests that are open, by their ids as they were written.
  private var open: [String: [String]] = [:]
  /// How many requests of an id were refused, where it can't be told which.
  private var refused: [String: Int] = [:]

  /// Nothing has been asked.
  public init() {}

  /// Notes what was sent; requests may come in pieces.
  public mutating func send(_ bytes: some Collection<UInt8>) { sent.append(contentsOf: bytes) }

  /// Holds a text that has come against the schemas of what it answers.
  public mutating func receive(_ text: some Collection<UInt8>) {
    takeRequests()
    for reply in Self.objects(in: Text(text)) {
      guard let id = reply["id"].map(Self.string) else { continue }
      if let result = reply["result"] { close(id, result) } else { refuse(id) }
    }
  }

  // MARK: Requests

  private mutating func takeRequests() {
    while let text = nextText() {
      for request in Self.objects(in: text) {
        guard let id = request["id"], let method = request["method"] else { continue }
        open[Self.string(id), default: []].append(Self.string(method.dropFirst().dropLast()))
      }
    }
  }

  /// The next whole text of those that were sent: a line, or what a header gives the length of.
  private mutating func nextText() -> Text? {
    while start < sent.count, Self.isSpace(sent[start]) { start += 1 }
    guard start < sent.count else {
      sent = []
      start = 0
      return nil
    }
    let rest = sent[start...]
    if rest.starts(with: "Content-".utf8) {
      guard let head = Self.head(of: rest.prefix(Self.longestHead)),
        head.length <= sent.count - head.end
      else { return nil }
      start = head.end + head.length
      return sent[head.end..<start]
    }
    // The last text needs no line feed.
    guard let end = Self.lineFeed(in: sent, from: start) else {
      guard !Self.objects(in: rest).isEmpty else { return nil }
      start = sent.count
      return rest
    }
    start = end + 1
    return sent[rest.startIndex..<end]
  }

  private static func lineFeed(in bytes: [UInt8], from start: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      return memchr(base + start, 0x0A, bytes.count - start).map { UnsafeRawPointer($0) - base }
    }
  }

  /// Where a framed text's headers end, and how long it is.
  private static func head(of text: Text) -> (end: Int, length: Int)? {
    var start = text.startIndex
    var length = 0
    while let end = text[start...].firstIndex(of: 0x0A) {
      let line = string(text[start..<end]).filter { $0 != "\r" }
      start = end + 1
      if line.isEmpty { return (start, length) }
      let parts = line.split(separator: ":")
      if parts.first?.lowercased() == "content-length" {
        length = Int(parts.last?.filter(\.isNumber) ?? "") ?? 0
      }
    }
    return nil
  }

  // MARK: Replies

  private mutating func close(_ id: String, _ result: Text) {
    guard let methods = open[id] else {
      Issue.record("a result for the id \(id), which no open request has")
      return
    }
    // Tests use an id more than once: it is the answer to one of them.
    let faults = Set(methods).map { ($0, ResultSchemas.faults(of: result, of: $0)) }
    let answered = faults.first { $0.1.isEmpty } ?? faults.first
    for fault in answered?.1 ?? [] { Issue.record("\(fault)") }
    if let index = methods.firstIndex(where: { $0 == answered?.0 }) { open[id]?.remove(at: index) }
    forget(id)
  }

  private mutating func refuse(_ id: String) {
    guard let methods = open[id] else { return }
    if Set(methods).count == 1 {
      open[id]?.removeFirst()
    } else {
      refused[id, default: 0] += 1
    }
    forget(id)
  }

  private mutating func forget(_ id: String) {
    guard open[id]?.count ?? 0 <= refused[id] ?? 0 else { return }
    open[id] = nil
    refused[id] = nil
  }

  // MARK: Texts

  /// The members of the object that a text is, or of each in a batch; nothing of what is not JSON.
  private static func objects(in text: Text) -> [[String: Text]] {
    var text = text.drop { isSpace($0) }
    while let last = text.last, isSpace(last) { text.removeLast() }
    switch text.first {
    case UInt8(ascii: "{"):
      guard let parts = parts(of: text) else { return [] }
      let members = parts.map { (string(slice($0.name, of: text)), slice($0.value, of: text)) }
      return [Dictionary(members, uniquingKeysWith: { $1 })]
    case UInt8(ascii: "["):
      return parts(of: text)?.filter { $0.kind == .object }
        .flatMap { objects(in: slice($0.value, of: text)) } ?? []
    default: return []
    }
  }

  private static func parts(of text: Text) -> ContiguousArray<JSONMember>? {
    JSONParts.of(ByteRange(0..<text.count), in: text.span.bytes, atMost: 1 << 20)
  }

  private static func slice(_ range: ByteRange, of text: Text) -> Text {
    text[(text.startIndex + range.start)..<(text.startIndex + range.end)]
  }

  private static func string(_ text: some Collection<UInt8>) -> String {
    String(decoding: text, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}
