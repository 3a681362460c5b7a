import Glibc

/// The standard streams as bytes.
enum Terminal {
  enum Stream: Int32 {
    case input = 0
    case output = 1
    case error = 2

    /// Whether a person sits at the other end.
    var isTerminal: Bool { isatty(rawValue) == 1 }
  }

  /// Writes all of it, unless nobody reads any more.
  static func write(_ bytes: [UInt8], to stream: Stream) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return
      }
    }
  }
}
