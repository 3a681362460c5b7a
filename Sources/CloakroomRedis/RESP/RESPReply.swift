internal import CloakroomCore
public import NIOCore

/// One reply of Redis (RESP2), flattened: an array is followed by its elements, in order.
///
/// Reused from reply to reply, so that reading one allocates nothing; a user that needs a part of it
/// longer takes a slice of it. A class, so that handing it on counts no references.
public final class RESPReply {
  /// What a node is.
  public enum Kind: UInt8, Sendable {
    /// A bulk string.
    case string
    /// A simple string, as `+OK`.
    case status
    /// An error, as `-ERR unknown command`.
    case error
    /// A signed 64-bit integer.
    case integer
    /// A null bulk string or a null array.
    case null
    /// An array; its elements are the nodes behind it.
    case array
  }

  /// One node: a scalar, or the head of an array.
  public struct Node: Sendable {
    /// What the node is.
    public let kind: Kind
    /// Whether it is the status `OK`, as nearly all are: its bytes are not kept.
    let isOK: Bool
    /// An integer's value, or an array's number of elements.
    public let integer: Int64
    /// Where a string, status or error stands in `bytes`.
    let range: Range<Int>

    init(_ kind: Kind, integer: Int64 = 0, range: Range<Int> = 0..<0, isOK: Bool = false) {
      self.kind = kind
      self.isOK = isOK
      self.integer = integer
      self.range = range
    }
  }

  /// The reply itself, or its head when it is an array; null before there is one.
  public private(set) var first = Node(.null)
  /// An array's nodes in the order in which they came, its head first. Empty for any other reply, of
  /// which `first` is all.
  public private(set) var nodes: ContiguousArray<Node> = []
  private var isEmpty = true
  /// The bytes of all strings, statuses and errors, one behind the other.
  private var bytes = ByteBuffer()

  /// The capacity that is kept from reply to reply; above it the memory is given back, in bytes.
  private static let keptCapacity = 256 * 1024

  /// The reply that an array's node is, or the head of. It takes memory of its own: for replies in
  /// replies.
  public func part(from index: Int) -> RESPReply {
    let part = RESPReply()
    part.bytes = bytes
    for node in nodes.dropFirst(max(index, 0)) { part.append(node) }
    return part
  }

  /// A node's bytes; a slice that shares the reply's memory.
  public func slice(of node: Node) -> ByteBuffer {
    if node.isOK { return ByteBuffer(string: "OK") }
    // A string that is all of the reply is all of its bytes, and needs no slicing.
    if node.range == 0..<bytes.writerIndex { return bytes }
    return bytes.getSlice(at: node.range.lowerBound, length: node.range.count) ?? ByteBuffer()
  }

  /// A node's text, for statuses and errors.
  public func text(of node: Node) -> String {
    if node.isOK { return "OK" }
    return bytes.getString(at: node.range.lowerBound, length: node.range.count) ?? ""
  }

  /// The longest code that an error is taken to have, in bytes.
  private static let codeLength = 32

  /// The word in capitals that an error begins with, as `WRONGTYPE`, or `ERR` when it begins with
  /// anything else. The rest of an error can quote what was sent.
  public func errorCode(of node: Node) -> String {
    let length = min(node.range.count, Self.codeLength + 1)
    let start = bytes.viewBytes(at: node.range.lowerBound, length: length) ?? ByteBufferView()
    let word = start.prefix { $0 != UInt8(ascii: " ") }
    let isCode = word.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: false
      }
    }
    guard isCode, (1...Self.codeLength).contains(word.count) else { return "ERR" }
    return String(decoding: word, as: UTF8.self)
  }

  /// Makes room for the next reply.
  func removeAll() {
    if first.kind == .array { nodes.removeAll(keepingCapacity: true) }
    first = Node(.null)
    isEmpty = true
    guard bytes.writerIndex > 0 else { return }
    if bytes.capacity > Self.keptCapacity {
      bytes = ByteBuffer()
    } else {
      bytes.clear()
    }
  }

  /// Adds a string, status or error, and copies its bytes unless it is the status `OK`.
  func append(_ kind: Kind, _ content: UnsafeRawBufferPointer) {
    if kind == .status, content.count == 2, content[0] == UInt8(ascii: "O"),
      content[1] == UInt8(ascii: "K")
    {
      return append(Node(.status, isOK: true))
    }
    let start = bytes.writerIndex
    bytes.write(atMost: content.count) { $0.write(content) }
    append(Node(kind, range: start..<bytes.writerIndex))
  }

  /// Adds an integer, null, or the head of an array of as many elements.
  func append(_ kind: Kind, integer: Int64 = 0) { append(Node(kind, integer: integer)) }

  @inline(__always)
  private func append(_ node: Node) {
    if isEmpty {
      first = node
      isEmpty = false
    }
    if first.kind == .array { nodes.append(node) }
  }
}
