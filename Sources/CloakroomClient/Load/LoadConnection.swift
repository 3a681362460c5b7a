internal import Glibc

/// One connection under load. It never waits; what to do next is the loop's to say.
final class LoadConnection {
  /// No more is written down while this many bytes were not sent.
  private static let longestOutput = 256 << 10

  let descriptor: Descriptor
  /// What the loop knows it by.
  let token: UInt64
  var open: OpenRequests
  var reader: ReplyReader
  private let dialect: Dialect
  /// Whether the loop waits for space to send.
  var isArmed = false
  private var output: [UInt8] = []
  private var sent = 0

  init(
    to target: LoadTarget, token: UInt64, pipeline: Int, before deadline: Deadline
  ) throws(LoadFault) {
    self.token = token
    descriptor = try Self.connect(target, deadline)
    open = OpenRequests(capacity: pipeline)
    reader = ReplyReader(target.dialect)
    dialect = target.dialect
    let number = descriptor.number
    Connector.setTimeout(number, SO_RCVTIMEO, milliseconds: max(deadline.milliseconds, 1))
    for command in target.greeting { try greet(command) }
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw .system(call: "fcntl", errno: errno)
    }
  }

  private static func connect(
    _ target: LoadTarget, _ deadline: Deadline
  ) throws(LoadFault) -> Descriptor {
    do throws(ClientFault) {
      return try Connector.connect(to: target.address, before: deadline)
    } catch {
      throw .connection(error)
    }
  }

  /// Sends a command while the socket still blocks, and has it answered.
  private func greet(_ command: [UInt8]) throws(LoadFault) {
    output = command
    _ = try flush()
    while true {
      if let reply = try reader.next() {
        // A subscription's first message may come before anybody has asked for it.
        guard reply.outcome != .message else { continue }
        guard reply.outcome == .done else { throw .refused(errorText(of: reply)) }
        return
      }
      guard try receive() != .nothing else {
        throw .refused("what a connection begins with was not answered")
      }
    }
  }

  /// Whether everything that was written down has been sent.
  var isFlushed: Bool { sent == output.count }

  /// Whether more may be written down.
  var hasRoom: Bool { output.count - sent < Self.longestOutput }

  /// What a reply says that is an error.
  func errorText(of reply: ParsedReply) -> String {
    let bytes = reader.text(of: reply)
    switch dialect {
    case .jsonRPC:
      if let reply = try? Reply(bytes), case .error(let error) = reply { return "\(error)" }
      return "an error that can't be read"
    case .resp:
      return String(decoding: bytes.dropFirst().dropLast(2), as: UTF8.self)
    }
  }

  /// Writes bytes down.
  func write(_ bytes: [UInt8]) { output.append(contentsOf: bytes) }

  /// Writes a request down.
  func write(_ template: RequestTemplate, id: Int, key: Int) {
    template.append(id: id, key: key, to: &output)
  }

  /// Sends what was written down; false when the rest has to wait for space.
  func flush() throws(LoadFault) -> Bool {
    while sent < output.count {
      let count = output.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return send(descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: return false
      case EPIPE, ECONNRESET: throw .disconnected
      default: throw .system(call: "send", errno: errno)
      }
    }
    output.removeAll(keepingCapacity: true)
    sent = 0
    return true
  }

  /// How much came at once.
  enum Received {
    case nothing, all, perhapsMore
  }

  /// Receives what is there.
  func receive() throws(LoadFault) -> Received {
    while true {
      let (count, room) = reader.receive { space in
        recv(descriptor.number, space.baseAddress, space.count, 0)
      }
      if count > 0 { return count == room ? .perhapsMore : .all }
      guard count < 0 else { throw .disconnected }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .nothing
      case ECONNRESET: throw .disconnected
      default: throw .system(call: "recv", errno: errno)
      }
    }
  }
}
