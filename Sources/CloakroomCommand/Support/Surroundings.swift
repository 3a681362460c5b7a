import Foundation
import Glibc

/// What a command finds around itself: given from outside, so that tests can.
struct Surroundings {
  var environment: [String: String]
  var userID: UInt32
  /// Whether a person reads the output.
  var isOutputTerminal: Bool
  /// Whether a person reads the complaints.
  var isErrorTerminal: Bool
  /// Reads a file to its end, `-` being standard input; nil with errno set if it can't.
  var read: (_ path: String) -> [UInt8]?

  /// Those of this process.
  static var process: Surroundings {
    Surroundings(
      environment: ProcessInfo.processInfo.environment, userID: geteuid(),
      isOutputTerminal: Terminal.Stream.output.isTerminal,
      isErrorTerminal: Terminal.Stream.error.isTerminal, read: InputFile.read)
  }
}
