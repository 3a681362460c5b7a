internal import Glibc

/// Programs that tests use and wait for.
public enum Tool {
  /// All of the environment that they get: nothing of the tests' own, which is the machine's.
  public static let environment = ["PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - input: the file that is its standard input.
  ///   - patience: it is killed when it takes longer.
  /// - Returns: how it ended, nil when it had to be killed, and all that it said.
  public static func run(
    _ command: [String], input: String = "/dev/null", within patience: Duration = .seconds(30)
  ) throws -> (exit: ChildProcess.Exit?, output: String) {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let process = try ChildProcess(
      ["/bin/sh", "-c", #"input=$1; shift; exec "$@" <"$input""#, "sh", input] + command,
      environment: environment, output: folder + "/output")
    let exit = process.waitForExit(within: patience)
    return (exit, TextFile.read(folder + "/output"))
  }

  /// Whether a program is there, for tests that can't be had without it.
  public static func isInstalled(_ name: String) -> Bool { find(name, environment) != nil }

  /// Where a program is, in the folders that an environment names; nil when it is in none of them.
  ///
  /// The C library searches the PATH of the tests, which is the machine's.
  static func find(_ name: String, _ environment: [String: String]) -> String? {
    if name.contains("/") { return name }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}
