internal import Glibc

/// A real sidecar: the built program, in a fresh folder, with a socket of its own.
public final class Daemon: Sendable {
  /// Where it keeps what it makes; removed at the end.
  public let folder: String
  /// The socket that it serves.
  public let socketPath: String
  /// The process.
  public let process: ChildProcess

  private let ownsFolder: Bool

  /// Starts a sidecar and waits until it answers.
  ///
  /// - Parameters:
  ///   - options: what follows `serve --socket PATH` on the command line.
  ///   - configuration: the text of a configuration file, if there is to be one.
  ///   - environment: what its environment has beside PATH.
  ///   - wrapper: a command that runs the sidecar's, and that is put before it.
  ///   - folder: an existing folder to use, which stays; nil makes a fresh one.
  ///   - answers: whether to wait until it answers.
  public init(
    _ options: [String] = [], configuration: String? = nil, environment: [String: String] = [:],
    wrapper: [String] = [], folder: String? = nil, answers: Bool = true
  ) throws {
    ownsFolder = folder == nil
    self.folder = try folder ?? Self.makeFolder()
    socketPath = self.folder + "/c.sock"
    var options = options
    if let configuration {
      try TextFile.write(configuration, to: self.folder + "/config.json")
      options += ["--config", self.folder + "/config.json"]
    }
    process = try ChildProcess(
      wrapper + [Self.program, "serve", "--socket", socketPath] + options,
      environment: Tool.environment.merging(environment) { $1 }, output: self.folder + "/output")
    guard answers else { return }
    let isUp = becomesTrue(within: .seconds(60)) {
      process.waitForExit(within: .zero) != nil
        // An id that no test has: the access log's lines are found by them.
        || (try? client().call("system.ping", id: -1)) != nil
    }
    guard isUp, process.waitForExit(within: .zero) == nil else {
      throw ChildProcess.Failure("the sidecar did not come up: \(output)")
    }
  }

  deinit {
    process.kill()
    guard ownsFolder else { return }
    TemporaryFolder.remove(folder)
  }

  /// A fresh folder that every user may look into, as some tests connect as another.
  public static func makeFolder() throws -> String {
    let folder = try TemporaryFolder.make()
    chmod(folder, 0o755)
    return folder
  }

  /// A new connection to it.
  public func client() throws -> LineClient { try LineClient(path: socketPath) }

  /// What it has written to its standard output and errors so far.
  public var output: String { TextFile.read(folder + "/output") }

  /// Asks it to stop and waits for its end; nil when that doesn't come.
  @discardableResult
  public func stop(within patience: Duration = .seconds(20)) -> ChildProcess.Exit? {
    process.signal(SIGTERM)
    return process.waitForExit(within: patience)
  }

  /// The program, which is built into the same folder as the tests.
  ///
  /// Tests are run by a program of the toolchain, or are one in that folder: what is known in either
  /// case is where the sources are.
  public static var program: String {
    let beside = folder(of: executable) + "/cloakroom"
    if access(beside, X_OK) == 0 { return beside }
    let package = folder(of: folder(of: folder(of: #filePath)))
    return package + "/.build/debug/cloakroom"
  }

  private static var executable: String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &bytes, bytes.count)
    return String(
      decoding: bytes.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func folder(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}
