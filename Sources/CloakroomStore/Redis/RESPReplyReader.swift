internal import CloakroomRedis
internal import NIOCore

/// Reads a reply of Redis node by node.
///
/// What is not of the form that is asked for is nil.
struct RESPReplyReader: ~Copyable {
  private let reply: RESPReply
  private var at = 0

  init(_ reply: borrowing RESPReply) { self.reply = copy reply }

  /// The length of an array, whose elements come next.
  mutating func array() -> Int? {
    guard let node = next(), node.kind == .array else { return nil }
    return Int(clamping: node.integer)
  }

  /// An integer.
  mutating func integer() -> Int64? {
    guard let node = next(), node.kind == .integer else { return nil }
    return node.integer
  }

  /// A string's bytes.
  mutating func slice() -> ByteBuffer? {
    guard let node = next(), node.kind == .string else { return nil }
    return reply.slice(of: node)
  }

  /// A string.
  mutating func text() -> String? { slice().map { String(buffer: $0) } }

  /// Passes over a node that is no array.
  mutating func skip() { _ = next() }

  private mutating func next() -> RESPReply.Node? {
    defer { at += 1 }
    if at == 0 { return reply.first }
    return at < reply.nodes.count ? reply.nodes[at] : nil
  }
}
