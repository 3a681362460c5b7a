import CloakroomCore
import Glibc
public import Logging

/// The file of metrics, for a collector that reads files (node_exporter's `textfile`).
///
/// It is replaced whole: a reader sees the old text or the new one. Nothing is forced to the disk,
/// for after a crash of the machine the numbers start again anyway.
public struct MetricsFile: Sendable {
  /// Why the file couldn't be replaced.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// Its error number.
    public let errno: Int32

    /// What to tell an operator.
    public var description: String {
      "\(call): \(SystemError.text(errno))"
    }
  }

  private let path: String
  private let logger: Logger
  /// Whether the last text couldn't be written.
  public private(set) var isFailing = false

  /// How often the file couldn't be replaced.
  public private(set) var failures: UInt64 = 0

  /// Names the file, and the operator's log that is told when it begins to fail and when it no
  /// longer does.
  public init(path: String, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// Replaces the file; false when that fails, which is counted and not thrown, as the next text
  /// makes up for it. It waits for the disk, so it isn't for an event loop.
  public mutating func write(_ text: [UInt8]) -> Bool {
    do throws(Failure) {
      try Self.replace(path, with: text)
      if isFailing {
        logger.notice("the file of metrics is written again", metadata: ["path": "\(path)"])
      }
      isFailing = false
      return true
    } catch {
      failures += 1
      if !isFailing {
        logger.error(
          "the file of metrics can't be written",
          metadata: ["path": "\(path)", "error": "\(error)"])
      }
      isFailing = true
      return false
    }
  }

  /// Takes the file away: of a sidecar that is gone there is nothing to tell.
  public func remove() { unlink(path) }

  /// Writes a file of mode 0644 under another name of the same folder, and renames it (rename(2)).
  ///
  /// The other name begins with a point and ends in `.tmp`, so no collector takes it for metrics.
  public static func replace(_ path: String, with text: [UInt8]) throws(Failure) {
    let temporary = temporaryPath(of: path)
    // What a process that was killed has left; made anew so that no link is followed.
    unlink(temporary)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(temporary, flags, 0o644)
    guard descriptor >= 0 else { throw Failure(call: "open", errno: errno) }
    do throws(Failure) {
      try fill(descriptor, with: text)
      guard rename(temporary, path) == 0 else { throw Failure(call: "rename", errno: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func temporaryPath(of path: String) -> String {
    let slash = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
    return "\(path[..<slash]).\(path[slash...]).tmp"
  }

  /// Writes everything, sets the mode whatever the umask is, and closes.
  private static func fill(_ descriptor: Int32, with text: [UInt8]) throws(Failure) {
    var failure: Failure?
    if fchmod(descriptor, 0o644) != 0 { failure = Failure(call: "fchmod", errno: errno) }
    var position = 0
    while failure == nil && position < text.count {
      let count = text.withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress?.advanced(by: position), bytes.count - position)
      }
      if count > 0 {
        position += count
      } else if count == 0 || errno != EINTR {
        failure = Failure(call: "write", errno: count == 0 ? EIO : errno)
      }
    }
    if Glibc.close(descriptor) != 0 && failure == nil {
      failure = Failure(call: "close", errno: errno)
    }
    if let failure { throw failure }
  }
}
