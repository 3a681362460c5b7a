import CloakroomRedis
import NIOCore

/// Replies as text, to be compared and shown: `+OK`, `-ERR no`, `:1`, `"a"`, `nil`, `["a", [:1]]`.
enum ReplyText {
  /// What came out of some bytes: the replies, and the fault that they ended in.
  struct Reading: Equatable {
    var replies: [String] = []
    var fault: String?
  }

  /// Reads pieces of bytes, one after the other, up to a fault.
  static func read(_ pieces: some Sequence<ArraySlice<UInt8>>, with reader: RESPReader) -> Reading {
    var reading = Reading()
    do throws(RESPFault) {
      for piece in pieces {
        reader.take(ByteBuffer(bytes: piece))
        while try reader.next() { reading.replies.append(describe(reader.reply)) }
      }
    } catch {
      reading.fault = error.message
    }
    return reading
  }

  /// One reply as text.
  static func describe(_ reply: borrowing RESPReply) -> String {
    var index = 0
    return describe(reply, &index)
  }

  private static func describe(_ reply: borrowing RESPReply, _ index: inout Int) -> String {
    guard index == 0 || index < reply.nodes.count else { return "nothing" }
    let node = index == 0 ? reply.first : reply.nodes[index]
    index += 1
    switch node.kind {
    case .string: return "\"\(reply.text(of: node))\""
    case .status: return "+\(reply.text(of: node))"
    case .error: return "-\(reply.text(of: node))"
    case .integer: return ":\(node.integer)"
    case .null: return "nil"
    case .array:
      var elements: [String] = []
      for _ in 0..<node.integer { elements.append(describe(reply, &index)) }
      return "[\(elements.joined(separator: ", "))]"
    }
  }
}
