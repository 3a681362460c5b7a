internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// How the store has it.
extension CacheRecord {
  static let kind: StaticString = "cache"
  static let hasFollowUps = false
  static let namespace = Namespace.cache

  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
    self.init(entry: Entry(header), lease: Lease(header), data: data)
  }

  func write(to header: inout RecordHeaderWriter) {
    if let entry {
      header.write("set", entry.setAtMs)
      header.write("expires", entry.expiresAtMs)
      header.write("grace", entry.graceEndsAtMs)
      header.write("took", unlessZero: entry.tookMs)
      header.write("negative", unlessZero: entry.isNegative ? 1 : 0)
      header.write("number", unlessZero: entry.number)
      header.write("tags", Self.text(of: entry.tags))
    }
    if let lease {
      header.write("lease", lease.digest)
      header.write("until", lease.endsAtMs)
      header.write("since", lease.number)
      header.write("for", Self.text(of: lease.tags))
    }
  }

  /// Tags as one text; none of them has a line break in it.
  fileprivate static func text(of tags: [String]) -> String? {
    tags.isEmpty ? nil : tags.joined(separator: "\n")
  }

  fileprivate static func tags(_ text: String?) -> [String] {
    text.map { $0.utf8.split(separator: UInt8(ascii: "\n")).map { String($0) ?? "" } } ?? []
  }
}

extension CacheRecord.Entry {
  /// What a header says of a value; nil when it has none.
  fileprivate init?(_ header: RecordHeader) {
    guard let set = header.number("set"), let expires = header.number("expires"),
      let grace = header.number("grace")
    else { return nil }
    self.init(
      setAtMs: set, expiresAtMs: expires, graceEndsAtMs: grace,
      tookMs: header.number("took") ?? 0, isNegative: header.number("negative") == 1,
      number: header.number("number") ?? 0, tags: CacheRecord.tags(header.text("tags")))
  }
}

extension CacheRecord.Lease {
  /// What a header says of a lease; nil when it has none.
  fileprivate init?(_ header: RecordHeader) {
    guard let digest = header.text("lease"), let until = header.number("until"),
      let since = header.number("since")
    else { return nil }
    self.init(
      digest: digest, endsAtMs: until, number: since, tags: CacheRecord.tags(header.text("for")))
  }
}
