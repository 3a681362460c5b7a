public import NIOCore

/// What a record is to become, if it is still what was read.
///
/// To the store a record is bytes that begin with the version of the commit that wrote them
/// (`RecordVersion`). A commit replaces it only when the version is still the expected one, or when there
/// is still no record; one that comes too late is answered with what is there now.
public struct RecordCommit: Sendable, Equatable {
  /// What must be there.
  public enum Expected: Sendable, Equatable {
    /// No record.
    case nothing
    /// The record that was written by this commit.
    case version(RecordVersion)
    /// A hash of Redis, the form of a record up to version 0.1: the SHA-1 of its fields and values, each
    /// behind a line break, as HGETALL gives them.
    case fields(digest: String)
  }

  /// What must be there.
  public var expected: Expected
  /// The record that takes its place, version included; nil leaves what is there and only checks.
  public var replacement: ByteBuffer?
  /// When the store may forget the replacement, in milliseconds since 1970 by its own clock.
  public var keptUntilMs: Int64
  /// Whether the replacement takes about no more room than what it replaces: then a store that is full takes
  /// it.
  public var isNoLarger: Bool
  /// The first moment at which the commit would have been decided otherwise, in milliseconds since 1970
  /// by the store's clock; from then on it is refused as stale. Nil is never.
  public var staleAtMs: Int64?
  /// When the record is to be looked at because something happens to it by itself, likewise; the reminder
  /// is written before the record. Nil writes none.
  public var remindAtMs: Int64?

  /// Describes a commit.
  public init(
    expecting expected: Expected, replacement: ByteBuffer?, keptUntilMs: Int64 = 0,
    isNoLarger: Bool = false, staleAtMs: Int64? = nil, remindAtMs: Int64? = nil
  ) {
    self.expected = expected
    self.replacement = replacement
    self.keptUntilMs = keptUntilMs
    self.isNoLarger = isNoLarger
    self.staleAtMs = staleAtMs
    self.remindAtMs = remindAtMs
  }
}

extension RecordCommit {
  /// Whether a record is what it writes: sent twice, it has met itself.
  public func hasWritten(_ record: ByteBuffer) -> Bool {
    guard let version = RecordVersion(of: record) else { return false }
    return version == replacement.flatMap { RecordVersion(of: $0) }
  }

  /// Whether a record is the one that was read. Where nothing was, it may be nothing again.
  public func expects(_ record: ByteBuffer?) -> Bool {
    guard let version = record.flatMap({ RecordVersion(of: $0) }) else { return false }
    return expected == .version(version)
  }

  /// Whether what is there is what is expected, at a time before it would be decided otherwise.
  func isMet(by record: ByteBuffer?, at timeMs: Int64) -> Bool {
    if let staleAtMs, staleAtMs <= timeMs { return false }
    switch expected {
    case .nothing: return record == nil
    case .version(let version): return record.flatMap { RecordVersion(of: $0) } == version
    case .fields: return false
    }
  }
}
