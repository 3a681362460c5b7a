import Foundation
import Glibc
import Support

/// A sidecar with its data in memory, as a process of its own that ends with this object.
final class SidecarProcess {
  /// Why there is none.
  struct Failure: Error {
    let log: String
  }

  /// Where its socket and its access log are.
  let folder: URL
  private let process: ChildProcess

  /// The socket's path.
  var socket: String { folder.appending(path: "s").path }

  /// Starts one and waits until it listens.
  init(_ arguments: [String] = []) throws {
    folder = URL(filePath: "/tmp/cloakroom-client-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    let log = folder.appending(path: "log").path
    process = try ChildProcess(
      [
        Daemon.program, "serve", "--socket", folder.appending(path: "s").path, "--access-log",
        folder.appending(path: "access.log").path,
      ] + arguments, environment: [:], output: log)
    // The last thing that a sidecar does before it serves is to say so.
    let serves = becomesTrue(within: .seconds(60)) {
      TextFile.read(log).contains("serving") || process.waitForExit(within: .zero) != nil
    }
    guard serves, process.waitForExit(within: .zero) == nil else {
      throw Failure(log: TextFile.read(log))
    }
  }

  deinit {
    // There is nothing to keep: how a sidecar drains is for other tests.
    process.kill()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Stops it where it is: connections stay open and nothing is answered.
  func pause() { process.pause() }
}
