import FoundationEssentials
import Glibc

/// What a command can see of its process: passed in, so that tests can give their own.
struct CommandEnvironment {
  /// The environment variables.
  var variables: [String: String]
  var userID: UInt32
  /// Whether a person reads the output.
  var isOutputTerminal: Bool
  /// Whether a person reads the complaints.
  var isErrorTerminal: Bool
  /// Whether what is printed may have colours: on a terminal, unless NO_COLOR is set (https://no-color.org).
  var hasColours: Bool { isOutputTerminal && allowsColours }
  /// The same of complaints.
  var hasErrorColours: Bool { isErrorTerminal && allowsColours }
  private var allowsColours: Bool { (variables["NO_COLOR"] ?? "").isEmpty }
  /// Reads a file to its end, `-` being standard input; nil with errno set if it can't.
  var read: (_ path: String) -> [UInt8]?

  /// That of this process.
  static var process: CommandEnvironment {
    CommandEnvironment(
      variables: ProcessInfo.processInfo.environment, userID: geteuid(),
      isOutputTerminal: Terminal.Stream.output.isTerminal,
      isErrorTerminal: Terminal.Stream.error.isTerminal, read: InputFile.read)
  }
}
