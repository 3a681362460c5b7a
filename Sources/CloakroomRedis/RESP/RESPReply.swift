internal import CloakroomCore
public import NIOCore

/// One reply of Redis (RESP2), flattened: an array is followed by its elements, in order.
///
/// Reused from reply to reply, so that reading one allocates nothing; whoever needs a part of it
/// longer takes a slice of `bytes`.
public struct RESPReply {
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
    /// An integer's value, or an array's number of elements.
    public let integer: Int64
    /// Where a string, status or error stands in `bytes`.
    let range: Range<Int>
  }

  /// The nodes in the order in which they came; the first is the reply itself.
  public private(set) var nodes: ContiguousArray<Node> = []
  /// The bytes of all strings, statuses and errors, one behind the other.
  private var bytes = ByteBuffer()

  /// The capacity that is kept from reply to reply; above it the memory is given back, in bytes.
  private static let keptCapacity = 256 * 1024

  /// The reply itself, or its head when it is an array.
  public var first: Node { nodes.first ?? Node(kind: .null, integer: 0, range: 0..<0) }

  /// The part of the reply that begins at a node. It takes memory of its own: for replies in replies.
  public func part(from index: Int) -> RESPReply {
    var part = self
    part.nodes.removeFirst(min(max(index, 0), nodes.count))
    return part
  }

  /// A node's bytes; a slice that shares the reply's memory.
  public func slice(of node: Node) -> ByteBuffer {
    bytes.getSlice(at: node.range.lowerBound, length: node.range.count) ?? ByteBuffer()
  }

  /// A node's text, for statuses and errors.
  public func text(of node: Node) -> String {
    bytes.getString(at: node.range.lowerBound, length: node.range.count) ?? ""
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
  mutating func removeAll() {
    nodes.removeAll(keepingCapacity: true)
    if bytes.capacity > Self.keptCapacity {
      bytes = ByteBuffer()
    } else {
      bytes.clear()
    }
  }

  /// Adds a string, status or error, and copies its bytes.
  mutating func append(_ kind: Kind, _ content: UnsafeRawBufferPointer) {
    let start = bytes.writerIndex
    bytes.write(atMost: content.count) { $0.write(content) }
    nodes.append(Node(kind: kind, integer: 0, range: start..<bytes.writerIndex))
  }

  /// Adds an integer, null, or the head of an array of as many elements.
  mutating func append(_ kind: Kind, integer: Int64 = 0) {
    nodes.append(Node(kind: kind, integer: integer, range: 0..<0))
  }
}
