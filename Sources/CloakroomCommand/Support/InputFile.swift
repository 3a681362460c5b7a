import Glibc

/// Files that are read to their end.
enum InputFile {
  /// The longest that is read, in bytes; past it a file counts as unreadable (EFBIG).
  static let longest = 64 << 20

  /// A file's bytes, standard input's for `-`; nil with errno set if it can't be read.
  static func read(_ path: String) -> [UInt8]? {
    let number = path == "-" ? Terminal.Stream.input.rawValue : open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    defer {
      if path != "-" {
        let cause = errno
        close(number)
        errno = cause
      }
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(number, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count > 0 {
        bytes += chunk.prefix(count)
        guard bytes.count <= longest else {
          errno = EFBIG
          return nil
        }
      } else if errno != EINTR {
        return nil
      }
    }
  }
}
