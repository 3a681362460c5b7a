internal import CloakroomCore
internal import Glibc

/// A connection to the sidecar for one caller that waits for each answer.
///
/// Newline-delimited JSON-RPC 2.0, one call at a time. Every wait ends at the caller's deadline.
public struct SidecarConnection: ~Copyable {
  /// The longest line that is taken, in bytes; four times what the sidecar holds for a reader.
  public static let longestReply = 64 << 20

  private let descriptor: Descriptor
  /// What has arrived and was not taken yet.
  private var input: [UInt8] = []
  private var isAtEnd = false

  /// Connects.
  ///
  /// - Throws: `untrusted` for a folder below /tmp that isn't this user's alone, `unreachable` or
  ///   `timedOut`.
  public init(
    to location: SidecarLocation, userID: UInt32, before deadline: Deadline
  ) throws(ClientFault) {
    descriptor = try Self.connect(to: location, userID: userID, before: deadline)
  }

  /// Calls a method and waits for its answer. Notifications that come meanwhile are dropped.
  ///
  /// - Parameters:
  ///   - method: the method's name.
  ///   - params: the text of a JSON object or array, without line breaks; nil for none.
  ///   - deadline: until when to wait.
  public mutating func call(
    _ method: String, _ params: [UInt8]?, before deadline: Deadline
  ) throws(ClientFault) -> Reply {
    do throws(ClientFault) {
      try send(RequestLine.bytes(id: 1, method: method, params: params), before: deadline)
    } catch .closed {
      // The sidecar hangs up on a request it won't read to the end, but says why before.
    }
    while true {
      let line = try nextLine(before: deadline)
      if let reply = try Reply(line) { return reply }
    }
  }

  /// Sends a notification, which nobody answers.
  public mutating func notify(
    _ method: String, _ params: [UInt8]?, before deadline: Deadline
  ) throws(ClientFault) {
    try send(RequestLine.bytes(id: nil, method: method, params: params), before: deadline)
  }

  private static func connect(
    to location: SidecarLocation, userID: UInt32, before deadline: Deadline
  ) throws(ClientFault) -> Descriptor {
    if let folder = location.socket.privateFolder {
      do throws(PrivateFolder.Fault) {
        try PrivateFolder.check(folder, userID: userID)
      } catch {
        if case .unusable(_, let number) = error { throw .unreachable(errno: number) }
        throw .untrusted(error.description)
      }
    }
    let descriptor = try Connector.connect(to: .unix(path: location.path), before: deadline)
    let flags = fcntl(descriptor.number, F_GETFL)
    guard flags >= 0, fcntl(descriptor.number, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw .system(call: "fcntl", errno: errno)
    }
    return descriptor
  }

  private func send(_ bytes: [UInt8], before deadline: Deadline) throws(ClientFault) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return Glibc.send(descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: try wait(for: POLLOUT, before: deadline)
      case EPIPE, ECONNRESET: throw .closed
      default: throw .system(call: "send", errno: errno)
      }
    }
  }

  /// Takes the next line, without its end.
  private mutating func nextLine(before deadline: Deadline) throws(ClientFault) -> [UInt8] {
    var scanned = 0
    while true {
      if let end = input[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(input[..<end])
        input.removeSubrange(...end)
        return line
      }
      scanned = input.count
      guard input.count <= Self.longestReply else { throw .tooLong(limit: Self.longestReply) }
      guard !isAtEnd else { throw .closed }
      try receive(before: deadline)
    }
  }

  private mutating func receive(before deadline: Deadline) throws(ClientFault) {
    let number = descriptor.number
    var result = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      result = recv(number, buffer.baseAddress, buffer.count, 0)
      count = max(result, 0)
    }
    guard result < 0 else {
      input.append(contentsOf: chunk)
      isAtEnd = result == 0
      return
    }
    switch errno {
    case ECONNRESET: isAtEnd = true
    case EINTR: return
    case EAGAIN: try wait(for: POLLIN, before: deadline)
    default: throw .system(call: "recv", errno: errno)
    }
  }

  private func wait(for events: Int32, before deadline: Deadline) throws(ClientFault) {
    let left = deadline.milliseconds
    guard left > 0 else { throw .timedOut(after: deadline.patience) }
    var entry = pollfd(fd: descriptor.number, events: Int16(events), revents: 0)
    guard poll(&entry, 1, left) >= 0 || errno == EINTR else {
      throw .system(call: "poll", errno: errno)
    }
  }
}
