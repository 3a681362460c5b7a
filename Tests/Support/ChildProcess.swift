internal import Glibc
internal import Synchronization

/// A program that a test has started. It doesn't outlive the test process, even one that crashes.
public final class ChildProcess: Sendable {
  /// How a program ended.
  public enum Exit: Sendable, Equatable {
    /// It ended by itself with a status.
    case status(Int32)
    /// A signal killed it.
    case signal(Int32)
  }

  /// Why a program could not be started or waited for.
  public struct Failure: Error, CustomStringConvertible {
    /// A sentence that says it.
    public let description: String

    init(_ description: String) { self.description = description }
  }

  /// Ends the program when the other end of its standard input is gone, as it is once the test
  /// process is.
  private static let watchman = "read -r _; kill -KILL \"$1\""

  /// The program's process id; nobody else's until its end has been waited for.
  public let id: Int32

  private struct State {
    var exit: Exit?
    var watchman: pid_t
    var lifeline: Int32
  }

  private let state: Mutex<State>

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the program, looked for in the environment's PATH, and its arguments.
  ///   - environment: all of its environment.
  ///   - output: the file that gets its standard output and errors.
  public init(_ command: [String], environment: [String: String], output: String) throws {
    let variables = environment.map { "\($0.key)=\($0.value)" }
    guard let name = command.first, let program = Tool.find(name, environment) else {
      throw Failure("\(command.first ?? "nothing") is not in \(environment["PATH"] ?? "no PATH")")
    }
    id = try Self.spawn(program, command, variables, input: nil, output: output)
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
    else { throw Failure("socketpair: errno \(errno)") }
    let watchman = try Self.spawn(
      "/bin/sh", ["sh", "-c", Self.watchman, "sh", "\(id)"], [], input: ends[0], output: "/dev/null"
    )
    close(ends[0])
    state = Mutex(State(watchman: watchman, lifeline: ends[1]))
  }

  deinit { kill() }

  /// Sends the program a signal; one that has ended gets none.
  public func signal(_ signal: Int32) {
    state.withLock { state in
      if state.exit == nil { _ = Glibc.kill(id, signal) }
    }
  }

  /// Stops the program where it is: its connections stay open, and nothing is answered. SIGCONT lets it go on.
  public func pause() {
    signal(SIGSTOP)
    // The signal is on its way for a moment, in which the program would still answer (proc_pid_stat(5)).
    eventually { TextFile.read("/proc/\(id)/stat").contains(") T ") }
  }

  /// Kills the program and waits until it is gone.
  public func kill() {
    signal(SIGKILL)
    _ = waitForExit(within: .seconds(10))
  }

  /// Waits for the program's end; nil when it goes on for longer.
  public func waitForExit(within patience: Duration) -> Exit? {
    var exit: Exit?
    let hasEnded = becomesTrue(within: patience) {
      exit = state.withLock { Self.reap(id, &$0) }
      return exit != nil
    }
    return hasEnded ? exit : nil
  }

  private static func reap(_ id: pid_t, _ state: inout State) -> Exit? {
    if let exit = state.exit { return exit }
    var information = siginfo_t()
    // The end is looked at and left: as long as it is not taken, the id is nobody else's, and the
    // watchman can be sent away.
    guard
      waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
      information.si_signo == SIGCHLD
    else { return nil }
    _ = Glibc.kill(state.watchman, SIGKILL)
    waitpid(state.watchman, nil, 0)
    close(state.lifeline)
    var status: Int32 = 0
    waitpid(id, &status, 0)
    let exit = status & 0x7f == 0 ? Exit.status(status >> 8 & 0xff) : .signal(status & 0x7f)
    state.exit = exit
    return exit
  }

  private static func spawn(
    _ program: String, _ command: [String], _ environment: [String], input: Int32?, output: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    // Signals are what they are to a program started from a shell: a pool's threads block them all.
    var attributes = posix_spawnattr_t()
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var child: pid_t = 0
    let failure = withCStrings(command) { words in
      withCStrings(environment) { variables in
        posix_spawn(&child, program, &actions, &attributes, words, variables)
      }
    }
    guard failure == 0 else {
      throw Failure("\(program) could not be started: errno \(failure)")
    }
    return child
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }
}
