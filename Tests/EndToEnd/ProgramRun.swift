internal import Support

/// One run of the program to its end.
struct ProgramRun {
  /// How it ended; nil when it went on for too long and was killed.
  let exit: ChildProcess.Exit?
  /// What it wrote to its standard output.
  let output: String
  /// What it wrote to its standard error.
  let errors: String

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - environment: what its environment has beside PATH.
  ///   - input: its standard input.
  ///   - wrapper: a command that runs the program's, and that is put before it.
  init(
    _ arguments: [String], environment: [String: String] = [:], input: String = "",
    as wrapper: [String] = [], within patience: Duration = .seconds(20)
  ) throws {
    let folder = try ScratchFolder()
    try TextFile.write(input, to: folder("in"))
    let redirect = #"cd "$1"; shift; exec "$@" <in >out 2>err"#
    let process = try ChildProcess(
      ["/bin/sh", "-c", redirect, "sh", folder.path] + wrapper
        + [Daemon.program] + arguments,
      environment: Tool.environment.merging(environment) { $1 },
      output: folder("shell"))
    exit = process.waitForExit(within: patience)
    process.kill()
    output = TextFile.read(folder("out"))
    errors = TextFile.read(folder("err")) + TextFile.read(folder("shell"))
    if arguments.count > 1, arguments[0] == "call", exit == .status(0), !output.isEmpty {
      ResultSchemas.check(output.utf8, of: arguments[1])
    }
  }
}
