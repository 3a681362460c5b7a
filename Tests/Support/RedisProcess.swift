internal import Glibc

/// A child process that is killed when whoever holds it lets go or dies.
struct RedisProcess: ~Copyable, Sendable {
  /// Starts the command, tells its process id, and kills it at the end of the standard input.
  private static let guardian = """
    log=$1; shift
    "$@" </dev/null >"$log" 2>&1 &
    echo $!
    read -r _
    kill -KILL $!
    wait
    """

  private let guardianID: pid_t
  private let serverID: pid_t
  private let lifeline: Int32

  /// Starts a command.
  ///
  /// - Parameter log: the file that gets the command's output.
  init(_ command: [String], log: String) throws {
    let input = try Self.pipe()
    let output = try Self.pipe()
    let child: pid_t
    do {
      child = try Self.spawn(
        ["sh", "-c", Self.guardian, "sh", log] + command, input: input.read, output: output.write)
    } catch {
      for descriptor in [input.read, input.write, output.read, output.write] { close(descriptor) }
      throw error
    }
    close(input.read)
    close(output.write)
    let line = Self.readAll(output.read, until: UInt8(ascii: "\n"))
    close(output.read)
    guard let serverID = pid_t(line) else {
      close(input.write)
      waitpid(child, nil, 0)
      throw RedisServer.Failure("the process did not start")
    }
    self.serverID = serverID
    guardianID = child
    lifeline = input.write
  }

  /// Whether the process has not ended; one that has, and that nobody has reaped, has no executable
  /// any more (proc(5)).
  var isRunning: Bool {
    var target: CChar = 0
    return readlink("/proc/\(serverID)/exe", &target, 1) > 0
  }

  /// Sends the process a signal. Its id can't be another's: the guardian has not reaped it.
  func signal(_ signal: Int32) { Glibc.kill(serverID, signal) }

  /// Kills the process and waits until it is gone.
  consuming func end() {
    close(lifeline)
    waitpid(guardianID, nil, 0)
  }

  /// Runs a command to its end and answers with its output, without the last line feed.
  ///
  /// - Throws: when it can't be started or ends with another status than 0.
  static func output(of command: [String]) throws -> String {
    let output = try pipe()
    let child: pid_t
    do {
      child = try spawn(command, input: nil, output: output.write)
    } catch {
      close(output.read)
      close(output.write)
      throw error
    }
    close(output.write)
    let text = readAll(output.read)
    close(output.read)
    var status: Int32 = 0
    waitpid(child, &status, 0)
    guard status == 0 else {
      throw RedisServer.Failure("\(command[0]) ended with status \(status): \(text)")
    }
    return text.last == "\n" ? String(text.dropLast()) : text
  }

  /// A pipe that no other child inherits: a copy of the writing end would keep a server alive.
  ///
  /// A pair of sockets, because pipe(2) can't be told so in the same step.
  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
    else {
      throw RedisServer.Failure("socketpair: errno \(errno)")
    }
    return (ends[0], ends[1])
  }

  private static func spawn(_ command: [String], input: Int32?, output: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var attributes = Self.attributes()
    defer { posix_spawnattr_destroy(&attributes) }
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, command[0], &actions, &attributes, words, environ)
    guard failure == 0 else {
      throw RedisServer.Failure("\(command[0]) could not be started: errno \(failure)")
    }
    return child
  }

  /// Signals are what they are to a program started from a shell: the threads of a pool block them
  /// all, and a shell that never hears of a child's end waits for it for ever.
  private static func attributes() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return attributes
  }

  private static func readAll(_ descriptor: Int32, until end: UInt8? = nil) -> String {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &chunk, end == nil ? chunk.count : 1)
      if count < 0, errno == EINTR { continue }
      guard count > 0, chunk[0] != end else { break }
      text += chunk.prefix(count)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
