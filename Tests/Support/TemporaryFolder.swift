internal import Glibc

/// Folders that tests make and remove.
public enum TemporaryFolder {
  /// Makes a folder of its own with a short path: a Unix socket's may have 107 bytes.
  public static func make() throws -> String {
    var path = Array("/tmp/cloakroom-test-XXXXXX".utf8CString)
    guard mkdtemp(&path) != nil else { throw RedisServer.Failure("mkdtemp: errno \(errno)") }
    return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes a folder and the files in it; folders within it stay.
  public static func remove(_ path: String) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { unlink(path + "/" + name) }
      }
      closedir(folder)
    }
    rmdir(path)
  }
}
