internal import Glibc

/// A client that speaks bytes: whatever a test wants on the wire, and nothing more.
///
/// It belongs to one thread at a time; nothing in it waits without a deadline. Every result of a sidecar is
/// held against the schema of its method.
public final class LineClient {
  /// What went wrong on the socket.
  public enum Failure: Error, Equatable {
    /// The socket could not be had, or written to; the error number.
    case system(Int32)
    /// Nothing came for as long as the test was ready to wait.
    case timedOut(received: String)
    /// The other end has closed in the middle of something.
    case ended(received: String)
  }

  private let descriptor: Int32
  private var input: [UInt8] = []
  private var position = 0
  private var conversation: Conversation?

  /// Connects to a Unix socket.
  ///
  /// - Parameter isSidecar: whether what listens there speaks JSON-RPC, and not, say, Redis' protocol.
  public init(path: String, isSidecar: Bool = true) throws {
    conversation = isSidecar ? Conversation() : nil
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure.system(errno) }
    let result = UnixAddress.with(path) { Glibc.connect(descriptor, $0, $1) }
    // All that is stored is set by now: `deinit` runs, and closes, even when this throws.
    if result != 0 { throw Failure.system(errno) }
  }

  deinit { Glibc.close(descriptor) }

  // MARK: Out

  /// Sends bytes, all of them; waits as long as the other end does not read.
  public func send(
    _ bytes: some Collection<UInt8>, within patience: Duration = .seconds(20)
  ) throws {
    let bytes = Array(bytes)
    conversation?.send(bytes)
    let deadline = ContinuousClock.now + patience
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        guard wait(for: POLLOUT, until: deadline) else { throw Failure.timedOut(received: "") }
      } else if errno != EINTR {
        throw Failure.system(errno)
      }
    }
  }

  /// Sends a text as it is.
  public func send(_ text: String) throws { try send(text.utf8) }

  /// Sends as much as the other end takes without anybody waiting.
  ///
  /// - Returns: how many bytes those were.
  public func offer(_ bytes: [UInt8]) -> Int {
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let count = max(0, Glibc.send(descriptor, bytes, bytes.count, flags))
    conversation?.send(bytes.prefix(count))
    return count
  }

  /// Says that nothing more will be sent; answers can still be read.
  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Whether the other end has taken everything that was sent (`SIOCOUTQ`, unix(7)).
  public var isTaken: Bool {
    var pending: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &pending) == 0 && pending == 0
  }

  // MARK: In

  /// The next line, without its line feed.
  public func readLine(within patience: Duration = .seconds(20)) throws -> String {
    let line = try nextLine(within: patience)
    conversation?.receive(line.utf8)
    return line
  }

  private func nextLine(within patience: Duration) throws -> String {
    let deadline = ContinuousClock.now + patience
    var searched = position
    while true {
      if let end = input[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { consume(to: end + 1) }
        return String(decoding: input[position..<end], as: UTF8.self)
      }
      searched = input.count
      try receive(until: deadline)
    }
  }

  /// As many lines as are asked for.
  public func readLines(_ count: Int, within patience: Duration = .seconds(20)) throws -> [String] {
    let deadline = ContinuousClock.now + patience
    return try (0..<count).map { _ in try readLine(within: deadline - .now) }
  }

  /// The lines that have come whole by now; none when there is none.
  ///
  /// - Throws: `Failure.ended` when the other end has closed and all its lines were taken.
  public func availableLines() throws -> [String] {
    var end: Failure?
    do {
      while true { try receive(until: .now) }
    } catch Failure.timedOut {
    } catch let failure as Failure { end = failure }
    guard let last = input[position...].lastIndex(of: UInt8(ascii: "\n")) else {
      if let end { throw end }
      return []
    }
    defer { consume(to: last + 1) }
    return input[position..<last].split(separator: UInt8(ascii: "\n")).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// All that has come by now, as it is: of nothing in it is known what it answers.
  public func availableText() throws -> String {
    do {
      while true { try receive(until: .now) }
    } catch Failure.timedOut {}
    defer { consume(to: input.count) }
    return String(decoding: input[position...], as: UTF8.self)
  }

  /// Waits until one of several connections has something to read, and not longer than a while.
  public static func waitForInput(on clients: [LineClient], within patience: Duration) {
    var entries = clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    poll(&entries, nfds_t(entries.count), Int32(clamping: Int(patience / .milliseconds(1))))
  }

  /// The next text that is framed by `Content-Length:`.
  public func readFramed(within patience: Duration = .seconds(20)) throws -> String {
    let deadline = ContinuousClock.now + patience
    var length = 0
    while true {
      let header = try nextLine(within: deadline - .now)
      if header == "\r" || header.isEmpty { break }
      let parts = header.split(separator: ":")
      if parts.first == "Content-Length" { length = Int(parts[1].filter(\.isNumber)) ?? 0 }
    }
    while input.count - position < length { try receive(until: deadline) }
    let text = String(decoding: input[position..<position + length], as: UTF8.self)
    consume(to: position + length)
    conversation?.receive(text.utf8)
    return text
  }

  /// So many bytes, as text.
  public func readBytes(_ count: Int, within patience: Duration = .seconds(20)) throws -> String {
    let deadline = ContinuousClock.now + patience
    while input.count - position < count { try receive(until: deadline) }
    defer { consume(to: position + count) }
    return String(decoding: input[position..<position + count], as: UTF8.self)
  }

  /// Everything until the other end closes.
  public func readToEnd(within patience: Duration = .seconds(20)) throws -> String {
    let deadline = ContinuousClock.now + patience
    while true {
      do {
        try receive(until: deadline)
      } catch Failure.ended {
        let text = String(decoding: input[position...], as: UTF8.self)
        consume(to: input.count)
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) { conversation?.receive(line) }
        return text
      }
    }
  }

  /// Whether the other end closes, or has closed, before the time is up; what comes is thrown away.
  public func isClosed(within patience: Duration = .seconds(10)) -> Bool {
    do {
      _ = try readToEnd(within: patience)
      return true
    } catch { return false }
  }

  private func consume(to index: Int) {
    position = index
    guard position == input.count || position > 1 << 20 else { return }
    input.removeFirst(position)
    position = 0
  }

  private func receive(until deadline: ContinuousClock.Instant) throws {
    let chunk = 256 * 1024
    while true {
      let before = input.count
      var failure: Int32 = 0
      let old = input
      input = []
      input = [UInt8](unsafeUninitializedCapacity: before + chunk) { buffer, count in
        _ = buffer.initialize(from: old)
        let received = recv(
          descriptor, buffer.baseAddress?.advanced(by: before), chunk,
          Int32(MSG_DONTWAIT))
        failure = received < 0 ? errno : 0
        count = before + max(received, 0)
      }
      if input.count > before { return }
      switch failure {
      case EAGAIN:
        guard wait(for: POLLIN, until: deadline) else {
          throw Failure.timedOut(received: received)
        }
      case EINTR:
        continue
      case 0, ECONNRESET:
        throw Failure.ended(received: received)
      default:
        throw Failure.system(failure)
      }
    }
  }

  private var received: String { String(decoding: input[position...].prefix(2000), as: UTF8.self) }

  private func wait(for events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
    let remaining = (deadline - .now) / .milliseconds(1)
    guard remaining > 0 else { return false }
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return poll(&entry, 1, Int32(clamping: Int(remaining) + 1)) != 0
  }
}
