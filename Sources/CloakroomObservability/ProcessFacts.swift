import Glibc

/// What the system says of this process; a fact that it doesn't tell is nil.
public struct ProcessFacts: Sendable, Equatable {
  /// When the process was started, in seconds since 1970.
  public var startTime: Double?
  /// Memory that is resident, in bytes.
  public var residentBytes: UInt64?
  /// Processor time spent so far, in the kernel as well, in seconds.
  public var cpuSeconds: Double?
  /// File descriptors that are open.
  public var openFiles: Int?

  /// Facts that were found out elsewhere.
  public init(
    startTime: Double? = nil, residentBytes: UInt64? = nil, cpuSeconds: Double? = nil,
    openFiles: Int? = nil
  ) {
    self.startTime = startTime
    self.residentBytes = residentBytes
    self.cpuSeconds = cpuSeconds
    self.openFiles = openFiles
  }

  /// Reads the facts from a proc file system (proc(5): `self/stat`, `stat`, `self/fd`).
  ///
  /// It opens files and lists a folder, so it isn't for an event loop.
  public static func read(proc: String = "/proc") -> ProcessFacts {
    var facts = ProcessFacts()
    facts.openFiles = countEntries(of: proc + "/self/fd")
    let tick = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    // The command's name, in parentheses, may hold spaces and parentheses itself.
    guard let text = contents(of: proc + "/self/stat"), let name = text.lastIndex(of: ")") else {
      return facts
    }
    // The fields from the third on: `state` is the first here.
    let fields = text[text.index(after: name)...].split(whereSeparator: \.isWhitespace)
    func field(_ number: Int) -> UInt64? {
      fields.indices.contains(number - 3) ? UInt64(fields[number - 3]) : nil
    }
    if let user = field(14), let system = field(15) {
      facts.cpuSeconds = (Double(user) + Double(system)) / tick
    }
    if let pages = field(24) {
      facts.residentBytes = pages &* UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    }
    if let started = field(22), let boot = bootTime(in: proc + "/stat") {
      facts.startTime = boot + Double(started) / tick
    }
    return facts
  }

  /// Memory that is resident and is no file's, in bytes (proc(5): `self/statm`); nil where the system doesn't tell.
  ///
  /// Cheaper than all facts, but it opens a file too.
  public static func anonymousBytes(proc: String = "/proc") -> Int? {
    let pages = contents(of: proc + "/self/statm")?.split(separator: " ").prefix(3).map { Int($0) }
    guard let pages, pages.count == 3, let resident = pages[1], let shared = pages[2] else {
      return nil
    }
    return max(0, resident &- shared) &* max(1, sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func bootTime(in path: String) -> Double? {
    for line in contents(of: path)?.split(separator: "\n") ?? [] where line.hasPrefix("btime ") {
      return Double(line.dropFirst("btime ".count))
    }
    return nil
  }

  /// Entries of a folder, without itself, its parent, and the descriptor that it is read through.
  private static func countEntries(of path: String) -> Int? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return max(0, count - 3)
  }

  /// A small file; of a longer one the first MiB (`stat` counts every interrupt before `btime`).
  private static func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var length = 0
    while length < 1 << 20 {
      if length == bytes.count { bytes.append(contentsOf: repeatElement(0, count: length)) }
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
      }
      guard count > 0 else { break }
      length += count
    }
    return String(decoding: bytes[..<length], as: UTF8.self)
  }
}
