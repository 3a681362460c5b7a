internal import Glibc

/// Small files that tests write and read.
public enum TextFile {
  /// Writes a file anew; everybody may read it.
  public static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw ChildProcess.Failure("\(path): errno \(errno)")
    }
    fputs(text, file)
    fclose(file)
    chmod(path, 0o644)
  }

  /// What a file holds; "" when there is none.
  public static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      bytes += chunk.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether there is something at a path.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
