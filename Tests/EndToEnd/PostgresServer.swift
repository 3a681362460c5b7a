internal import Glibc
internal import Support

/// A real PostgreSQL in a fresh folder, listening on a Unix socket alone. It runs as a user that is not
/// root, as it insists on.
final class PostgresServer: Sendable {
  /// What went wrong.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The folder that its socket is in: what libpq takes for a host.
  let host: String

  private let folder: String
  private let process: ChildProcess

  /// Makes a cluster, starts a server and waits until it answers.
  init() throws {
    folder = try Daemon.makeFolder()
    host = folder + "/pg"
    let isRoot = geteuid() == 0
    try Self.expect(
      ["install", "-d", "-m", "0755"] + (isRoot ? ["-o", "postgres"] : []) + [host])
    let user =
      isRoot
      ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : []
    let programs = try Self.programs()
    try Self.expect(
      user + [
        programs + "/initdb", "-D", host + "/data", "-U", "app", "-A", "trust", "--no-sync",
        "--locale=C", "-E", "UTF8",
      ])
    process = try ChildProcess(
      user + [
        programs + "/postgres", "-D", host + "/data", "-k", host, "-c", "listen_addresses=",
        "-c", "fsync=off",
      ], environment: Tool.environment, output: folder + "/output")
    let answers = becomesTrue(within: .seconds(60)) {
      process.waitForExit(within: .zero) != nil || (try? query("SELECT 1")) == "1"
    }
    guard answers, process.waitForExit(within: .zero) == nil else {
      throw Failure(description: "no answer: \(TextFile.read(folder + "/output"))")
    }
  }

  deinit {
    process.kill()
    // As the tests may not be root, and the cluster then is theirs, this needs nobody else.
    _ = try? Tool.run(["rm", "-rf", folder])
  }

  /// Runs SQL and answers with what `psql` shows, without headings.
  func query(_ sql: String) throws -> String {
    let (exit, output) = try Tool.run([
      "psql", "-X", "-h", host, "-U", "app", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-Atqc",
      sql,
    ])
    guard exit == .status(0) else { throw Failure(description: output) }
    return output.split(separator: "\n").joined(separator: "\n")
  }

  private static func expect(_ command: [String]) throws {
    let (exit, output) = try Tool.run(command, within: .seconds(60))
    guard exit == .status(0) else { throw Failure(description: output) }
  }

  /// Where Debian keeps the server's programs: a folder for each version, none of them in the path.
  private static func programs() throws -> String {
    let (_, output) = try Tool.run(["sh", "-c", "ls -d /usr/lib/postgresql/*/bin | sort -V"])
    guard let newest = output.split(separator: "\n").last, newest.hasPrefix("/") else {
      throw Failure(description: "PostgreSQL is not installed")
    }
    return String(newest)
  }
}
