public import Glibc

/// The address of a Unix socket, as connect(2) and bind(2) take it.
public enum UnixAddress {
  /// Calls a function of the system with the address of a path.
  ///
  /// - Returns: what the function returns; -1 with ENAMETOOLONG for a path that doesn't fit.
  public static func with(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      // The last byte stays the zero that ends the path.
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard fits else {
      errno = ENAMETOOLONG
      return -1
    }
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
