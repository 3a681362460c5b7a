internal import Glibc
internal import Synchronization

/// A real `redis-server` for tests, in a fresh folder, listening on a Unix socket, keeping nothing.
///
/// The server doesn't outlive the test process, even one that crashes.
public final class RedisServer: Sendable {
  /// What went wrong with the server or one of its tools.
  public struct Failure: Error, CustomStringConvertible {
    /// A sentence that says it.
    public let description: String

    init(_ description: String) { self.description = description }
  }

  /// The socket the server listens on.
  public let socketPath: String
  /// The TCP port that it listens on at 127.0.0.1 beside the socket, if asked for.
  public let port: UInt16?

  private let folder: String
  private let arguments: [String]
  private let password: String?
  private let process: Mutex<ChildProcess?>

  /// Starts a server and waits until it answers.
  ///
  /// - Parameters:
  ///   - arguments: what else to put on its command line, such as `--maxmemory`, `1mb`.
  ///   - tcp: whether it also listens on a free port of 127.0.0.1.
  public init(arguments: [String] = [], tcp: Bool = false) throws {
    folder = try TemporaryFolder.make()
    socketPath = folder + "/redis.sock"
    self.arguments = arguments
    let option = arguments.firstIndex(of: "--requirepass")
    password = option.flatMap { arguments.dropFirst($0 + 1).first }
    // A port that was free just now may be anybody's by the time that the server asks for it.
    var attempts = tcp ? 5 : 1
    var port: UInt16?
    var started: ChildProcess?
    while started == nil {
      attempts -= 1
      do {
        port = tcp ? try LocalSocket.freePort() : nil
        started = try Self.start(arguments, in: folder, port: port)
      } catch  where attempts == 0 {
        TemporaryFolder.remove(folder)
        throw error
      } catch {}
    }
    self.port = port
    process = Mutex(started)
  }

  deinit { stop() }

  /// Stops the server's process where it is: connections stay open and nothing is answered.
  public func pause() { process.withLock { $0?.pause() } }

  /// Lets a paused server go on.
  public func resume() { process.withLock { $0?.signal(SIGCONT) } }

  /// Kills the server and waits until it is gone.
  public func kill() {
    process.withLock { process in
      process?.kill()
      process = nil
    }
  }

  /// Starts the server on the same socket and port, empty; a running one is killed first.
  public func restart() throws {
    kill()
    let started = try Self.start(arguments, in: folder, port: port)
    process.withLock { $0 = started }
  }

  private static func start(
    _ arguments: [String], in folder: String, port: UInt16?
  ) throws -> ChildProcess {
    let socketPath = folder + "/redis.sock"
    unlink(socketPath)
    let command =
      [
        "redis-server", "--unixsocket", socketPath, "--dir", folder, "--port", "\(port ?? 0)",
        "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
      ] + arguments
    let process = try ChildProcess(
      command, environment: Tool.environment, output: folder + "/redis.log")
    let answers = LocalSocket.answersPing(
      at: socketPath, within: .seconds(30),
      while: { process.waitForExit(within: .zero) == nil })
    guard answers else {
      process.kill()
      throw Failure("redis-server ended at once, or did not answer PING within 30 seconds")
    }
    return process
  }

  /// Kills the server and removes its folder; the server can't be used after that.
  public func stop() {
    kill()
    TemporaryFolder.remove(folder)
  }

  /// Has all commands that write wait; those that read are answered.
  public func pauseWrites() throws {
    _ = try command(["CLIENT", "PAUSE", "60000", "WRITE"])
  }

  /// Lets commands write again.
  public func resumeWrites() throws { _ = try command(["CLIENT", "UNPAUSE"]) }

  /// Runs one command with `redis-cli` and answers with what it printed, without the last line feed.
  ///
  /// - Throws: `Failure` when the server answers with an error, or not within 30 seconds.
  public func command(_ arguments: [String]) throws -> String {
    let authentication = password.map { ["--no-auth-warning", "-a", $0] } ?? []
    let (exit, output) = try Tool.run(
      ["redis-cli", "-e", "-s", socketPath] + authentication + arguments, within: .seconds(30))
    guard exit == .status(0) else { throw Failure("redis-cli: \(output)") }
    return output.last == "\n" ? String(output.dropLast()) : output
  }
}
