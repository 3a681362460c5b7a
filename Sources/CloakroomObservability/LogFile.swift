import Glibc

/// A file that is only ever appended to; closed when it goes.
final class LogFile {
  /// The result of one write(2).
  enum WriteResult {
    case wrote(Int)
    case failed(errno: Int32)
  }

  let path: String
  /// Whether the file ended within a line when it was opened: a process died, or its disk was full.
  let endsWithinLine: Bool
  private let descriptor: Int32

  /// Opens a file for appending and makes it, with mode 0640, if it isn't there.
  ///
  /// A pipe that nobody reads is an error instead of a wait (open(2), `O_NONBLOCK`); after that,
  /// writing waits as it does for any file.
  init(path: String) throws(AccessLogError) {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let descriptor = open(path, flags, 0o640)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, errno: errno) }
    let status = fcntl(descriptor, F_GETFL)
    guard status >= 0, fcntl(descriptor, F_SETFL, status & ~O_NONBLOCK) >= 0 else {
      let failure = errno
      _ = Glibc.close(descriptor)
      throw .cannotOpen(path: path, errno: failure)
    }
    self.path = path
    self.descriptor = descriptor
    endsWithinLine = Self.endsWithinLine(descriptor, path: path)
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  /// Appends bytes, or as many of them as the system takes.
  func write(_ bytes: UnsafeRawBufferPointer) -> WriteResult {
    while true {
      let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      if count >= 0 { return .wrote(count) }
      let failure = errno
      if failure != EINTR { return .failed(errno: failure) }
    }
  }

  /// Looks at a regular file's last byte; a file that can't be read is taken to be whole.
  private static func endsWithinLine(_ descriptor: Int32, path: String) -> Bool {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size > 0
    else { return false }
    let reader = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard reader >= 0 else { return false }
    defer { _ = Glibc.close(reader) }
    var last: UInt8 = 0
    guard pread(reader, &last, 1, facts.st_size - 1) == 1 else { return false }
    return last != UInt8(ascii: "\n")
  }
}
