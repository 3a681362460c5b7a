internal import CloakroomCore
internal import NIOCore

/// Which of the store's names a scan shows, and how: those of one tenant and scope, in the namespaces
/// that callers store in, whose key fits a pattern.
struct ScanFilter: Sendable {
  private let head: ByteBuffer
  private let namespace: Namespace?
  private let pattern: Glob

  /// - Parameters:
  ///   - head: what the names of the tenant's scope begin with.
  ///   - namespace: the only one that is shown; nil shows all.
  ///   - pattern: what the part of a name behind its namespace has to fit.
  init(head: ByteBuffer, namespace: Namespace?, pattern: Glob) {
    self.head = head
    self.namespace = namespace
    self.pattern = pattern
  }

  /// What all names that are shown begin with.
  var prefix: ByteBuffer {
    guard let namespace else { return head }
    var prefix = head
    prefix.writeString(namespace.rawValue)
    prefix.writeInteger(UInt8(ascii: ":"))
    prefix.writeBytes(pattern.pattern.utf8.prefix { $0 != UInt8(ascii: "*") })
    return prefix
  }

  /// Namespace and key of a name that is shown; nil for any other.
  ///
  /// What follows the head is a namespace, or a deeper scope: no scope's key is a namespace's name.
  func key(in name: ByteBuffer) -> ByteBuffer? {
    let count = head.readableBytes
    guard
      name.getSlice(at: name.readerIndex, length: count) == head,
      let key = name.getSlice(
        at: name.readerIndex + count, length: name.readableBytes - count),
      let colon = key.readableBytesView.firstIndex(of: UInt8(ascii: ":")),
      let found = Namespace(
        rawValue: String(decoding: key.readableBytesView[..<colon], as: UTF8.self)),
      found.isListed, namespace == nil || namespace == found,
      found != .session
        || SessionNames.isRecord(
          String(decoding: key.readableBytesView[colon...].dropFirst(), as: UTF8.self))
    else { return nil }
    let fits = key.withUnsafeReadableBytes { bytes in
      pattern.matches(UnsafeRawBufferPointer(rebasing: bytes[(colon - key.readerIndex + 1)...]))
    }
    return fits ? key : nil
  }
}
