import Foundation
import Glibc

/// A sidecar with its data in memory, as a process of its own that ends with this object.
final class SidecarProcess {
  /// Why there is none.
  struct Failure: Error {
    let log: String
  }

  /// Where its socket and its access log are.
  let folder: URL
  private let process = Process()

  /// The socket's path.
  var socket: String { folder.appending(path: "s").path }

  /// Starts one and waits until it listens.
  init(_ arguments: [String] = []) throws {
    folder = URL(filePath: "/tmp/cloakroom-client-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    let log = folder.appending(path: "log").path
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.executableURL = try Self.command
    process.arguments =
      [
        "serve", "--socket", folder.appending(path: "s").path, "--access-log",
        folder.appending(path: "access.log").path,
      ] + arguments
    process.environment = [:]
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    // The last thing that a sidecar does before it serves is to say so.
    for _ in 0..<2000 where process.isRunning {
      if (try? String(contentsOfFile: log, encoding: .utf8))?.contains("serving") == true { return }
      usleep(5000)
    }
    throw Failure(log: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
  }

  deinit {
    // There is nothing to keep: how a sidecar drains is for other tests.
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(at: folder)
  }

  /// Sends it a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// The command that was built beside the tests.
  static var command: URL {
    get throws {
      let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return URL(filePath: tests).deletingLastPathComponent().appending(path: "cloakroom")
    }
  }
}
