internal import CloakroomCore
internal import Glibc

/// Reads files that people write by hand: whole, and no larger than such files are.
enum SmallFile {
  /// Why a file was not read.
  struct Fault: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
    init(errno number: Int32) {
      self.message = "can't be read: " + SystemError.text(number)
    }
  }

  /// Reads a regular file of at most `limit` bytes.
  static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
    // O_NONBLOCK, or opening a FIFO that nobody writes to would wait for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Fault(errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Fault(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Fault("is not a regular file") }
    guard status.st_size <= limit else { throw Fault("has more than \(limit) bytes") }

    // One byte more than the limit, as the file may have grown since.
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      }
      if got == 0 { break }
      if got < 0 {
        guard errno == EINTR else { throw Fault(errno: errno) }
        continue
      }
      count += got
    }
    guard count <= limit else { throw Fault("has more than \(limit) bytes") }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
